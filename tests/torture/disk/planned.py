"""A file that changes at a planned instant: just before it is opened, or read for the nth time."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from buckia.body import CHUNK
from tests.histories.judge import insist
from tests.histories.world import contents
from tests.torture.disk.faults import Faults
from tests.torture.disk.pair import Pair, put
from tests.torture.disk.races import saved, version


def grows(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more of it")


def shrinks(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def is_saved(path: Path) -> None:
    saved(path, version(Random(7)))


def is_written_over(path: Path) -> None:
    """Into the same file, of the same size, and under the same time."""
    was = path.stat()
    with path.open("r+b") as file:
        file.write(b"\0" * was.st_size)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def becomes_folder(path: Path) -> None:
    path.unlink()
    put(path / "inner", b"inner")


def becomes_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def becomes_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


CHANGES: Mapping[str, Callable[[Path], None]] = {
    "grows": grows,
    "shrinks": shrinks,
    "is saved anew": is_saved,
    "is written over in secret": is_written_over,
    "vanishes": Path.unlink,
    "becomes a folder": becomes_folder,
    "becomes a link": becomes_link,
    "becomes a pipe": becomes_pipe,
}
KINDS = {"open": 4, "read": 8, "look": 12}
"""At which calls about the file it may change, and how many of them are tried."""


class Meddler(Faults):
    """Changes the file at the nth call of a kind about it; nothing fails of itself."""

    def __init__(self, path: Path, change: Callable[[Path], None], at: tuple[str, int]) -> None:
        super().__init__(str(path), None)
        self._path, self._change = path, change
        self._kind, self._nth = at
        self.then = b""
        """What is in the file afterwards."""

    def fails(self, kind: str, where: str) -> bool:
        super().fails(kind, where)
        if kind == self._kind and not self.hit and self.counts[kind] == self._nth:
            self.hit = f"{kind} {self._nth}"
            self._change(self._path)
            if self._path.is_file() and not self._path.is_symlink():
                self.then = self._path.read_bytes()
        return False


def changes(folder: Path, seed: int, tries: int = 12) -> Counter[str]:
    """Several syncs, each with another change at another instant, on either side."""
    chance, ended = Random(seed), Counter[str]()
    for _ in range(tries):
        name = chance.choice(sorted(CHANGES))
        kind = chance.choice(sorted(KINDS))
        at = (kind, chance.randint(1, KINDS[kind]))
        side = chance.choice(("here", "there"))
        try:
            ended[f"a file {name}: {_changed(folder, name, at, side)}"] += 1
        except Exception as error:
            # Whatever it is, what had changed is what one wants to know.
            raise AssertionError(f"a file {side} {name} at {at}: {error}") from error
        shutil.rmtree(folder)
    return ended


def _changed(folder: Path, name: str, at: tuple[str, int], side: str) -> str:
    pair = Pair(folder, exclude=["**/.saving-*"], retries=1)
    mine, other = (pair.here, pair.there) if side == "here" else (pair.there, pair.here)
    chance = Random(1)
    first, second = version(chance), version(chance) + chance.randbytes(CHUNK * 3)
    put(mine / "d/file", first)
    put(pair.here / "rest", b"rest")
    pair.agree()
    put(mine / "d/file", second)
    with Meddler(mine / "d/file", CHANGES[name], at) as meddler:
        ended = pair.tried(conflict_resolution="keep_both")
    known = {b"rest", b"inner", first, second, meddler.then}
    for key, data in contents(other).items():
        insist(data in known, f"{key} is a mixture")
    path = mine / "d/file"
    if path.is_symlink() or path.is_fifo():
        path.unlink()
    pair.agree()
    return ended if meddler.hit else f"{ended}, nothing changed"
