"""Who asks what, and how many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Self

import msgspec

from buckia.standins.log import Asked, Log, told_headers
from buckia_bunny.testing.storage.asked import Request

GROUPS = {
    "put": "transfer",
    "get": "transfer",
    "list": "list",
    "describe": "describe",
    "delete": "delete",
}
"""What the kinds of requests count as."""


class Seen(Asked, frozen=True, kw_only=True):
    """A line of the log."""

    key: str
    """The path below the zone."""
    kind: str
    """put, get, list, describe, delete or other."""

    @classmethod
    def of(cls, request: Request) -> Self:
        return cls(
            method=request.method,
            path=request.path,
            key=request.key,
            kind=request.kind,
            query=request.query,
            headers=told_headers(request),
        )


class Ticket(msgspec.Struct, frozen=True):
    """Handed out to a request that came, to be given back before its answer is sent."""

    number: int
    group: str | None
    is_admitted: bool


class Traffic:
    """Counts requests from their first line until just before their answer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._log = Log[Seen]()
        self._open: Counter[str] = Counter()
        self._admitted: Counter[str] = Counter()
        self._most = dict.fromkeys(GROUPS.values(), 0)

    @property
    def seen(self) -> list[Seen]:
        """In the order in which they came."""
        return self._log.lines

    @property
    def most(self) -> dict[str, int]:
        with self._lock:
            return dict(self._most)

    def forget(self) -> None:
        """Begin a new log and new records; what is under way still counts as such."""
        self._log.forget()
        with self._lock:
            self._most = {group: self._open[group] for group in self._most}

    def enter(self, request: Request, limits: Mapping[str, int]) -> Ticket:
        """A request came. It is not admitted where as many as the limit are at work already."""
        number = self._log.begin(Seen.of(request))
        with self._lock:
            group = GROUPS.get(request.kind)
            if group is None:
                return Ticket(number, None, is_admitted=True)
            self._open[group] += 1
            self._most[group] = max(self._most[group], self._open[group])
            is_admitted = group not in limits or self._admitted[group] < limits[group]
            self._admitted[group] += is_admitted
            return Ticket(number, group, is_admitted)

    def leave(self, ticket: Ticket, status: int | None) -> None:
        """It is about to be answered, or will never be."""
        self._log.end(ticket.number, status)
        with self._lock:
            if ticket.group is not None:
                self._open[ticket.group] -= 1
                self._admitted[ticket.group] -= ticket.is_admitted
