"""Digests of content: computing them, packing them, and what they prove."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol

from buckia import pieces

ALGORITHMS = ("sha256", "md5", "sha1", "blake2b")
_MAKERS = {name: getattr(hashlib, name) for name in ALGORITHMS}
_IN_PARTS = re.compile(r"md5/([1-9][0-9]{0,14})")
"""`md5/8388608`: how stores label what came in parts of so many bytes, see `_InParts`."""


class Hash(Protocol):
    def update(self, data: bytes | bytearray | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


def new(algorithm: str) -> Hash:
    """A fresh hash object; MD5 and SHA-1 tell edits apart here and protect nobody."""
    if maker := _MAKERS.get(algorithm):
        made: Hash = maker(usedforsecurity=False)
        return made
    if parts := _IN_PARTS.fullmatch(algorithm):
        return _InParts(int(parts[1]))
    if sums := pieces.running(algorithm):
        return sums
    return hashlib.new(algorithm, usedforsecurity=False)


def computable(names: Iterable[str]) -> set[str]:
    """Those of the names whose digest can be computed here; others prove nothing here."""
    return {name for name in names if name in ALGORITHMS or _IN_PARTS.fullmatch(name)}


def of(data: bytes | bytearray, algorithm: str) -> str:
    if maker := _MAKERS.get(algorithm):
        found: str = maker(data, usedforsecurity=False).hexdigest()
        return found
    return of_chunks((data,), algorithm)


def of_chunks(chunks: Iterable[bytes | bytearray], algorithm: str) -> str:
    """That of all of them, one behind the other."""
    hasher = new(algorithm)
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.hexdigest()


class _InParts:
    """The MD5 of the MD5s of all parts, and how many there are: `0123...-17`."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._room = size
        self._part = hashlib.md5(usedforsecurity=False)
        self._ended: list[bytes] = []

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        rest = memoryview(data)
        while rest:
            if not self._room:
                self._ended.append(self._part.digest())
                self._part = hashlib.md5(usedforsecurity=False)
                self._room = self._size
            piece, rest = rest[: self._room], rest[self._room :]
            self._part.update(piece)
            self._room -= len(piece)

    def hexdigest(self) -> str:
        parts = (*self._ended, self._part.digest())
        return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def pack(digests: Mapping[str, str]) -> str:
    """One line for a state row: `md5:... sha256:...`."""
    return " ".join(f"{name}:{value}" for name, value in sorted(digests.items()))


def unpack(packed: str) -> dict[str, str]:
    return {**unpacked(packed)}


@lru_cache(maxsize=4096)
def unpacked(packed: str) -> Mapping[str, str]:
    """The same, only to be read: asked several times of each of the keys that are looked at."""
    return dict([item.split(":", 1) for item in packed.split()])


def agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool | None:
    """Whether two sets of proven digests speak of the same bytes; None where they share none."""
    if not one or not other:
        return None
    if one == other:
        return True
    common = one.keys() & other.keys()
    if not common:
        return None
    return all(
        one[name] == other[name] or one[name].lower() == other[name].lower() for name in common
    )


def hinted(hints: Mapping[str, str], known: Mapping[str, str]) -> bool:
    """Whether any hint is one of the digests: that proves the bytes equal, all else nothing."""
    if not hints:
        return False
    common = hints.keys() & known.keys()
    return any(hints[name].lower() == known[name].lower() for name in common)
