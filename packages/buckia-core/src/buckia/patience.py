"""How long an answer is waited for that always brings just enough not to seem dead.

A timeout is for a single wait. Of an answer that comes byte by byte each one is in time, and all of
them together never end. So the waits of one answer are added up, too.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager

TIMES = 10
"""All waits for a piece of an answer may take so many times what a single one may. Services that
have much to do send blanks meanwhile, for minutes.
"""
PIECE = 1024
"""Bytes with which an answer shows that it goes on."""


class _Waited(threading.local):
    """What this thread has waited for the answer that it is reading."""

    seconds = 0.0
    count = 0
    is_head = False
    since = 0.0
    """When it began to wait."""


class _Around(AbstractContextManager[None]):
    """Entered for each answer, so no generator; what it remembers is the thread's."""

    def __init__(self, waited: _Waited) -> None:
        self.waited = waited


class _Head(_Around):
    def __enter__(self) -> None:
        waited = self.waited
        waited.seconds, waited.count, waited.is_head = 0.0, 0, True

    def __exit__(self, *_error: object) -> None:
        waited = self.waited
        waited.seconds, waited.count, waited.is_head = 0.0, 0, False


class _Waiting(_Around):
    def __enter__(self) -> None:
        self.waited.since = time.monotonic()

    def __exit__(self, *_error: object) -> None:
        self.waited.seconds += time.monotonic() - self.waited.since


class Patience:
    """For all answers of one client. Each thread reads one answer at a time."""

    def __init__(self, timeout: float) -> None:
        self._most = timeout * TIMES
        self._waited = _Waited()
        self._head = _Head(self._waited)
        self._waiting = _Waiting(self._waited)

    def for_head(self) -> AbstractContextManager[None]:
        """All that comes inside is one piece, however many bytes it has."""
        return self._head

    def left(self) -> float:
        """Seconds that may still be waited; `TimeoutError` when there are none."""
        left = self._most - self._waited.seconds
        if left <= 0:
            raise TimeoutError("the answer comes too slowly")
        return left

    def waiting(self) -> AbstractContextManager[None]:
        """Around one wait."""
        return self._waiting

    def came(self, count: int) -> None:
        """So many bytes came."""
        waited = self._waited
        waited.count += count
        if waited.count >= PIECE and not waited.is_head:
            waited.seconds, waited.count = 0.0, 0
