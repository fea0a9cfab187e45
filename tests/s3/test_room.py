"""The room for bodies: never more than was set aside, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia_s3.parts import Sizes
from buckia_s3.room import ENOUGH, Room

R = TypeVar("R")
PATIENCE = 10.0
"""Seconds after which a thread that should have gone on is taken for stuck."""


class Signals(threading.Condition):
    """The condition of a room, which tells when somebody begins to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self.waiting.release()
        return super().wait(timeout)


def apart(task: Callable[..., R], *arguments: object) -> Future[R]:
    """Run it in a thread that holds nobody up, should it be stuck."""
    future: Future[R] = Future()

    def run() -> None:
        try:
            future.set_result(task(*arguments))
        except BaseException as error:  # noqa: BLE001 - whatever it was: the test is told
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def watched(size: int) -> tuple[Room, Signals]:
    room, signals = Room(size), Signals()
    room._changed = signals
    return room, signals


def test_what_is_free_is_taken_at_once() -> None:
    room, signals = watched(10)
    assert [room.take(4), room.take(6), room.take(0)] == [4, 6, 0]
    assert not signals.waiting.acquire(blocking=False)


def test_who_finds_too_little_waits_until_enough_is_given_back() -> None:
    room, signals = watched(10)
    room.take(4)
    room.take(6)
    late = apart(room.take, 5)
    assert signals.waiting.acquire(timeout=PATIENCE)
    room.give_back(4)
    # It was woken, found four, and waits again.
    assert signals.waiting.acquire(timeout=PATIENCE)
    assert not late.done()
    room.give_back(6)
    assert late.result(PATIENCE) == 5
    assert room.take(5) == 5


def test_who_wants_more_than_there_is_gets_all_of_it_and_alone() -> None:
    room, signals = watched(10)
    room.take(1)
    huge = apart(room.take, 1 << 40)
    assert signals.waiting.acquire(timeout=PATIENCE)
    room.give_back(1)
    assert huge.result(PATIENCE) == 10
    small = apart(room.take, 1)
    assert signals.waiting.acquire(timeout=PATIENCE)
    assert not small.done()
    room.give_back(10)
    assert small.result(PATIENCE) == 1


def test_what_is_given_back_lets_all_go_on_who_fit() -> None:
    room, signals = watched(10)
    room.take(10)
    late = [apart(room.take, 3) for _ in range(3)]
    for _ in late:
        assert signals.waiting.acquire(timeout=PATIENCE)
    room.give_back(10)
    assert [one.result(PATIENCE) for one in late] == [3, 3, 3]


@pytest.mark.parametrize("wanted", [0, 3, 10, 99])
def test_after_a_body_is_through_all_is_free_again(wanted: int) -> None:
    room, signals = watched(10)

    def through() -> int:
        with room.taken(wanted):
            pass
        return room.take(10)

    assert apart(through).result(PATIENCE) == 10
    assert not signals.waiting.acquire(blocking=False)


def test_a_body_that_fails_gives_its_room_back() -> None:
    room, signals = watched(10)
    with pytest.raises(OSError, match="gone"), room.taken(7):
        raise OSError("gone")
    assert apart(room.take, 10).result(PATIENCE) == 10
    assert not signals.waiting.acquire(blocking=False)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 15), min_size=1, max_size=30))
def test_however_many_send_there_is_never_more_than_was_set_aside(sizes: list[int]) -> None:
    room = Room(10)
    lock = threading.Lock()
    used = [0]
    most = [0]

    def send(size: int) -> None:
        with room.taken(size):
            with lock:
                used[0] += min(size, 10)
                most[0] = max(most[0], used[0])
            with lock:
                used[0] -= min(size, 10)

    for one in [apart(send, size) for size in sizes]:
        one.result(PATIENCE)
    assert most[0] <= 10
    assert apart(room.take, 10).result(PATIENCE) == 10


def test_what_is_usual_holds_several_bodies() -> None:
    assert Room()._size == ENOUGH
    assert 2 * max(Sizes()) <= ENOUGH
