"""What a job is set up with: a server, room on the disk, and a scale."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from shutil import rmtree
from time import sleep

from benchmarks.buckets import Bucket, Ground
from benchmarks.trees import Tree

_UNDOUBTED = 3.0
"""Seconds after which the time of a file proves that nobody has written it since it was read."""


class Desk:
    """All it gives is new, and empty."""

    def __init__(self, ground: Ground, scale: float) -> None:
        self.ground = ground
        self._scale = scale
        self._numbers = count(1)

    def folder(self) -> Path:
        made = self.ground.folder / f"w{next(self._numbers)}"
        made.mkdir()
        return made

    def bucket(self) -> Bucket:
        return self.ground.bucket(f"bench-{next(self._numbers)}")

    def tree(self, wanted: Tree) -> Path:
        """In a folder of its own, as large as the scale has it."""
        folder = self.folder()
        self.scaled(wanted).make(folder)
        return folder

    def scaled(self, wanted: Tree) -> Tree:
        """Fewer files, or where there are few of them, smaller ones."""
        if wanted.files > 100:
            return wanted._replace(files=max(10, round(wanted.files * self._scale)))
        return wanted._replace(size=max(1, round(wanted.size * self._scale)))

    def rest(self) -> None:
        """Until everything made so far is old enough to be believed."""
        sleep(_UNDOUBTED)

    def clear(self) -> None:
        """Room for the next job."""
        for made in self.ground.folder.iterdir():
            rmtree(made)
