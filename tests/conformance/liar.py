"""Stores that misbehave on purpose, each with one lie, and the case that has to catch it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar

from buckia.body import ChunkReading
from buckia.model import BasicEntry, Traits
from buckia.protocols import Body, Entry, Reading
from buckia.stores.memory import MemoryStore, Stored
from buckia.stores.memory.store import ROOMY
from tests.conformance.disk_like import DiskLike

TREE = Traits(
    flat=False,
    keeps_mtime=True,
    max_name_bytes=255,
    max_key_bytes=1_000,
    forbidden='*?"<>|',
    digests=frozenset({"sha256"}),
)


class Liar(MemoryStore):
    """An honest store until a subclass overrides something; its docstring says what."""

    cases: ClassVar[tuple[str, ...]] = ()
    shape: ClassVar[Traits] = ROOMY
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__(traits=self.shape, **self.options)

    def force(self, key: str, data: bytes, **told: Any) -> Entry:
        """Put bytes away without any check."""
        with self._lock:
            entry = BasicEntry(key=key, size=len(data), version="", **told)
            return self._put(key, Stored(entry=entry, listed=entry, data=data))


class DiskLiar(DiskLike):
    """The same for what only stores of files offer."""

    cases: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()


L = TypeVar("L", bound=type[Liar] | type[DiskLiar])

LIARS: list[type[Liar | DiskLiar]] = []


def caught_by(*cases: str) -> Callable[[L], L]:
    """Names the cases, each of which must fail on this store."""

    def mark(liar: L) -> L:
        liar.cases = tuple(f"test_{case}" for case in cases)
        LIARS.append(liar)
        return liar

    return mark


def taken(body: Body) -> bytes:
    """All that a body gives, unquestioned."""
    source = body.open()
    try:
        return b"".join(iter(lambda: source.read(1 << 16), b""))
    finally:
        source.close()


def given(entry: Entry, data: bytes) -> Reading:
    return ChunkReading(entry, [data] if data else [])


def pause() -> None:
    """Long enough for every other racer to come by."""
    threading.Event().wait(0.005)


def flat(pages: Iterator[Any]) -> list[Any]:
    return [entry for page in pages for entry in page]
