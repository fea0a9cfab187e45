"""Streams: fetched when they are asked for, and ahead where that would be waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from buckia.engine import waiting
from buckia.engine.ahead import DEPTH, OnDemand
from buckia.engine.waiting import Waiting
from buckia.errors import Unavailable
from tests.engine.passing import passing


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


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Each piece of work takes so long, and so much of it is work."""

    def take(seconds: float, worked: float) -> None:
        clocks = {"perf_counter": passing(seconds), "thread_time": passing(worked)}
        monkeypatch.setattr(waiting, "time", SimpleNamespace(**clocks))

    return take


@pytest.fixture(params=["quick", "slow"])
def pace(request: pytest.FixtureRequest, clocks: Callable[[float, float], None]) -> str:
    clocks(*{"quick": (0.03, 0.03), "slow": (0.03, 0.001)}[request.param])
    return str(request.param)


def test_all_items_come_in_order_and_then_no_more(pace: str) -> None:
    items = Items(30)
    stream = OnDemand(iter(items))
    assert list(stream) == list(range(30))
    assert next(stream, None) is None
    assert items.is_read_ahead is (pace == "slow")
    assert items.is_closed


def test_a_quick_stream_is_never_ahead(clocks: Callable[[float, float], None]) -> None:
    clocks(0.03, 0.03)
    items = Items(30)
    stream = OnDemand(iter(items))
    for number in range(30):
        assert next(stream) == number
        assert len(items.fetched) == number + 1


def test_a_slow_one_is_ahead_from_the_second_item_on(
    clocks: Callable[[float, float], None],
) -> None:
    clocks(0.03, 0.001)
    items = Items(30)
    stream = OnDemand(iter(items))
    assert next(stream) == 0
    assert items.is_full.wait(60)
    stream.close()


def test_what_a_stream_raises_is_raised_in_its_place(pace: str) -> None:
    stream = OnDemand(iter(Items(3, Unavailable("the line is down"))))
    assert [next(stream) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Unavailable, match="the line is down"):
        next(stream)
    assert next(stream, None) is None


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_a_stream_may_be_closed_early_and_again(pace: str, taken: int) -> None:
    items = Items(30)
    stream = OnDemand(iter(items))
    assert [next(stream) for _ in range(taken)] == list(range(taken))
    stream.close()
    stream.close()
    # One that never began has nothing to close.
    assert items.is_closed or not items.fetched
    assert len(items.fetched) <= taken + DEPTH + 2


@pytest.mark.parametrize(
    ("seconds", "worked", "is_most"),
    [(0.3, 0.3, False), (0.3, 0.15, False), (0.3, 0.1, True), (0.03, 0.001, False)],
    ids=["work", "as long", "longer", "not long in all"],
)
def test_waiting_is_what_comes_to_much_and_is_more_than_the_work(
    clocks: Callable[[float, float], None], seconds: float, worked: float, is_most: bool
) -> None:
    clocks(seconds, worked)
    found = Waiting(seconds=0.1, often=1)
    assert not found.is_most
    for _ in range(3):
        with found:
            pass
    assert found.is_most is is_most


def test_work_that_fails_counts(clocks: Callable[[float, float], None]) -> None:
    clocks(0.3, 0.05)
    found = Waiting(seconds=0.1, often=1)
    with pytest.raises(KeyError), found:
        raise KeyError
    assert found.is_most
