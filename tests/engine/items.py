"""A stream that tells who has read it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from buckia.engine.ahead import DEPTH


class Items:
    """Numbers, and which thread has fetched each of them."""

    def __init__(self, until: int, error: BaseException | None = None) -> None:
        self.fetched: list[str] = []
        self.is_closed = False
        self.is_full = threading.Event()
        self._until = until
        self._error = error

    def __iter__(self) -> Iterator[int]:
        try:
            for number in range(self._until):
                self.fetched.append(threading.current_thread().name)
                if len(self.fetched) > DEPTH:
                    self.is_full.set()
                yield number
            if self._error is not None:
                raise self._error
        finally:
            self.is_closed = True

    @property
    def is_read_ahead(self) -> bool:
        return threading.current_thread().name not in self.fetched[1:]
