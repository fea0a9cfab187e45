"""Small files that one thread sends and large ones that have a thread each share `max_workers`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from buckia.engine.execute import desk, execution
from buckia.engine.execute.pool import Pool
from buckia.protocols import Body, Entry, Expected
from buckia.stores.memory import MemoryStore
from tests.engine.bench import Bench

Made = Callable[..., Bench]
PATIENCE = 30
"""Seconds after which a crowd that never comes is a failure; nobody waits for so long."""
SMALL, LARGE = "few", "many more bytes"


class Crowd(MemoryStore):
    """Knows how many requests it has at once; large ones wait until there are `most`."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.largest = 0
        self.smalls = 0
        """The same, of small ones alone."""
        self._most = most
        self._now = self._small_now = 0
        self._has_come = threading.Event()
        self._counting = threading.Lock()

    def count(self, more: int, *, is_small: bool = False) -> None:
        with self._counting:
            self._now += more
            self._small_now += more if is_small else 0
            self.largest = max(self.largest, self._now)
            self.smalls = max(self.smalls, self._small_now)
            if self._now >= self._most:
                self._has_come.set()

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        return Counted(self, super().begin_write(key, body, expect=expect))

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        if body.size == len(SMALL):
            # It is counted from its beginning to its end, which is longer.
            return super().write_if(key, body, expect=expect)
        self.count(1)
        try:
            assert self._has_come.wait(PATIENCE)
            return super().write_if(key, body, expect=expect)
        finally:
            self.count(-1)


class Counted:
    """A request that counts until it is over."""

    def __init__(self, crowd: Crowd, begun: Any) -> None:
        self._crowd, self._begun = crowd, begun
        crowd.count(1, is_small=True)

    def end(self) -> Any:
        try:
            return self._begun.end()
        finally:
            self._crowd.count(-1, is_small=True)

    def close(self) -> None:
        self._crowd.count(-1, is_small=True)
        self._begun.close()


@pytest.mark.parametrize("larges", [0, 1, 2, 3])
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_both_together_are_as_many_as_configured_and_no_more(
    made: Made, monkeypatch: pytest.MonkeyPatch, workers: int, larges: int
) -> None:
    monkeypatch.setattr(desk, "QUICK", len(SMALL))
    crowd = Crowd(workers)
    bench = made(crowd)
    for number in range(48):
        bench.put_here(f"{number:02}", LARGE if number % 12 < larges else SMALL)
    assert bench.sync(max_workers=workers).uploaded == 48
    assert crowd.largest == workers


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_what_large_ones_have_left_is_there_for_small_ones(
    made: Made, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setattr(desk, "QUICK", len(SMALL))
    pools: list[Pool] = []

    class Seen(Pool):
        def __init__(self, workers: int) -> None:
            super().__init__(workers)
            pools.append(self)

    class Patient(Crowd):
        """No small one begins before all large ones are over."""

        def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
            pools[-1].wait_below(1)
            return super().begin_write(key, body, expect=expect)

    monkeypatch.setattr(execution, "Pool", Seen)
    crowd = Patient(1)
    bench = made(crowd)
    for number in range(24):
        bench.put_here(f"{number:02}", LARGE if number < workers else SMALL)
    assert bench.sync(max_workers=workers).uploaded == 24
    assert crowd.smalls == workers
