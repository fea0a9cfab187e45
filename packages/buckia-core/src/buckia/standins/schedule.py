"""Which faults are for which request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any, Generic, TypeVar

from buckia.standins.troubles import Trouble
from buckia.standins.wire import R, Reply

T = TypeVar("T", bound=Trouble[Any])


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

    def around(self, request: R, server: Callable[[R], Reply]) -> Callable[[R], Reply]:
        """The server, and before it the faults that are due for this request."""
        forward = server
        for fault in reversed(self._due(request)):
            forward = partial(_through, fault, forward)
        return forward

    def _due(self, request: R) -> list[T]:
        due: list[T] = []
        with self._lock:
            for place, fault in enumerate(self.faults):
                if fault.fits(request):
                    self._counts[place] += 1
                    if fault.is_due(self._counts[place]):
                        due.append(fault)
        return due


def _through(fault: Trouble[R], forward: Callable[[R], Reply], request: R) -> Reply:
    return fault(request, forward)
