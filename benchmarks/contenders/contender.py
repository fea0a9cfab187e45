"""What every program can be asked to do."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from benchmarks.buckets import Bucket
from benchmarks.measured import Command


class Task(Protocol):
    """One way of syncing; `home` is a folder for what the program keeps between its runs."""

    def __call__(self, folder: Path, bucket: Bucket, home: Path, /) -> Command: ...


class Contender(Protocol):
    """A program with its flags."""

    name: str

    def version(self) -> Command:
        """Say which one it is."""

    def up(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        """Make the bucket like the folder; what is equal already is left alone."""

    def down(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        """The same the other way."""

    def plan(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        """Say what `up` would do."""

    def both(self, folder: Path, bucket: Bucket, home: Path, /) -> Command | None:
        """Take changes both ways; None where it cannot."""
