"""A storage zone as `Storage`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec

from buckia.errors import ConfigError
from buckia.model import Traits
from buckia.protocols import Body, Entry, Reading
from buckia.results import Check, Failure
from buckia.web import trust_in
from buckia_bunny import reading, removing, walking, writing
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.cdn.front import Front
from buckia_bunny.cdn.publishing import Publishing
from buckia_bunny.portrait import portrait
from buckia_bunny.zone import Zone


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How the zone's objects reach the world, as far as that is configured."""

    front: Front | None = None
    api: CoreApi | None = None
    publishing: Publishing | None = None


class BunnyStore:
    """Safe to use from many threads.

    The service has no conditions: who writes looks just before and just after.
    """

    def __init__(
        self,
        zone: Zone,
        *,
        width: int,
        listings: int,
        delivery: Delivery | None = None,
        trust: Path | None = None,
    ) -> None:
        self._zone = zone
        self._width = width
        self._listings = listings
        self._delivery = delivery or Delivery()
        self._trust = trust

    @property
    def traits(self) -> Traits:
        lacks = {
            "GivesUrls": self._delivery.front is None,
            "Probes": self._delivery.front is None and self._trust is None,
            "Publishes": self._delivery.publishing is None,
        }
        return Traits(
            digests=frozenset({"sha256"}),
            flat=False,
            # To remove one is to remove what somebody has just put into it, too.
            keeps_folders=True,
            concurrency=self._width,
            lacks=frozenset(name for name, is_lacking in lacks.items() if is_lacking),
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
        with self._noted(key):
            return writing.write(self._zone, key, body)

    def delete(self, key: str) -> None:
        with self._noted(key):
            removing.delete(self._zone, key)

    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        path, front = self._zone.paths.of(key), self._delivery.front
        if front is None:
            raise ConfigError(
                "a storage zone has no addresses of its own",
                hint="set pull_zone to the pull zone that delivers what it holds",
            )
        if expires is None:
            return front.public_url(path, key)
        return front.signed_url(path, expires, key=key)

    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        """Clear what the edge has kept of changed objects."""
        publishing = self._delivery.publishing
        return () if publishing is None else publishing.publish(pause)

    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:  # noqa: ARG002 - no trial objects are needed
        """Nothing is found out by trying. The account tells of the pull zone, which a run that
        clears it needs to know anyway; others ask it only `anew`.
        """
        lines: list[Check] = []
        if self._trust is not None:
            lines.append(Check("certificates", ok=True, message=trust_in(self._trust)))
        front = self._delivery.front
        if front is not None:
            lines += portrait(front, is_asked=anew or self._delivery.publishing is not None)
        return lines

    def close(self) -> None:
        self._zone.service.close()
        if self._delivery.api is not None:
            self._delivery.api.close()

    @contextmanager
    def _noted(self, key: str) -> Iterator[None]:
        """Before a change, for it may be killed; and behind it, for another thread may have had
        the edge cleared meanwhile, which has fetched the old bytes again.
        """
        publishing = self._delivery.publishing
        if publishing is None:
            yield
            return
        path = self._zone.paths.of(key)
        publishing.note(path)
        try:
            yield
        finally:
            publishing.note(path)
