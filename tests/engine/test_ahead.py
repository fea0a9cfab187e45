"""Streams: fetched when they are asked for, and ahead where that would be waiting."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.engine.ahead import DEPTH, OnDemand
from buckia.engine.waiting import Waiting
from buckia.errors import Unavailable
from tests.engine.items import Items


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
