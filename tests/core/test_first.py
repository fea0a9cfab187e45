"""The first try of a request: waited for once, then taken, or closed by whoever gives it up."""

from __future__ import annotations

import pytest

from buckia.body import ChunkReading
from buckia.engine.first import First
from buckia.errors import (
    AccessDenied,
    Corrupted,
    InvalidKey,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.model import BasicEntry
from tests.core.begun import Asked

ENTRY = BasicEntry(key="k", size=1, version="v")


class Killed(BaseException):
    """As if the process ended here."""


def reading(closed: list[str]) -> ChunkReading:
    return ChunkReading(ENTRY, [b"x"], lambda: closed.append("closed"))


def test_nobody_waits_before_it_is_said() -> None:
    asked = Asked(ENTRY)
    first = First(asked)
    assert asked.ended == 0
    assert first.wait()
    assert asked.ended == 1


def test_the_answer_is_taken_without_waiting_again() -> None:
    asked = Asked(ENTRY)
    first = First(asked)
    first.wait()
    assert first.take() is ENTRY
    assert asked.ended == 1


@pytest.mark.parametrize(
    "error",
    [
        NotFound("none", key="k"),
        NotFound("no bucket"),
        VersionMismatch("another"),
        AccessDenied("refused"),
        InvalidKey("odd"),
        StorageError("malformed"),
    ],
)
def test_a_refusal_is_an_answer_and_is_raised_when_it_is_taken(error: StorageError) -> None:
    first = First(Asked[BasicEntry](error))
    assert first.wait()
    with pytest.raises(type(error)) as raised:
        first.take()
    assert raised.value is error


@pytest.mark.parametrize("error", [Unavailable("no answer", wait=60), Corrupted("cut short")])
def test_what_asks_for_a_second_try_says_so_and_is_raised_when_it_is_taken(
    error: StorageError,
) -> None:
    first = First(Asked[BasicEntry](error))
    assert not first.wait()
    with pytest.raises(type(error)) as raised:
        first.take()
    assert raised.value is error


def test_what_is_no_answer_at_all_goes_its_way() -> None:
    class Dies(Asked[str]):
        def end(self) -> str:
            raise Killed

    with pytest.raises(Killed):
        First(Dies("never")).wait()


# Closing.


def test_who_does_not_wait_for_it_gives_it_up() -> None:
    asked = Asked(ENTRY)
    First(asked).close()
    assert (asked.ended, asked.closed) == (0, 1)


def test_an_answer_that_nobody_took_is_closed_for_its_connection() -> None:
    closed: list[str] = []
    first = First(Asked(reading(closed)))
    first.wait()
    assert closed == []
    first.close()
    assert closed == ["closed"]


def test_an_answer_that_was_taken_is_closed_by_whoever_took_it() -> None:
    closed: list[str] = []
    first = First(Asked(reading(closed)))
    first.wait()
    taken = first.take()
    first.close()
    assert closed == []
    assert taken.read() == b"x"


@pytest.mark.parametrize("answer", [ENTRY, Unavailable("no answer"), NotFound("none")])
def test_what_holds_on_to_nothing_may_be_closed_too(answer: BasicEntry | StorageError) -> None:
    asked = Asked(answer)
    first = First(asked)
    first.wait()
    first.close()
    first.close()
    assert asked.closed == 2
