"""All of a tree goes to an empty bucket, or comes from a full one into an empty folder."""

from __future__ import annotations

from shutil import rmtree

from benchmarks.attempts import Attempt, Attempts, Sync, same
from benchmarks.contenders.contender import Contender
from benchmarks.desk import Desk
from benchmarks.trees import Tree, digests
from buckia_s3.opening import USUAL_WIDTH


class Transfer(Sync):
    """The first one, with a server that is near or far away."""

    def __init__(self, letter: str, title: str, tree: Tree, *, latency: float = 0.0) -> None:
        self.letter, self.title, self.latency = letter, title, latency
        self._tree = tree

    def begin(self, desk: Desk) -> None:
        self._desk = desk
        self._files = desk.scaled(self._tree).files
        self._folder = desk.tree(self._tree)
        self._wanted = digests(self._folder)
        desk.rest()

    def least(self) -> float | None:
        return self._files * self.latency / 1000 / USUAL_WIDTH if self.latency else None


class Upload(Transfer):
    """From here."""

    def enter(self, contender: Contender) -> Attempts:
        def attempt() -> Attempt:
            bucket, home = self._desk.bucket(), self._desk.folder()

            def check() -> None:
                same(bucket.digests(), self._wanted)
                bucket.empty()

            return Attempt(contender.up(self._folder, bucket, home), check)

        return attempt


class Download(Transfer):
    """From there."""

    def begin(self, desk: Desk) -> None:
        super().begin(desk)
        self._bucket = desk.bucket()
        self._bucket.fill(self._folder)

    def enter(self, contender: Contender) -> Attempts:
        def attempt() -> Attempt:
            folder, home = self._desk.folder(), self._desk.folder()

            def check() -> None:
                same(digests(folder), self._wanted)
                rmtree(folder)

            return Attempt(contender.down(folder, self._bucket, home), check)

        return attempt
