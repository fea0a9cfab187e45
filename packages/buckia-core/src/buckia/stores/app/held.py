"""Copies of databases as they were at one moment, for as long as somebody may read them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

import msgspec

from buckia.body import CHUNK
from buckia.closing import Closes
from buckia.keys import TEMPORARY
from buckia.model import BasicEntry
from buckia.stores.local.faults import faults


class Held(msgspec.Struct, frozen=True):
    """One copy, and the entry of exactly its bytes."""

    entry: BasicEntry
    path: Path


class Shelf:
    """One copy for each key: the latest. Safe to use from many threads.

    They lie in `folder`, which is ours; until it is there, in the system's place for such files.
    """

    def __init__(self, folder: Path | None, tag: str) -> None:
        self._folder = folder
        self._tag = tag
        self._lock = Lock()
        self._held: dict[str, Held] = {}

    def room(self) -> Path:
        """A free name for a copy."""
        folder = self._folder
        if folder is None or not folder.is_dir():
            folder = Path(tempfile.gettempdir())
        return folder / f"{TEMPORARY}{self._tag}-{os.urandom(8).hex()}"

    def get(self, key: str, version: str) -> Held | None:
        with self._lock:
            held = self._held.get(key)
        return held if held is not None and held.entry.version == version else None

    def put(self, held: Held) -> None:
        with self._lock:
            before = self._held.get(held.entry.key)
            self._held[held.entry.key] = held
        if before is not None:
            _remove(before.path)

    def close(self) -> None:
        with self._lock:
            held, self._held = self._held, {}
        for one in held.values():
            _remove(one.path)


def _remove(path: Path) -> None:
    # What cannot be removed now (some systems keep what is open) goes when the state is swept.
    with suppress(OSError):
        path.unlink()


class HeldReading(Closes):
    """A `Reading` of a copy, which nobody changes any more."""

    def __init__(self, held: Held, span: tuple[int, int] | None = None) -> None:
        self.entry = held.entry
        start, length = span or (0, held.entry.size)
        with faults(held.entry.key):
            self._file = held.path.open("rb")
            self._file.seek(start)
        self._left = length

    def read(self, size: int = -1, /) -> bytes:
        with faults(self.entry.key):
            chunk = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(CHUNK):
            yield chunk

    def close(self) -> None:
        self._file.close()
