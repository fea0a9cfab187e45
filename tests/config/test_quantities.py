from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.config import quantities
from buckia.config.quantities import Bandwidth, DeleteLimit, Slot

BYTES = st.integers(0, quantities.LARGEST)
RATES = st.none() | st.integers(1, quantities.LARGEST)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("4096", 4096),
        (4096, 4096),
        (1e3, 1000),
        ("7B", 7),
        ("10MiB", 10 << 20),
        ("10 MiB", 10 << 20),
        ("10MB", 10_000_000),
        ("1kB", 1000),
        ("1KB", 1000),
        ("1.5GiB", 3 << 29),
        ("0.1B", 0),
        ("2TB", 2 * 10**12),
        ("3TiB", 3 << 40),
    ],
)
def test_a_size_is_bytes(text: str | float, count: int) -> None:
    assert quantities.size(text) == count


@pytest.mark.parametrize(
    "text", ["", "x", "-1", -1, 1.5, True, "10M", "10mb", "1 0", "1e3", "٣", float("nan"), 10**19]
)
def test_what_is_no_size_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError, match="expected a size such as 10MiB or 4096"):
        quantities.size(text)


def test_an_ambiguous_unit_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r'found the unit "M" \(units are TiB, .*, kB, B\)'):
        quantities.size("10M")


@given(BYTES)
def test_a_size_survives_being_written(count: int) -> None:
    assert quantities.size(quantities.size_text(count)) == count


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("2d", 172_800),
        ("1w1d", 691_200),
        ("250ms", 0.25),
        ("1.5h", 5400),
        ("60", 60),
        ("0.5", 0.5),
        (7, 7),
        (0.25, 0.25),
        ("1m1ms", 60.001),
    ],
)
def test_a_duration_is_seconds(text: str | float, seconds: float) -> None:
    assert quantities.duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "s", "5x", "1m1h", "1h1h", "1h 30m", "-5s", -5, True, float("inf"), float("nan"), "1h30"],
)
def test_what_is_no_duration_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 90s, 5m or 1h30m"):
        quantities.duration(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("10MiB/s", 10 << 20), ("1 kB/s", 1000), ("512", 512), (512, 512), ("off", None)],
)
def test_a_rate_is_bytes_a_second(text: str | float, rate: int | None) -> None:
    assert quantities.rate(text) == rate


@pytest.mark.parametrize("text", ["10MiB", "10MiB/m", "fast", "", True, -1, 0.5, "Off"])
def test_what_is_no_rate_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError, match="expected a rate such as 10MiB/s"):
        quantities.rate(text)


@pytest.mark.parametrize("text", ["0", 0, "0MiB/s", "08:00 0, 09:00 off"])
def test_a_rate_of_nothing_is_not_taken_for_no_limit(text: str | float) -> None:
    with pytest.raises(ValueError, match="would never come to an end"):
        quantities.bandwidth(text)


@given(RATES)
def test_a_rate_survives_being_written(rate: int | None) -> None:
    assert quantities.rate(quantities.rate_text(rate)) == rate


def test_a_timetable_holds_from_each_time_to_the_next_and_round_midnight() -> None:
    limit = quantities.bandwidth("19:00 off, 8:00 1MiB/s")
    assert limit == Bandwidth((Slot(480, 1 << 20), Slot(1140, None)))
    times = {time(8): 1 << 20, time(18, 59, 59): 1 << 20, time(19): None, time(7, 59): None}
    assert {moment: limit.at(moment) for moment in times} == times


def test_a_plain_rate_and_a_single_slot_hold_all_day() -> None:
    for text in ("5kB/s", "12:00 5kB/s"):
        assert {quantities.bandwidth(text).at(time(hour)) for hour in range(24)} == {5000}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("08:00", "expected a timetable such as"),
        ("08:00 1MiB/s,", "expected a timetable such as"),
        ("24:00 off, 01:00 1MiB/s", "24:00 is no time of the day"),
        ("12:60 off", "12:60 is no time of the day"),
        ("08:00 off, 8:00 1MiB/s", "the timetable has two rates for 08:00"),
        ("08:00 fast", "expected a rate such as"),
    ],
)
def test_what_is_no_timetable_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quantities.bandwidth(text)


@given(st.dictionaries(st.integers(0, 1439), RATES, min_size=2, max_size=6))
def test_a_timetable_survives_being_written(rates: dict[int, int | None]) -> None:
    limit = Bandwidth(tuple(Slot(minute, rates[minute]) for minute in sorted(rates)))
    assert quantities.bandwidth(str(limit)) == limit


@given(RATES)
def test_a_plain_limit_survives_being_written(rate: int | None) -> None:
    limit = Bandwidth((Slot(0, rate),))
    assert quantities.bandwidth(str(limit)) == limit


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (0, DeleteLimit(count=0)),
        ("100", DeleteLimit(count=100)),
        ("25%", DeleteLimit(percent=25)),
        ("12.5 %", DeleteLimit(percent=12.5)),
        ("0%", DeleteLimit(percent=0)),
        ("100%", DeleteLimit(percent=100)),
    ],
)
def test_a_delete_limit_is_a_number_or_a_share(text: int | str, limit: DeleteLimit) -> None:
    assert quantities.delete_limit(text) == limit


@pytest.mark.parametrize("text", ["101%", "-1", -1, True, "many", "", "1.5", 1.5, "%"])
def test_what_is_no_delete_limit_is_refused(text: int | str) -> None:
    with pytest.raises(ValueError, match="expected"):
        quantities.delete_limit(text)


@given(
    st.integers(0, 10**12).map(lambda count: DeleteLimit(count=count))
    | st.integers(0, 10**6).map(lambda n: DeleteLimit(percent=n / 10_000))
)
def test_a_delete_limit_survives_being_written(limit: DeleteLimit) -> None:
    assert quantities.delete_limit(str(limit)) == limit
