"""The small decisions: words, codes, names, amounts, moments."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.cli.amounts import duration, moment, moment_of_ns, number, several, size
from buckia.cli.codes import RANK, ExitCode, worst
from buckia.cli.moments import past
from buckia.cli.shown import padded, shown, shown_text, width
from buckia.cli.words import spread

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("sync --paths a b", "sync --paths=a --paths=b"),
        ("sync x --paths a b --dry-run", "sync x --paths=a --paths=b --dry-run"),
        ("sync --paths a --json b", "sync --paths=a --json b"),
        ("sync --paths=a b c", "sync --paths=a --paths=b --paths=c"),
        ("status --paths a -q b", "status --paths=a -q b"),
        ("sync --paths a -- x", "sync --paths=a -- x"),
        ("sync -- --paths a", "sync -- --paths a"),
        ("sync --paths", "sync --paths="),
        ("sync --paths --json", "sync --paths= --json"),
        ("sync --paths --paths a", "sync --paths= --paths=a"),
        ("sync --paths --paths", "sync --paths= --paths="),
        ("sync --paths a --paths b", "sync --paths=a --paths=b"),
        ("sync --paths - b", "sync --paths=- --paths=b"),
        ("ls --paths a b", "ls --paths a b"),
        ("", ""),
    ],
)
def test_the_option_paths_takes_every_word_up_to_the_next_option(typed: str, seen: str) -> None:
    assert spread(typed.split()) == seen.split()


def test_of_several_outcomes_the_one_that_matters_most_is_the_exit_code() -> None:
    order = [130, 2, 3, 4, 6, 7, 1, 5, 0]
    assert list(RANK) == order
    for one, other in itertools.combinations(order, 2):
        assert worst([other, one, other]) == one
    assert worst([]) == 0


def test_an_exit_code_that_nobody_knows_is_a_failure() -> None:
    assert worst([0, 77]) is ExitCode.FAILED


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("a b.txt", "a b.txt"),
        ("Ümläut/日本.png", "Ümläut/日本.png"),
        ("Screenshot 3.00\u202fPM.png", "Screenshot 3.00\u202fPM.png"),
        ("👩\u200d👧.png", "👩\u200d👧.png"),
        ("a\nb", "a\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\x7f", "a\\x7f"),
        ("\u009b31m", "\\x9b31m"),
        ("invoice\u202egnp.exe", "invoice\\u202egnp.exe"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("a\u2028b", "a\\u2028b"),
        ("\udcff", "\\udcff"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
    ],
)
def test_a_name_is_shown_without_what_moves_the_cursor_or_reorders_letters(
    name: str, seen: str
) -> None:
    assert shown(name) == seen


@given(st.text())
def test_whatever_a_name_holds_it_is_shown_on_one_line_that_can_be_written(name: str) -> None:
    line = shown(name)
    assert len(line.splitlines()) <= 1
    line.encode()


def test_a_message_keeps_its_own_lines() -> None:
    assert shown_text("one\ntwo\x1b") == "one\ntwo\\x1b"


def test_columns_are_counted_as_a_terminal_does() -> None:
    assert width("abc") == 3
    assert width("日本") == 4
    assert width("e\u0301") == 1
    assert padded("日", 4) == "日  "


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1024 * 1024 - 1, "1.0 MiB"),
        (5 << 30, "5.0 GiB"),
        (3 << 50, "3.0 PiB"),
        (5000 << 50, "5000.0 PiB"),
    ],
)
def test_sizes_are_short(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (0.84, "0.8 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (61, "1 min 1 s"),
        (3661, "1 h 1 min"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_numbers_and_plurals() -> None:
    assert number(1234567) == "1,234,567"
    assert several(1, "file") == "1 file"
    assert several(0, "file") == "0 files"
    assert several(1200, "entry", "entries") == "1,200 entries"


@pytest.mark.usefixtures("at_utc")
def test_times_are_those_of_the_clock_on_the_wall() -> None:
    assert moment(NOW) == "2026-03-01 12:00:00"
    assert moment_of_ns(int(NOW.timestamp()) * 10**9) == "2026-03-01 12:00:00"


def test_a_time_that_no_calendar_has_is_still_shown() -> None:
    assert moment_of_ns(10**30).endswith("s since 1970")


@pytest.mark.usefixtures("at_utc")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("20260131", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31 18:30", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
        ("2026-01-31T18:30+02:00", datetime(2026, 1, 31, 16, 30, tzinfo=UTC)),
        ("2h", NOW - timedelta(hours=2)),
        ("3d", NOW - timedelta(days=3)),
        ("1h30m", NOW - timedelta(minutes=90)),
        ("2 hours ago", NOW - timedelta(hours=2)),
        ("2h ago", NOW - timedelta(hours=2)),
        ("an hour ago", NOW - timedelta(hours=1)),
        ("a week ago", NOW - timedelta(days=7)),
        ("10 Minutes Ago", NOW - timedelta(minutes=10)),
        ("1 day", NOW - timedelta(days=1)),
    ],
)
def test_a_moment_in_the_past_is_a_date_a_time_or_how_long_ago(text: str, found: datetime) -> None:
    assert past(text, NOW) == found


@pytest.mark.parametrize(
    "text", ["", "ago", "12", "soon", "2 moons ago", "99999999w", "2026-13-01", "999999 weeks ago "]
)
def test_what_is_no_moment_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="2026-01-31"):
        past(text, NOW)


def test_a_moment_in_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match="future"):
        past("2027-01-01", NOW)
