"""From one folder of this machine to another, beside those who do that for a living."""

from __future__ import annotations

import json
import shutil
import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.attempts import Attempt, Attempts, Entry, Job, same
from benchmarks.contenders.contender import Contender
from benchmarks.contenders.found import rclone
from benchmarks.contenders.rclone import Rclone
from benchmarks.desk import Desk
from benchmarks.measured import Command, run
from benchmarks.trees import Tree, digests

Way = Callable[[Path, Path, Path], Command]
"""From one folder to another; the third is for what a program keeps."""


class Mirrored(Job):
    """A job for those who sync folders with folders."""

    def __init__(self, letter: str, title: str, tree: Tree) -> None:
        self.letter, self.title = letter, title
        self._tree = tree

    def begin(self, desk: Desk) -> None:
        self._desk = desk

    def entries(self, contenders: Sequence[Contender], /) -> Mapping[str, Entry]:
        ways = {"buckia": _buckia}
        if any(isinstance(one, Rclone) for one in contenders):
            ways["rclone"] = _rclone
        if shutil.which("unison") is not None:
            ways["unison"] = _unison
        return {name: partial(self.enter, way) for name, way in ways.items()}

    @abstractmethod
    def enter(self, way: Way) -> Attempts | None:
        """Set one up."""


class Copied(Mirrored):
    """All of a tree, for the first time."""

    def begin(self, desk: Desk) -> None:
        super().begin(desk)
        self._folder = desk.tree(self._tree)
        self._wanted = digests(self._folder)
        desk.rest()

    def enter(self, way: Way) -> Attempts:
        def attempt() -> Attempt:
            other, home = self._desk.folder(), self._desk.folder()

            def check() -> None:
                same(digests(other), self._wanted)
                shutil.rmtree(other)

            return Attempt(way(self._folder, other, home), check)

        return attempt


class Still(Mirrored):
    """Both folders are equal, as each has seen to itself."""

    def enter(self, way: Way) -> Attempts:
        desk = self._desk
        folder, other, home = desk.tree(self._tree), desk.folder(), desk.folder()
        desk.rest()
        wanted = digests(folder)
        for _ in range(2):
            run(way(folder, other, home))
            desk.rest()
        return lambda: Attempt(way(folder, other, home), lambda: same(digests(other), wanted))


def _buckia(folder: Path, other: Path, home: Path) -> Command:
    config = {
        "provider": "local",
        "bucket_name": other.name,
        "root": str(other.parent),
        "paths": [str(folder)],
    }
    (home / ".buckia.json").write_text(json.dumps({"bench": config}))
    return Command([Path(sys.executable).with_name("buckia"), "sync"], home)


def _rclone(folder: Path, other: Path, home: Path) -> Command:
    told = {"RCLONE_CONFIG": str(home / "rclone.conf")}
    (home / "rclone.conf").touch()
    return Command([rclone(), "sync", folder, other], home, told)


def _unison(folder: Path, other: Path, home: Path) -> Command:
    words: list[str | Path] = ["unison", folder, other, "-batch", "-ui", "text", "-times", "-terse"]
    return Command(words, home, {"UNISON": str(home)})
