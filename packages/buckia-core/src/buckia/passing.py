"""The bytes of a body as they pass: counted, hashed, and held against what was promised."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from buckia import digests
from buckia.errors import Corrupted
from buckia.hashing import Hashing
from buckia.protocols import Source


class Watcher(Protocol):
    """Who is told of it."""

    @property
    def size(self) -> int: ...
    @property
    def digests(self) -> Mapping[str, str]: ...

    def passed(self, count: int) -> None: ...
    def ended(self, computed: Mapping[str, str]) -> None: ...


class Passing:
    """Another source, watched."""

    def __init__(self, owner: Watcher, source: Source, algorithms: Collection[str]) -> None:
        self._owner = owner
        self._source = source
        self._hashing = Hashing(algorithms, owner.size)
        self._left = owner.size

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._checked(self._source.read(size), size)
        if chunk:
            self._owner.passed(len(chunk))
        return chunk

    def read_unsent(self, size: int, /) -> bytes:
        """Like `read`, but nobody counts them."""
        # Who wants to stop says so where he is told of bytes.
        self._owner.passed(0)
        return self._checked(unsent(self._source, size), size)

    def _checked(self, chunk: bytes, size: int) -> bytes:
        self._left -= len(chunk)
        if self._left < 0:
            raise Corrupted("more bytes came than were announced")
        if not chunk and size != 0 and self._left:
            raise Corrupted(f"the bytes ended {self._left} short of what was announced")
        self._hashing.update(chunk)
        if not self._left:
            self._end()
        return chunk

    def _end(self) -> None:
        """All bytes are here; the last of them are held back if they are not those promised."""
        computed = self._hashing.hexdigests()
        if digests.agree(computed, self._owner.digests) is False:
            raise Corrupted("the bytes are not those of the digest that was announced")
        self._owner.ended(computed)

    def close(self) -> None:
        self._hashing.close()
        self._source.close()


def unsent(source: Source, size: int) -> bytes:
    """The next bytes of a source, which need not travel: nobody who counts should count them."""
    read: Callable[[int], bytes] = getattr(source, "read_unsent", source.read)
    return read(size)
