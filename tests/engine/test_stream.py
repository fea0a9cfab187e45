"""Many keys under way in one thread: what is written down when, and what becomes of an end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from buckia.engine.execute.doing import Doing, Note, Turn
from buckia.engine.execute.stream import ROOM, Stream
from buckia.errors import Interrupted, Unavailable
from buckia.model import Forgotten, Intent, SideName

WIDTH = 3
"""As many at a time are written down."""


class Log:
    """What was written down, and what was done."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.given: list[Doing[None]] = []
        self.failure: Exception | None = None

    def note(self, notes: Sequence[Note]) -> None:
        if self.failure is not None:
            raise self.failure
        self.lines += [_told(one) for one in notes]

    def doing(self, key: str, *, first: Turn | None = None) -> Doing[None]:
        """As a transfer goes: it is wished for, sent, waited for, and agreed."""
        try:
            if first is not None:
                yield first
            yield (_wish(key),)
            self.lines.append(f"{key} is sent")
            yield Turn.WAITING
            self.lines.append(f"{key} is heard")
            yield (Forgotten(key),)
            self.lines.append(f"{key} is done")
        except GeneratorExit:
            self.lines.append(f"{key} is given up")
            raise

    def stream(self) -> Stream:
        return Stream(WIDTH, note=self.note, give=self.given.append)

    def of(self, key: str) -> list[str]:
        return [line.removeprefix(f"{key} is ") for line in self.lines if line.startswith(key)]


def _wish(key: str) -> Intent:
    return Intent(key=key, side=SideName.RIGHT, digests="", origin="")


def _told(note: Note) -> str:
    assert isinstance(note, Intent | Forgotten)
    return f"{note.key} is {'wished' if isinstance(note, Intent) else 'agreed'}"


def stopped() -> Doing[None]:
    """Before anything is begun, somebody has asked to stop."""
    yield from ()
    raise Interrupted("interrupted")


@pytest.fixture
def log() -> Log:
    return Log()


ALL = ["wished", "sent", "heard", "agreed", "done"]


@pytest.mark.parametrize("count", [1, 2, 3, WIDTH, 3 * WIDTH + 1])
def test_what_is_asked_for_is_written_down_before_it_goes_on(log: Log, count: int) -> None:
    keys = [f"k{number:02}" for number in range(count)]
    with log.stream() as stream:
        for key in keys:
            stream.add(log.doing(key), 1)
    assert {key: log.of(key) for key in keys} == dict.fromkeys(keys, ALL)


def test_many_are_under_way_at_once(log: Log) -> None:
    with log.stream() as stream:
        for key in "abc":
            stream.add(log.doing(key), 1)
        assert [line for line in log.lines if line.endswith("sent")] == [
            f"{key} is sent" for key in "abc"
        ]
        assert not [line for line in log.lines if line.endswith("heard")]


def test_no_more_is_under_way_than_there_is_room_for(log: Log) -> None:
    with log.stream() as stream:
        stream.add(log.doing("a"), ROOM)
        stream.add(log.doing("b"), 1)
        assert log.of("a") == ALL
        assert log.of("b") == []


def test_what_takes_long_is_given_to_another_thread(log: Log) -> None:
    with log.stream() as stream:
        stream.add(log.doing("a", first=Turn.ALONE), 1)
        stream.add(log.doing("b"), 1)
    assert log.of("a") == []
    assert log.of("b") == ALL
    [given] = log.given
    given.close()


def test_who_is_stopped_begins_nothing_more(log: Log) -> None:
    """A wish that is not written down yet is none, and nothing follows from it."""
    with pytest.raises(Interrupted), log.stream() as stream:
        stream.add(log.doing("a"), 1)
        stream.add(stopped(), 1)
    assert log.of("a") == ["given up"]


def test_who_is_stopped_hears_what_was_sent_and_writes_down_what_has_happened(log: Log) -> None:
    with pytest.raises(Interrupted), log.stream() as stream:
        for key in "abcd":
            stream.add(log.doing(key), 1)
        stream.add(stopped(), 1)
    for key in "abc":
        assert log.of(key) == ALL
    assert log.of("d") == ["given up"]


def test_what_led_to_the_end_is_what_is_told(log: Log) -> None:
    with pytest.raises(Interrupted), log.stream() as stream:
        for key in "abc":
            stream.add(log.doing(key), 1)
        log.failure = Unavailable("the disk is full")
        raise Interrupted("interrupted")
    assert log.of("a") == ["wished", "sent", "heard", "given up"]


def test_after_an_end_that_nobody_foresaw_nothing_is_waited_for(log: Log) -> None:
    with pytest.raises(KeyboardInterrupt), log.stream() as stream:
        for key in "abc":
            stream.add(log.doing(key), 1)
        raise KeyboardInterrupt
    for key in "abc":
        assert log.of(key) == ["wished", "sent", "given up"]
