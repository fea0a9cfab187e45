"""Pull zones: what an account's addresses deliver, out of which storage zone, and to whom."""

from __future__ import annotations

from itertools import count
from threading import Lock

import msgspec

from buckia_bunny.testing.edge.caching import Cache
from buckia_bunny.testing.storage.server import FakeBunny

SYSTEM_DOMAIN = ".b-cdn.net"
_FIRST_NUMBER = 101


class Delivery(msgspec.Struct, frozen=True):
    """An answer of the edge to a visitor."""

    moment: float
    """Unix time."""
    size: int
    """Bytes of its body."""
    was_kept: bool
    """Whether the storage zone was not asked."""


class PullZone(msgspec.Struct, kw_only=True, eq=False):
    """One pull zone. A test may change its settings at any time."""

    id: int
    name: str
    storage: FakeBunny
    hostnames: tuple[str, ...]
    security_key: str
    secured: bool
    """Whether only addresses with a token are served."""
    checks_ip: bool
    """Whether a token must be bound to the visitor's address; otherwise none may be."""
    ignores_queries: bool
    """Whether an answer is kept for a path, and not for each query behind it."""
    keeps_errors: bool
    """Whether it is kept, too, that there is no file."""
    cache: Cache = msgspec.field(default_factory=Cache)
    deliveries: list[Delivery] = msgspec.field(default_factory=list)

    def __repr__(self) -> str:
        return f"PullZone(id={self.id}, name={self.name!r})"


class PullZones:
    """The pull zones of one account. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = count(_FIRST_NUMBER)
        self._zones: dict[int, PullZone] = {}
        self._edges: set[str] = set()

    def next_number(self) -> int:
        return next(self._numbers)

    def add(self, zone: PullZone) -> None:
        """`ValueError` where its name or one of its addresses is taken."""
        with self._lock:
            for other in self._zones.values():
                if taken := {zone.name, *zone.hostnames} & {other.name, *other.hostnames}:
                    raise ValueError(f"{other!r} has {', '.join(sorted(taken))} already")
            self._zones[zone.id] = zone

    def all(self) -> list[PullZone]:
        """In the order of their numbers."""
        with self._lock:
            return list(self._zones.values())

    def get(self, number: int) -> PullZone | None:
        with self._lock:
            return self._zones.get(number)

    def at(self, host: str) -> PullZone | None:
        """The one that has this address, with a port if there is one."""
        with self._lock:
            for zone in self._zones.values():
                if host.lower() in map(str.lower, zone.hostnames):
                    return zone
            return self._only() if host in self._edges else None

    def only(self) -> PullZone | None:
        """The only one that there is."""
        with self._lock:
            return self._only()

    def open_edge(self, host: str) -> None:
        """An edge listens here: its own address is that of the only pull zone, if there is one."""
        with self._lock:
            self._edges.add(host)

    def close_edge(self, host: str) -> None:
        with self._lock:
            self._edges.discard(host)

    def _only(self) -> PullZone | None:
        return next(iter(self._zones.values())) if len(self._zones) == 1 else None
