"""Syncs that have nothing to transfer: what everybody pays every few minutes."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.attempts import Attempt, Attempts, Sync, same
from benchmarks.buckets import FILLED, Bucket
from benchmarks.contenders.contender import Contender
from benchmarks.desk import Desk
from benchmarks.measured import run
from benchmarks.trees import LONG_AGO, Tree, digests


class Quiet(Sync):
    """Both sides are equal, and each contender has seen to it itself."""

    def __init__(self, letter: str, title: str, tree: Tree) -> None:
        self.letter, self.title = letter, title
        self._tree = tree

    def begin(self, desk: Desk) -> None:
        self._desk = desk

    def enter(self, contender: Contender) -> Attempts:
        desk = self._desk
        folder, bucket, home = desk.tree(self._tree), desk.bucket(), desk.folder()
        desk.rest()
        wanted = digests(folder)
        # Twice, so that whatever somebody keeps for later runs is there.
        run(contender.up(folder, bucket, home))
        run(contender.up(folder, bucket, home))

        def attempt() -> Attempt:
            self.disturb(folder)
            command = contender.up(folder, bucket, home)
            return Attempt(command, lambda: same(bucket.digests(), wanted))

        return attempt

    def disturb(self, folder: Path) -> None:
        """What happens to the folder between two runs."""


class Touched(Quiet):
    """Every file has a new time, and holds what it held."""

    def disturb(self, folder: Path) -> None:
        for above, _, names in os.walk(folder):
            for name in names:
                Path(above, name).touch()
        self._desk.rest()


class Planned(Sync):
    """A look at whether anything is to be done in a bucket of very many small objects."""

    def __init__(self, letter: str, title: str, objects: int) -> None:
        self.letter, self.title, self.objects = letter, title, objects

    def begin(self, desk: Desk) -> None:
        self._desk = desk
        self._bucket = Bucket(desk.ground.access, FILLED)
        self._folder = desk.folder()
        names = self._bucket.names()
        data = self._bucket.get(names[0])
        for name in names:
            path = self._folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (LONG_AGO, LONG_AGO))
        desk.rest()

    def enter(self, contender: Contender) -> Attempts:
        home = self._desk.folder()
        asked = (self._folder, self._bucket, home)
        for _ in range(2):
            run(contender.up(*asked))
        return lambda: Attempt(contender.plan(*asked), lambda: None)


class Adopted(Sync):
    """Both sides are equal, and the contender sees them for the first time."""

    def __init__(self, letter: str, title: str, tree: Tree) -> None:
        self.letter, self.title = letter, title
        self._tree = tree

    def begin(self, desk: Desk) -> None:
        self._desk = desk
        self._folder = desk.tree(self._tree)
        self._wanted = digests(self._folder)
        self._bucket: Bucket = desk.bucket()
        self._bucket.fill(self._folder)
        desk.rest()

    def enter(self, contender: Contender) -> Attempts:
        def attempt() -> Attempt:
            command = contender.up(self._folder, self._bucket, self._desk.folder())
            return Attempt(command, lambda: same(self._bucket.digests(), self._wanted))

        return attempt
