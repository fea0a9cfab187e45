"""Small files are read by one thread, and by many only where reading is waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from buckia.engine import prove
from buckia.engine.side import Side
from buckia.model import SideName
from tests.engine.bench import Bench

Made = Callable[..., Bench]
KEYS = [f"folder {number % 3}/{number:02}" for number in range(24)]


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that read files here, one for each file."""
    found: list[str] = []
    real = Side.digests

    def digests(self: Side, *given: Any) -> Any:
        if self.name is SideName.LEFT:
            found.append(threading.current_thread().name)
        return real(self, *given)

    monkeypatch.setattr(Side, "digests", digests)
    return found


def equal(made: Made, size: int = 3) -> Bench:
    bench = made()
    for key in KEYS:
        data = key.encode() * size
        bench.put_here(key, data)
        bench.put_there(key, data)
    return bench


def adopts(bench: Bench) -> None:
    result = bench.sync()
    assert (result.uploaded, result.downloaded, result.conflicts) == (0, 0, ())
    assert len(bench.rows()) == len(KEYS)


def passing(seconds: float) -> Callable[[], float]:
    """A clock on which so much time passes from look to look."""
    looks = count()
    return lambda: next(looks) * seconds


def test_small_files_are_read_by_the_thread_that_has_listed_them(
    made: Made, readers: list[str]
) -> None:
    adopts(equal(made))
    assert readers == [threading.current_thread().name] * len(KEYS)


def test_larger_ones_are_read_by_many(
    made: Made, monkeypatch: pytest.MonkeyPatch, readers: list[str]
) -> None:
    monkeypatch.setattr(prove, "_SMALL", 8)
    adopts(equal(made))
    assert len(readers) == len(KEYS)
    assert all(name.startswith("buckia-prove") for name in readers)


@pytest.mark.parametrize(("waiting", "is_patient"), [(0.01, True), (0.2, False)])
def test_where_reading_is_waiting_many_read_at_once(
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    readers: list[str],
    waiting: float,
    is_patient: bool,
) -> None:
    """As from a disk on the other side of a network."""
    clocks = {"perf_counter": passing(waiting), "thread_time": passing(0.001)}
    monkeypatch.setattr(prove, "time", SimpleNamespace(**clocks))
    adopts(equal(made))
    mine = [name for name in readers if not name.startswith("buckia-prove")]
    assert len(readers) == len(KEYS)
    assert (len(mine) == len(KEYS)) is is_patient
    assert mine


def test_on_a_busy_machine_waiting_is_not_the_disk(
    made: Made, monkeypatch: pytest.MonkeyPatch, readers: list[str]
) -> None:
    clocks = {"perf_counter": passing(0.2), "thread_time": passing(0.05)}
    monkeypatch.setattr(prove, "time", SimpleNamespace(**clocks))
    adopts(equal(made))
    assert readers == [threading.current_thread().name] * len(KEYS)


def test_a_file_that_is_read_here_and_still_proves_nothing_is_read_once(
    made: Made, readers: list[str]
) -> None:
    """What is there is other than what is here; that takes a look at the bucket, too."""
    bench = equal(made)
    for key in KEYS:
        bench.put_there(key, key[::-1].encode() * 3)
    bench.sync(conflict_resolution="ask")
    assert len(readers) == len(KEYS)
