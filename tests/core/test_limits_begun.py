"""A request that was begun is counted when it is begun, and every try after it as ever."""

from __future__ import annotations

import pytest

from buckia.engine.limits import Limits
from buckia.engine.seen import sent
from buckia.errors import (
    Interrupted,
    NotFound,
    Overtaken,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from tests.core.begun import shares
from tests.core.waiting import Waiting

DOWN = Unavailable("no answer")


def counted(stop: Waiting) -> tuple[Limits, list[float]]:
    limits = Limits(stop=stop, retries=3)
    return limits, shares(limits)


@pytest.mark.parametrize(
    ("fails", "is_begun", "asked"), [(0, True, 0), (0, False, 1), (2, True, 2)]
)
def test_only_what_was_not_begun_is_asked_for(fails: int, is_begun: bool, asked: int) -> None:
    limits, taken = counted(Waiting())
    attempts: list[int] = []

    def request(attempt: int) -> str:
        attempts.append(attempt)
        if attempt < fails:
            raise DOWN
        return "the answer"

    assert limits.call_counted(request, is_begun=is_begun) == "the answer"
    assert attempts == list(range(fails + 1))
    assert len(taken) == asked


def test_beginning_takes_one_share_of_time_and_ends_when_somebody_wants_to_stop() -> None:
    stop = Waiting()
    limits, taken = counted(stop)
    limits.begin()
    assert taken == [1]
    stop.ask()
    with pytest.raises(Interrupted):
        limits.begin()
    assert taken == [1]


@pytest.mark.parametrize("error", [NotFound("no bucket"), StorageError("odd")])
def test_only_what_concerns_a_key_says_that_it_was_overtaken(error: StorageError) -> None:
    with pytest.raises(StorageError) as raised, sent():
        raise error
    assert raised.value is error


@pytest.mark.parametrize("error", [NotFound("none", key="k"), VersionMismatch("another", key="k")])
def test_what_is_refused_after_it_was_sent_may_have_been_overtaken(error: StorageError) -> None:
    with pytest.raises(Overtaken) as raised, sent():
        raise error
    assert (raised.value.key, raised.value.kind) == ("k", "VersionMismatch")
    assert raised.value.__cause__ is error
