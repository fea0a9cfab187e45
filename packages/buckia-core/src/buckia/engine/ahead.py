"""Reading ahead in another thread, so that a slow listing is waited for while others are read."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")
DEPTH = 8


class _End:
    """Closes a queue; with the error that ended the stream, if one did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(items: Iterator[T], *, depth: int = DEPTH) -> Iterator[T]:
    """The same items, of which up to `depth` are fetched before they are asked for.

    What the stream raises is raised here, in its place. Closing early ends the thread.
    """
    box: queue.Queue[T | _End] = queue.Queue(depth)
    closed = threading.Event()
    thread = threading.Thread(target=_fetch, args=(items, box, closed), daemon=True)
    thread.start()
    try:
        while True:
            item = box.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        closed.set()
        while thread.is_alive():
            # The thread may be waiting to put something down that nobody wants any more.
            _empty(box)
            thread.join(0.05)


def _fetch(items: Iterator[T], box: queue.Queue[T | _End], closed: threading.Event) -> None:
    end = _End()
    try:
        for item in items:
            if closed.is_set():
                break
            box.put(item)
    except BaseException as error:  # noqa: BLE001 - not handled here, only carried over
        # Whatever ended the stream, an interrupt too, belongs to the thread that uses the items:
        # there it is raised again. Swallowed here, half a listing would look like a whole one.
        end = _End(error)
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()
        if not closed.is_set():
            box.put(end)


def _empty(box: queue.Queue[T | _End]) -> None:
    while True:
        try:
            box.get_nowait()
        except queue.Empty:
            return
