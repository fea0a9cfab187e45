"""Several streams as one: read in turn, and at once where that would be waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from buckia.engine.abreast import WIDTH, abreast
from buckia.errors import Unavailable
from tests.engine.items import Items

Clocks = Callable[[float, float], None]
ME = threading.current_thread().name


def streams(count: int, until: int = 5) -> list[Items]:
    return [Items(until) for _ in range(count)]


def test_all_items_come_in_order_and_each_stream_is_closed(pace: str) -> None:
    several = streams(7)
    assert list(abreast(iter(one) for one in several)) == [*range(5)] * 7
    assert all(one.is_closed for one in several)
    assert any(ME not in one.fetched for one in several) is (pace == "slow")


def test_of_quick_streams_none_is_begun_before_its_turn(clocks: Clocks) -> None:
    clocks(0.03, 0.03)
    several = streams(3)
    read = abreast(iter(one) for one in several)
    for number in range(15):
        assert next(read) == number % 5
        begun = [one for one in several if one.fetched]
        assert len(begun) == number // 5 + 1
    assert all({*one.fetched} == {ME} for one in several)


def test_slow_ones_are_read_at_once_from_the_second_item_on(clocks: Clocks) -> None:
    clocks(0.03, 0.001)
    several = streams(WIDTH + 1, until=100)
    read = abreast(iter(one) for one in several)
    assert next(read) == 0
    assert not several[1].fetched
    assert next(read) == 1
    for one in several[:WIDTH]:
        assert one.is_full.wait(10)
    assert several[0].fetched[0] == ME
    assert ME not in several[0].fetched[1:]
    assert not several[WIDTH].fetched
    read.close()  # type: ignore[attr-defined]  # it is a generator
    assert all(one.is_closed for one in several[:WIDTH])


def test_what_a_stream_raises_is_raised_in_its_place(pace: str) -> None:
    assert pace
    error = Unavailable("gone", wait=None)
    before, broken, behind = Items(3), Items(2, error), Items(3)
    found: list[int] = []
    with pytest.raises(Unavailable) as raised:
        for item in abreast(iter(one) for one in (before, broken, behind)):
            found.append(item)  # noqa: PERF402 - what came before the error counts
    assert raised.value is error
    assert found == [0, 1, 2, 0, 1]
    assert before.is_closed
    assert broken.is_closed


def test_who_needs_no_more_leaves_nothing_open(pace: str) -> None:
    assert pace
    several = streams(3)
    read: Iterator[int] = abreast(iter(one) for one in several)
    assert [next(read) for _ in range(7)] == [*range(5), 0, 1]
    read.close()  # type: ignore[attr-defined]  # it is a generator
    assert all(one.is_closed for one in several if one.fetched)
