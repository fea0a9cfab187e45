"""How many requests of one kind the account takes: so many at once, and so many per second."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

_ONE = 1 - 1e-6
"""Who waited as long as was asked for gets one, however clocks and their sums are rounded."""


class Allowance:
    """A bucket of tokens that fills up again with time. May be used from any thread."""

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self.change(burst, per_second)

    def change(self, burst: int, per_second: float) -> None:
        """From now on these limits, with as much left as they allow at once."""
        if burst < 0 or per_second <= 0:
            raise ValueError("an allowance is nothing or more, and comes back")
        with self._lock:
            self._burst, self._per_second = burst, per_second
            self._left, self._seen = float(burst), self._clock()

    def take(self) -> float:
        """Use one and answer 0; or leave it, and answer in how many seconds there will be one."""
        with self._lock:
            now = self._clock()
            # Clocks of tests stand still or go back.
            passed, self._seen = max(now - self._seen, 0.0), now
            self._left = min(self._left + passed * self._per_second, self._burst)
            if self._left < _ONE:
                return (1 - self._left) / self._per_second
            self._left -= 1
            return 0.0
