"""Folders of files to be synced, and what users do to them."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_BLOCK = 1 << 20
LONG_AGO = 1_700_000_000


class Tree(NamedTuple):
    """What a tree is made of."""

    files: int
    size: int
    """Bytes of each file."""
    in_a_folder: int = 200
    depth: int = 1
    """Folders above each file."""

    @property
    def total(self) -> int:
        return self.files * self.size

    def names(self) -> Iterator[str]:
        """Of all files, with slashes, each folder's together."""
        for number in range(self.files):
            yield f"{self.folder(number // self.in_a_folder)}/f{number % self.in_a_folder:04}.dat"

    def folder(self, number: int) -> str:
        above = [f"l{level}" for level in range(self.depth - 1)]
        return "/".join([*above, f"d{number:05}"])

    def make(self, root: Path) -> None:
        """Make it, with times at which nobody has put anything into any bucket yet."""
        filler = random.Random(self.size).randbytes(min(self.size, _BLOCK))  # noqa: S311
        for number, name in enumerate(self.names()):
            path = root / name
            if number % self.in_a_folder == 0:
                path.parent.mkdir(parents=True, exist_ok=True)
            write(path, self.size, number, filler)
            os.utime(path, (LONG_AGO, LONG_AGO))


def write(path: Path, size: int, number: int, filler: bytes) -> None:
    """A file unlike any other."""
    head = hashlib.sha256(b"%d" % number).digest()[:size]
    with path.open("wb") as file:
        file.write(head)
        left = size - len(head)
        while left > 0:
            left -= file.write(filler[:left])


def digests(root: Path) -> Mapping[str, str]:
    """What every file holds, by its name; the reference that results are held against."""
    return dict(_digests(root))


def _digests(root: Path) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [one for one in folders if not one.startswith(".")]
        for name in names:
            if name.startswith("."):
                continue
            path = Path(folder, name)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "md5").hexdigest()
            yield path.relative_to(root).as_posix(), digest
