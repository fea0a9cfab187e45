"""Which faults are for which request."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import Generic, TypeVar

from buckia_bunny.testing.troubles import Trouble
from buckia_bunny.testing.wire import Forward, Reply, Request

T = TypeVar("T", bound=Trouble)


class Schedule(Generic[T]):
    """Faults, and of how many requests that fit it each has heard."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.faults: tuple[T, ...] = ()
        self._counts: list[int] = []

    def replace(self, faults: tuple[T, ...]) -> None:
        """From now on these, and all of them count from the beginning."""
        with self._lock:
            self.faults = faults
            self._counts = [0] * len(faults)

    def around(self, request: Request, server: Forward) -> Forward:
        """The server, and before it the faults that are due for this request."""
        forward = server
        for fault in reversed(self._due(request)):
            forward = partial(_through, fault, forward)
        return forward

    def _due(self, request: Request) -> list[T]:
        due: list[T] = []
        with self._lock:
            for place, fault in enumerate(self.faults):
                if fault.fits(request):
                    self._counts[place] += 1
                    if fault.is_due(self._counts[place]):
                        due.append(fault)
        return due


def _through(fault: Trouble, forward: Forward, request: Request) -> Reply:
    return fault(request, forward)
