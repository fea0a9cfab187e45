"""Memory for bodies on their way: no more of it than was set aside, however many threads send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

ENOUGH = 64 << 20
"""Bytes for all bodies together."""


class Room:
    """Bytes that can be taken and given back; who finds none waits."""

    def __init__(self, size: int = ENOUGH) -> None:
        self._size = size
        self._free = size
        self._changed = Condition()

    def take(self, wanted: int) -> int:
        """Wait for so many bytes, or for all where more are wanted; returns what to give back."""
        taken = min(wanted, self._size)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= taken)
            self._free -= taken
        return taken

    def give_back(self, taken: int) -> None:
        with self._changed:
            self._free += taken
            self._changed.notify_all()

    @contextmanager
    def taken(self, wanted: int) -> Iterator[None]:
        taken = self.take(wanted)
        try:
            yield
        finally:
            self.give_back(taken)
