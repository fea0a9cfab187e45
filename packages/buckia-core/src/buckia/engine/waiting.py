"""Whether work that one thread does again and again is mostly waiting for something slow."""

from __future__ import annotations

import time


class Waiting:
    """To be used around each piece of the work.

    On a machine that has much else to do, as long as the work itself takes is not yet waiting:
    more than `often` times as long is, once it comes to more than `seconds` in all.
    """

    def __init__(self, *, seconds: float, often: float) -> None:
        self._seconds = seconds
        self._often = often
        self._waited = self._worked = 0.0
        self._began = (0.0, 0.0)

    @property
    def is_most(self) -> bool:
        return self._waited > self._seconds + self._often * self._worked

    def __enter__(self) -> None:
        self._began = (time.perf_counter(), time.thread_time())

    def __exit__(self, *_how: object) -> None:
        began, worked = self._began
        worked = time.thread_time() - worked
        self._worked += worked
        self._waited += time.perf_counter() - began - worked
