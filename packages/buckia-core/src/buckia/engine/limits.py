"""How requests are made: tried again after failures, spread over time, stopped when asked to."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import TypeVar

from buckia.errors import Corrupted, Interrupted, Unavailable
from buckia.events import Retrying, Tell, silence

R = TypeVar("R")
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


class Stop:
    """Somebody's wish to end the run. Waits for it can be interrupted by it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ask(self) -> None:
        self._event.set()

    @property
    def asked(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        if self._event.is_set():
            raise Interrupted("interrupted", hint="run again: what was done is recorded")

    def wait(self, seconds: float) -> None:
        """Sleep, unless somebody asks to stop meanwhile."""
        if self._event.wait(max(0.0, seconds)):
            self.check()


class Pace:
    """Spreads units (requests, bytes) evenly: each taker waits until its share of time has come."""

    def __init__(self, rate: Callable[[], float | None], stop: Stop) -> None:
        self._rate = rate
        self._stop = stop
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, units: float) -> None:
        rate = self._rate()
        if rate is None:
            return
        with self._lock:
            now = time.monotonic()
            # What was not used in a quiet second may be used now, but no more than that.
            begin = max(self._free_at, now - 1.0)
            self._free_at = begin + units / rate
            pause = self._free_at - now
        if pause > 0:
            self._stop.wait(pause)


class Limits:
    """The settings by which every request of a run is made."""

    def __init__(
        self,
        *,
        retries: int = 5,
        requests_per_second: float | None = None,
        bandwidth: Callable[[], float | None] = lambda: None,
        stop: Stop | None = None,
        tell: Tell = silence,
        bucket: str = "",
    ) -> None:
        self.stop = stop or Stop()
        self._tries = max(1, retries)
        self._tell = tell
        self._bucket = bucket
        self._requests = Pace(lambda: requests_per_second, self.stop)
        self._bytes = Pace(bandwidth, self.stop)

    @cached_property
    def once(self) -> Limits:
        """The same limits without a second try, for what is itself a part of some call's tries."""
        single = copy(self)
        single._tries = 1  # noqa: SLF001 - of its own kind
        return single

    def count(self) -> None:
        """Take the time that one more request is due, where a call makes several."""
        self._requests.take(1)

    def begin(self) -> None:
        """Before a request is sent whose answer is waited for later."""
        self.stop.check()
        self._requests.take(1)

    def call(self, request: Callable[[], R], *, key: str = "") -> R:
        """Make a request; what may pass is tried again, what is refused is not."""
        return self.call_counted(lambda _attempt: request(), key=key)

    def call_counted(
        self,
        request: Callable[[int], R],
        *,
        key: str = "",
        is_begun: bool = False,
        after: Unavailable | Corrupted | None = None,
    ) -> R:
        """Like `call`; the request is told how many tries went before it.

        With `is_begun` the first was sent before, and all that is left to do is to hear it; with
        `after` it was heard, too, and failed like this.
        """
        if after is not None:
            if self._tries == 1:
                raise after
            self._pause(0, after, key)
        for attempt in range(1 if after is not None else 0, self._tries):
            if attempt or not is_begun:
                self.begin()
            try:
                return request(attempt)
            except (Unavailable, Corrupted) as error:
                if attempt + 1 == self._tries:
                    raise
                self._pause(attempt, error, key)
        raise AssertionError("the last try returns or raises")

    def _pause(self, attempt: int, error: Unavailable | Corrupted, key: str) -> None:
        ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)
        seconds = random.uniform(0, ceiling)  # noqa: S311 - jitter, not a secret
        if isinstance(error, Unavailable) and error.wait is not None:
            seconds = max(seconds, error.wait)
        self._tell(
            Retrying(
                bucket=self._bucket,
                path=key,
                attempt=attempt + 1,
                seconds=seconds,
                message=error.message,
            )
        )
        self.stop.wait(seconds)

    def moved(self, count: int) -> None:
        """Bytes go through: wait where the bandwidth is limited, end where a stop is asked for."""
        self.stop.check()
        if count > 0:
            self._bytes.take(count)
