"""How often a token may ask: so many times in each window of time."""

from __future__ import annotations

import math
from collections.abc import Callable
from threading import Lock

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of one token in one window."""

    lists: int = 200
    """Of those that ask for a page of a collection."""
    others: int = 1600
    seconds: float = 60.0
    """How long a window is; it begins with the first request in it."""

    def __post_init__(self) -> None:
        if self.lists < 0 or self.others < 0 or self.seconds <= 0:
            raise ValueError("limits are nothing or more, and a window has a length")


class _Window(msgspec.Struct, kw_only=True):
    begin: float
    count: int = 0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a request finds its window."""

    limit: int
    remaining: int
    reset: int
    """Unix time: when the next window may begin."""
    wait: int
    """Seconds until then for a request that is one too many; for all others 0."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        told = (
            ("X-RateLimit-Limit", str(self.limit)),
            ("X-RateLimit-Remaining", str(self.remaining)),
            ("X-RateLimit-Reset", str(self.reset)),
        )
        return (*told, ("Retry-After", str(self.wait))) if self.wait else told


class Windows:
    """Counts the requests of all tokens. May be used from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._limits = Limits()
        self._windows: dict[tuple[str, bool], _Window] = {}

    @property
    def limits(self) -> Limits:
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        with self._lock:
            self._limits = limits
            self._windows.clear()

    def take(self, token: str, *, lists: bool) -> Standing:
        """Count one request, if there is room for it."""
        with self._lock:
            now = self._clock()
            limit = self._limits.lists if lists else self._limits.others
            window = self._windows.get((token, lists))
            # A clock of a test may go back; then there was no such window yet.
            if window is None or not 0 <= now - window.begin < self._limits.seconds:
                window = self._windows[token, lists] = _Window(begin=now)
            reset = math.ceil(window.begin + self._limits.seconds)
            is_too_many = window.count >= limit
            window.count += not is_too_many
            return Standing(
                limit=limit,
                remaining=limit - window.count,
                reset=reset,
                wait=max(math.ceil(reset - now), 1) if is_too_many else 0,
            )
