"""A clock for each device: what Buckia asks for the time is told that of the device at work.

And what makes a run play the same again: without threads that read ahead, and without pauses.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any
from unittest.mock import patch

from buckia.engine import ahead, limits, planning, review, run
from buckia.engine.execute import execution
from buckia.state import trash

SECOND = 1_000_000_000
_ahead = [0]
"""Seconds; the last is that of the device at work."""


class Time(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        # A plain one: what is told of a time is written down by its very type.
        return datetime.now(tz) + timedelta(seconds=_ahead[-1])


class _Module:
    """The module `time` for a device."""

    monotonic = staticmethod(time.monotonic)

    @staticmethod
    def time_ns() -> int:
        return time.time_ns() + _ahead[-1] * SECOND


class Abreast:
    """In the place of `OnDemand`: no item is ever fetched before it is asked for."""

    def __init__(self, items: Iterator[Any], *, depth: int = 0) -> None:
        del depth
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return self._items

    def __next__(self) -> Any:
        return next(self._items)

    def close(self) -> None:
        close = getattr(self._items, "close", None)
        if close is not None:
            close()


@contextmanager
def ruled() -> Iterator[None]:
    """Within, the clocks are ours, requests are repeated at once, and nothing is read ahead."""
    with ExitStack() as stack:
        for module in (planning, review, run, execution):
            stack.enter_context(patch.object(module, "time", _Module))
        for other in (run, trash):
            stack.enter_context(patch.object(other, "datetime", Time))
        stack.enter_context(patch.object(limits, "FIRST_PAUSE", 0.0))
        stack.enter_context(patch.object(review, "OnDemand", _reader))
        yield


_threads = [False]


def _reader(items: Iterator[Any]) -> Any:
    return ahead.Ahead(items) if _threads[-1] else Abreast(items)


@contextmanager
def at_work(seconds: int, *, threads: bool) -> Iterator[None]:
    """Within, a device whose clock is so far ahead is at work."""
    _ahead.append(seconds)
    _threads.append(threads)
    try:
        yield
    finally:
        _ahead.pop()
        _threads.pop()


def now(seconds: int) -> datetime:
    """What the clock of a device shows that is so far ahead."""
    from datetime import UTC

    return datetime.now(UTC) + timedelta(seconds=seconds)
