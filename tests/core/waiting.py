"""Time that passes only when somebody waits for it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from buckia.engine import limits
from buckia.engine.limits import Stop


class Clock:
    """A monotonic clock that stands still unless it is pushed."""

    def __init__(self, now: float = 5000.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the limits, and nobody else, go by this clock."""
        monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=self.monotonic))


class Waiting(Stop):
    """Waits at once, and remembers for how long; `ask_after` waits it asks itself to stop."""

    def __init__(self, clock: Clock | None = None, *, ask_after: int | None = None) -> None:
        super().__init__()
        self.clock = clock
        self.waits: list[float] = []
        self._ask_after = ask_after

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) == self._ask_after:
            self.ask()
        self.check()
        if self.clock is not None:
            self.clock.now += seconds
