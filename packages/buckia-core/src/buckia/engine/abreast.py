"""Several streams given one after the other, in order, and read at once where they are slow."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

from buckia.closing import close
from buckia.engine.ahead import Ahead
from buckia.engine.waiting import Waiting

T = TypeVar("T")
WIDTH = 4
"""How many are read at once."""


def abreast(streams: Iterable[Iterator[T]], *, width: int = WIDTH) -> Iterator[T]:
    """All items of the first stream, then all of the second, and so on.

    Once reading them turns out to be mostly waiting, several are read at the same time. What a
    stream raises is raised in its place.
    """
    rest = iter(streams)
    waiting = Waiting(seconds=0.02, often=1)
    for stream in rest:
        try:
            while not waiting.is_most:
                with waiting:
                    item = next(stream, None)
                if item is None:
                    break
                yield item
            else:
                yield from _at_once(chain((stream,), rest), width)
        finally:
            close(stream)


def _at_once(streams: Iterator[Iterator[T]], width: int) -> Iterator[T]:
    """While one is used, those that follow are read, each as far as `Ahead` goes: what is in
    memory does not grow with their number.
    """
    reading: deque[Ahead[T]] = deque()
    try:
        while True:
            reading.extend(map(Ahead, islice(streams, width - len(reading))))
            if not reading:
                return
            yield from reading[0]
            reading.popleft().close()
    finally:
        for stream in reading:
            stream.close()
