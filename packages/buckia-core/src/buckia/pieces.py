"""Large objects cut into pieces, each with a short sum: what two versions of one have in common.

Equal sums say that two pieces are most likely equal, and prove nothing. Who goes by them holds the
whole against a proven digest before anybody sees it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable
from zlib import crc32

import msgspec

SMALLEST = 5 * 2**20 // 32
"""Bytes of the smallest piece. Doubled often enough it is the least part that services take."""
MOST = 256
"""Pieces of one object, so that their sums find room in what a service keeps beside it."""
WIDTH = 4
"""Characters of a sum. One in sixteen million changes goes unnoticed until the digest tells."""
_COARSER = 4
"""How many times larger than need be pieces may stay when an object has shrunk."""
_ALGORITHM = re.compile(r"pieces/([1-9][0-9]{0,14})")
_PACKED = re.compile(r"([1-9][0-9]{0,14}):([A-Za-z0-9+/]*)")


class Span(NamedTuple):
    """Bytes of an object: from `start` up to `end`, which is not included."""

    start: int
    end: int


class Pieces(msgspec.Struct, frozen=True):
    """An object of `total` bytes in pieces of `size`, the last of which may be shorter."""

    total: int
    size: int
    sums: str
    """That of each piece, one behind the other."""

    def packed(self) -> str:
        """One line without the total, which is known wherever it is kept."""
        return f"{self.size}:{self.sums}"


@runtime_checkable
class TellsPieces(Protocol):
    """An ability of a store, see `buckia.protocols`."""

    def pieces(self, key: str, *, version: str) -> Pieces | None:
        """Those of this version, without reading it, else `VersionMismatch`.

        None where they are not known, or no proven digest of the whole is.
        """


def unpacked(text: str, total: int) -> Pieces | None:
    """What `packed` has written of an object of that size; None for anything else."""
    found = _PACKED.fullmatch(text)
    if found is None:
        return None
    pieces = Pieces(total, int(found[1]), found[2])
    is_whole = len(pieces.sums) == WIDTH * count(total, pieces.size)
    return pieces if is_whole and len(pieces.sums) <= WIDTH * MOST else None


def count(total: int, size: int) -> int:
    return -(-total // size)


def fit_size(total: int, earlier: int | None = None) -> int:
    """The size of the pieces of an object: that of its earlier version where it still fits."""
    size = SMALLEST
    while count(total, size) > MOST:
        size *= 2
    return earlier if earlier is not None and size <= earlier <= _COARSER * size else size


def algorithm(size: int) -> str:
    """The name by which `digests.new` makes a running `Sums`."""
    return f"pieces/{size}"


def running(name: str) -> Sums | None:
    """What computes the sums, if that is what the algorithm of this name is."""
    found = _ALGORITHM.fullmatch(name)
    return Sums(int(found[1])) if found else None


class Sums:
    """The sums of all pieces, computed as the bytes go by."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._room = size
        self._sum = 0
        self._ended: list[str] = []

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        rest = memoryview(data)
        while rest:
            piece, rest = rest[: self._room], rest[self._room :]
            self._sum = crc32(piece, self._sum)
            self._room -= len(piece)
            if not self._room:
                self._ended.append(_shown(self._sum))
                self._sum, self._room = 0, self._size

    def hexdigest(self) -> str:
        """As digests call it; these are more than one, and packed tighter."""
        last = _shown(self._sum) if self._room < self._size else ""
        return "".join(self._ended) + last


def _shown(number: int) -> str:
    return b64encode((number & 0xFFFFFF).to_bytes(3)).decode()


def differing(new: Pieces, old: Pieces) -> Iterator[Span]:
    """What of the new version may not be in the old one at the same place, in order.

    Both are in pieces of the same size.
    """
    assert new.size == old.size
    start: int | None = None
    for number in range(count(new.total, new.size)):
        at = number * new.size
        if _is_there(number, new, old):
            if start is not None:
                yield Span(start, at)
            start = None
        elif start is None:
            start = at
    if start is not None:
        yield Span(start, new.total)


def _is_there(number: int, new: Pieces, old: Pieces) -> bool:
    end = (number + 1) * new.size
    place = slice(number * WIDTH, (number + 1) * WIDTH)
    return min(end, new.total) == min(end, old.total) and new.sums[place] == old.sums[place]


def joined(spans: Iterator[Span], gap: int) -> Iterator[Span]:
    """The same with those made one between which there are no more bytes than that."""
    last: Span | None = None
    for span in spans:
        if last is not None and span.start - last.end <= gap:
            last = Span(last.start, span.end)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last
