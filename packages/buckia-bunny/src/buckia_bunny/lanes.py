"""How many requests of a kind are under way at once: the service refuses what is more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Literal

Kind = Literal["list", "delete", "other"]


class Lanes:
    """Whoever finds no room waits. Safe to use from many threads."""

    def __init__(self, *, listings: int, deletes: int) -> None:
        self._rooms = {"list": BoundedSemaphore(listings), "delete": BoundedSemaphore(deletes)}

    @contextmanager
    def of(self, kind: Kind) -> Iterator[None]:
        room = self._rooms.get(kind)
        if room is None:
            # Transfers are counted by whoever makes them.
            yield
            return
        with room:
            yield
