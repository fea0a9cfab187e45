"""A storage zone as `Storage`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from buckia.model import Traits
from buckia.protocols import Body, Entry, Reading
from buckia_bunny import reading, removing, walking, writing
from buckia_bunny.zone import Zone


class BunnyStore:
    """Safe to use from many threads.

    The service has no conditions: who writes looks just before and just after.
    """

    def __init__(self, zone: Zone, *, width: int, listings: int) -> None:
        self._zone = zone
        self._width = width
        self._listings = listings

    @property
    def traits(self) -> Traits:
        return Traits(
            digests=frozenset({"sha256"}),
            flat=False,
            # To remove one is to remove what somebody has just put into it, too.
            keeps_folders=True,
            concurrency=self._width,
        )

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        return walking.pages(self._zone.folder, prefix, width=self._listings)

    def stat(self, key: str) -> Entry:
        return self._zone.stat(key)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        return reading.read(self._zone, key, version)

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        return reading.read_range(self._zone, key, start, length, version)

    def write(self, key: str, body: Body) -> Entry:
        return writing.write(self._zone, key, body)

    def delete(self, key: str) -> None:
        removing.delete(self._zone, key)

    def close(self) -> None:
        self._zone.wire.close()
