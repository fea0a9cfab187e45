"""What a doing waits for, said by itself: an answer, or somebody with more time."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from buckia.engine.execute.doing import Doing, Settle, Turn, settled, waited
from buckia.engine.execute.execution import Execution
from buckia.engine.first import First
from buckia.errors import (
    AccessDenied,
    Corrupted,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.stores.local import LocalStore
from tests.core.begun import Asked
from tests.engine.doings import Killed, row


def test_what_can_only_be_waited_for_is_left_to_a_thread_of_its_own() -> None:
    assert list(waited(None)) == [Turn.ALONE]


def test_an_answer_is_waited_for_only_when_it_is_needed() -> None:
    asked = Asked("the answer")
    first = First(asked)
    waiting = waited(first)
    assert next(waiting) is Turn.WAITING
    assert asked.ended == 0
    assert list(waiting) == []
    assert asked.ended == 1
    assert first.take() == "the answer"


@pytest.mark.parametrize("error", [Unavailable("no answer"), Corrupted("cut short")])
def test_what_asks_for_a_second_try_is_for_somebody_with_more_time(error: StorageError) -> None:
    assert list(waited(First(Asked[str](error)))) == [Turn.WAITING, Turn.ALONE]


@pytest.mark.parametrize(
    "error",
    [NotFound("none", key="k"), VersionMismatch("another"), AccessDenied("no"), StorageError("x")],
)
def test_a_refusal_is_an_answer(error: StorageError) -> None:
    first = First(Asked[str](error))
    assert list(waited(first)) == [Turn.WAITING]
    with pytest.raises(type(error)) as raised:
        first.take()
    assert raised.value is error


def test_who_is_closed_while_the_answer_is_on_its_way_gives_it_up() -> None:
    asked = Asked("the answer")
    waiting = waited(First(asked))
    next(waiting)
    waiting.close()
    assert (asked.ended, asked.closed) == (0, 1)


def test_a_store_is_settled_where_there_is_one(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, tag="me")
    assert settled(None) == ()
    assert settled(store) == (Settle(store),)


def test_what_could_not_be_written_down_is_given_up_at_once() -> None:
    """Its error is kept until the run ends, and all that it held on to with it."""
    events: list[str] = []

    def doing() -> Doing[None]:
        try:
            yield row("a")
        finally:
            events.append("given up")

    def note(_notes: object) -> None:
        raise Killed

    execution: Any = SimpleNamespace(_desk=SimpleNamespace(note=note))
    with pytest.raises(Killed) as raised:
        Execution._do(execution, doing())
    assert events == ["given up"], raised
