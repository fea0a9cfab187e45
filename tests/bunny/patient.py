"""A store that tries again what may pass, as a run does, so that the kit can be held against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from buckia.body import ChunkReading
from buckia.errors import Corrupted, Unavailable
from buckia.protocols import Body, Entry, Reading
from buckia_bunny.store import BunnyStore

T = TypeVar("T")
TRIES = 12


class Patient(BunnyStore):
    """Each operation as a whole: what was read half is read anew."""

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        def pages() -> list[Sequence[Entry]]:
            return list(super(Patient, self).scan(prefix))

        yield from again(pages)

    def stat(self, key: str) -> Entry:
        return again(lambda: super(Patient, self).stat(key))

    def read(self, key: str, *, version: str | None = None) -> Reading:
        def whole() -> Reading:
            with super(Patient, self).read(key, version=version) as reading:
                return ChunkReading(reading.entry, list(reading))

        return again(whole)

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        def part() -> Reading:
            found = super(Patient, self).read_range(key, start, length, version=version)
            with found as reading:
                return ChunkReading(reading.entry, list(reading))

        return again(part)

    def write(self, key: str, body: Body) -> Entry:
        return again(lambda: super(Patient, self).write(key, body))

    def delete(self, key: str) -> None:
        again(lambda: super(Patient, self).delete(key))


def again(call: Callable[[], T]) -> T:
    for _ in range(TRIES - 1):
        try:
            return call()
        except (Unavailable, Corrupted):
            continue
    return call()
