"""Streams of which a slow one is read ahead, so that it is waited for while others are read."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, Self, TypeVar

from buckia.closing import close
from buckia.engine.waiting import Waiting

T = TypeVar("T")
DEPTH = 8


class _End:
    """Closes a queue; with the error that ended the stream, if one did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Ahead(Generic[T]):
    """The same items, of which up to `depth` are fetched before they are asked for.

    What the stream raises is raised here, in its place. Closing early ends the thread.
    """

    def __init__(self, items: Iterator[T], *, depth: int = DEPTH) -> None:
        self._box: queue.Queue[T | _End] = queue.Queue(depth)
        self._closed = threading.Event()
        self._is_at_end = False
        self._thread = threading.Thread(target=self._fetch, args=(items,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if self._is_at_end:
            raise StopIteration
        item = self._box.get()
        if not isinstance(item, _End):
            return item
        self.close()
        raise item.error or StopIteration

    def close(self) -> None:
        """May be repeated."""
        self._is_at_end = True
        self._closed.set()
        while self._thread.is_alive():
            # The thread may be waiting to put something down that nobody wants any more.
            self._empty()
            self._thread.join(0.05)

    def _fetch(self, items: Iterator[T]) -> None:
        end = _End()
        try:
            for item in items:
                if self._closed.is_set():
                    break
                self._box.put(item)
        except BaseException as error:  # noqa: BLE001 - not handled here, only carried over
            # Whatever ended the stream, an interrupt too, belongs to the thread that uses the
            # items: there it is raised again. Swallowed here, half a listing would look whole.
            end = _End(error)
        finally:
            close(items)
            if not self._closed.is_set():
                self._box.put(end)

    def _empty(self) -> None:
        while True:
            try:
                self._box.get_nowait()
            except queue.Empty:
                return


class OnDemand(Generic[T]):
    """The same items, fetched when they are asked for until that turns out to be mostly waiting:
    from then on ahead.

    What a quick stream does in a thread of its own, two threads do that wait for each other at
    each step.
    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._ahead: Ahead[T] | None = None
        self._waiting = Waiting(seconds=0.02, often=1)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if self._ahead is not None:
            return next(self._ahead)
        with self._waiting:
            item = next(self._items)
        if self._waiting.is_most:
            self._ahead = Ahead(self._items)
        return item

    def close(self) -> None:
        """May be repeated."""
        if self._ahead is not None:
            self._ahead.close()
        else:
            close(self._items)
