"""What a run must remember and cannot always hold in memory: long lists, and names that collide."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from buckia.closing import Closes
from buckia.state.scratch import Scratch

T = TypeVar("T")

LIMIT = 100_000
"""Items that are held in memory before anything is written."""
CHUNK = 1000


class Spill(Closes, Generic[T]):
    """A list that spills: what exceeds the limit goes to a scratch file, all of it in order.

    `kind` is the type of the items as msgspec understands it: a struct, or a tagged union of
    several. `folder` is where the scratch file goes if there must be one; None is the system's
    place for temporary files. Appending is safe from many threads; an iteration gives what was
    there when it began, and may be repeated.
    """

    def __init__(self, kind: Any, folder: Path | None = None, *, limit: int = LIMIT) -> None:
        self._decoder = msgspec.msgpack.Decoder(list[kind])
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._scratch: Scratch | None = None
        self._chunks = 0
        self._written = 0
        self._tail: list[T] = []

    def append(self, item: T) -> None:
        with self._lock:
            self._tail.append(item)
            self._write_full()

    def extend(self, items: Iterable[T]) -> None:
        for item in items:
            self.append(item)

    def _write_full(self) -> None:
        if len(self._tail) < CHUNK or (self._scratch is None and len(self._tail) <= self._limit):
            return
        if self._scratch is None:
            self._scratch = Scratch(
                self._folder, "CREATE TABLE chunks (n INTEGER PRIMARY KEY, kind, items BLOB)"
            )
        starts = range(0, len(self._tail), CHUNK)
        rows = (
            (self._chunks + n, *_encoded(self._tail[start : start + CHUNK]))
            for n, start in enumerate(starts)
        )
        self._scratch.write("INSERT INTO chunks VALUES (?, ?, ?)", rows)
        self._chunks += len(starts)
        self._written += len(self._tail)
        self._tail = []

    def __len__(self) -> int:
        with self._lock:
            return self._written + len(self._tail)

    def __iter__(self) -> Iterator[T]:
        with self._lock:
            chunks, tail, count = self._chunks, self._tail, len(self._tail)
        for number in range(chunks):
            yield from self._chunk(number)
        # A list that is written is replaced, never emptied, so these items stay where they are.
        for at in range(count):
            yield tail[at]

    def _chunk(self, number: int) -> list[T]:
        assert self._scratch is not None
        ((kind, items),) = self._scratch.read(
            "SELECT kind, items FROM chunks WHERE n = ?", (number,)
        )
        decode = _DECODERS.get(kind, self._decoder.decode)
        found: list[T] = decode(items)
        return found

    def close(self) -> None:
        """Forget everything and give the space back; may be repeated."""
        with self._lock:
            if self._scratch is not None:
                self._scratch.close()
            self._scratch, self._tail, self._chunks, self._written = None, [], 0, 0


_encoder = msgspec.msgpack.Encoder()
_DECODERS = {"pickle": pickle.loads}


def _encoded(items: list[Any]) -> tuple[str, bytes]:
    try:
        return "msgpack", _encoder.encode(items)
    except UnicodeEncodeError:
        # A name on disk that is not valid Unicode, kept to be reported: only pickle gives it
        # back as it was. It is read from our own nameless file and nowhere else.
        return "pickle", pickle.dumps(items)


class FoldIndex(Closes):
    """Finds keys that are one name where names fold by case or form; safe from many threads.

    Adding a key again, such as from the other side, is no collision.
    """

    def __init__(self, folder: Path | None = None, *, limit: int = LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._scratch: Scratch | None = None
        self._fresh: list[tuple[str, str]] = []

    def add(self, folded: str, key: str) -> None:
        with self._lock:
            self._fresh.append((folded, key))
            if len(self._fresh) >= self._limit:
                self._write()

    def _write(self) -> Scratch:
        if self._scratch is None:
            self._scratch = Scratch(
                self._folder,
                "CREATE TABLE names (folded TEXT, key TEXT, PRIMARY KEY (folded, key))"
                " WITHOUT ROWID",
            )
        # Sorted, each page of the tree is touched once.
        self._scratch.write("INSERT OR IGNORE INTO names VALUES (?, ?)", sorted(self._fresh))
        self._fresh = []
        return self._scratch

    def collisions(self) -> Iterator[tuple[str, list[str]]]:
        """Each folded name that several keys have, with these keys; both in order."""
        with self._lock:
            scratch = self._write() if self._scratch is not None else None
            fresh = self._fresh
        if scratch is None:
            yield from _collisions(fresh)
            return
        last = ""
        while found := scratch.read(
            "SELECT folded FROM names WHERE folded >= ? GROUP BY folded HAVING count(*) > 1"
            " ORDER BY folded LIMIT ?",
            (last, CHUNK),
        ):
            for (folded,) in found:
                keys = scratch.read("SELECT key FROM names WHERE folded = ?", (folded,))
                yield folded, [key for (key,) in keys]
            last = found[-1][0] + "\0"

    def close(self) -> None:
        """Forget everything and give the space back; may be repeated."""
        with self._lock:
            if self._scratch is not None:
                self._scratch.close()
            self._scratch, self._fresh = None, []


def _collisions(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    groups: dict[str, set[str]] = {}
    for folded, key in pairs:
        groups.setdefault(folded, set()).add(key)
    for folded in sorted(folded for folded, keys in groups.items() if len(keys) > 1):
        yield folded, sorted(groups[folded])
