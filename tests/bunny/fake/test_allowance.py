"""Buckets of tokens."""

from __future__ import annotations

import pytest

from buckia_bunny.testing import Allowance
from tests.bunny.fake.visiting import Clock


def taken(allowance: Allowance) -> int:
    """How many there are at this moment."""
    count = 0
    while not allowance.take():
        count += 1
    return count


def test_so_many_are_given_at_once_and_then_at_their_pace(clock: Clock) -> None:
    allowance = Allowance(3, 0.5, clock)
    assert taken(allowance) == 3
    assert allowance.take() == 2
    clock.now += 1
    assert allowance.take() == 1
    clock.now += 5
    assert taken(allowance) == 3


def test_no_more_than_the_burst_is_saved(clock: Clock) -> None:
    allowance = Allowance(3, 5.0, clock)
    clock.now += 1000
    assert taken(allowance) == 3


def test_who_waits_as_long_as_was_asked_gets_one(clock: Clock) -> None:
    allowance = Allowance(1, 0.3, clock)
    assert taken(allowance) == 1
    for _ in range(100):
        clock.now += allowance.take()
        assert taken(allowance) == 1


def test_a_clock_that_goes_back_gives_nothing(clock: Clock) -> None:
    allowance = Allowance(1, 1.0, clock)
    assert taken(allowance) == 1
    clock.now -= 10
    assert allowance.take() == 1
    clock.now += 1
    assert taken(allowance) == 1


def test_other_limits_begin_anew(clock: Clock) -> None:
    allowance = Allowance(1, 1.0, clock)
    assert taken(allowance) == 1
    allowance.change(burst=2, per_second=4)
    assert taken(allowance) == 2
    assert allowance.take() == 0.25
    allowance.change(burst=0, per_second=1)
    assert taken(allowance) == 0


@pytest.mark.parametrize(("burst", "per_second"), [(-1, 1.0), (1, 0.0), (1, -1.0)])
def test_limits_that_are_none_are_refused(clock: Clock, burst: int, per_second: float) -> None:
    with pytest.raises(ValueError, match="allowance"):
        Allowance(burst, per_second, clock)
