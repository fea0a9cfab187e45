"""How a run tells what it does: one event at a time, to whoever wants to hear of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from buckia.events import ActionDone, Event, Tell

Progress = Callable[[int, int, str, str], object]
"""Called with the number of actions done, their total, the action and the path."""


def telling(tell: Tell, progress: Progress | None) -> Tell:
    """Events one at a time; a progress callback that raises does not break the sync."""
    lock = threading.Lock()

    def one(event: Event) -> None:
        with lock:
            tell(event)
            if progress is not None and isinstance(event, ActionDone):
                with suppress(Exception):  # it is somebody else's code, and not about the sync
                    progress(event.done, event.total, event.action, event.path)

    return one
