"""Several streams read at once and given one after the other, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from buckia.engine.ahead import Ahead

T = TypeVar("T")
WIDTH = 4
"""How many are read at once."""


def abreast(streams: Iterable[Iterator[T]], *, width: int = WIDTH) -> Iterator[T]:
    """All items of the first stream, then all of the second, and so on.

    While one is used, those that follow are read, each as far as `Ahead` goes: what is in memory
    does not grow with their number. What a stream raises is raised in its place.
    """
    waiting = iter(streams)
    reading: deque[Ahead[T]] = deque()
    try:
        while True:
            reading.extend(map(Ahead, islice(waiting, width - len(reading))))
            if not reading:
                return
            yield from reading[0]
            reading.popleft().close()
    finally:
        for stream in reading:
            stream.close()
