"""Hands that do what they are given, as many at once as there are, and stop at the first error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from buckia.engine.execute.pool import Pool
from buckia.errors import StorageError
from tests.engine.doings import Killed

PATIENCE = 30
"""Seconds after which an event that never comes is a failure; nobody waits for so long."""


class Work:
    """Ends when it may; `error` is how."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.ended = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.may_end.wait(PATIENCE)
        self.ended.set()
        if self.error is not None:
            raise self.error

    def under_way(self, pool: Pool) -> None:
        pool.give(self)
        assert self.begun.wait(PATIENCE)


class Errors(list[BaseException]):
    """Those of a pool; `came` when there is one."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self.came = threading.Event()
        pool._errors = self

    def append(self, error: BaseException) -> None:
        super().append(error)
        self.came.set()

    def wait(self) -> None:
        assert self.came.wait(PATIENCE)


def failing(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


class Thread(threading.Thread):
    """Begins at once."""

    def __init__(self, *deeds: Callable[[], object]) -> None:
        super().__init__(target=lambda: [deed() for deed in deeds])
        self.start()

    def ended(self) -> None:
        self.join(PATIENCE)
        assert not self.is_alive()


# All is done.


def test_what_was_given_is_done_when_it_is_left() -> None:
    done: list[int] = []
    with Pool(3) as pool:
        for number in range(50):
            pool.give(partial(done.append, number))
    assert sorted(done) == list(range(50))


def test_leaving_it_waits_for_what_is_under_way() -> None:
    work, leaving = Work(), threading.Event()
    with Pool(1) as pool:
        work.under_way(pool)
        letting = Thread(partial(leaving.wait, PATIENCE), work.may_end.set)
        leaving.set()
    assert work.ended.is_set()
    letting.ended()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_as_many_work_at_once_as_there_are_hands_and_no_more(workers: int) -> None:
    together, lock = threading.Barrier(workers), threading.Lock()
    hands: set[str] = set()
    working: list[int] = [0]

    def work() -> None:
        with lock:
            working.append(working[-1] + 1)
            hands.add(threading.current_thread().name)
        together.wait(PATIENCE)
        with lock:
            working.append(working[-1] - 1)

    with Pool(workers) as pool:
        for _ in range(workers * 12):
            pool.give(work)
    assert max(working) == len(hands) == workers


# Room.


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_there_is_room_for_one_more_piece_of_work_a_hand(workers: int) -> None:
    works = [Work() for _ in range(workers * 2)]
    with Pool(workers) as pool:
        for work in works:
            assert pool.has_room()
            pool.give(work)
        # Asking takes no room, and gives none.
        assert [pool.has_room(), pool.has_room()] == [False, False]
        for work in works:
            work.may_end.set()
    assert pool.has_room()


def test_who_gives_more_than_there_is_room_for_waits_until_there_is() -> None:
    first, second, third = Work(), Work(), Work()
    with Pool(1) as pool:
        first.under_way(pool)
        pool.give(second)
        giving = Thread(partial(pool.give, third))
        assert not pool.has_room()
        for work in (first, second, third):
            assert not third.begun.is_set()
            work.may_end.set()
        giving.ended()
    assert third.ended.is_set()


def test_work_that_failed_and_work_that_was_not_begun_make_room_too() -> None:
    with pytest.raises(StorageError), Pool(1) as pool:
        for _ in range(9):
            pool.give(failing(StorageError("broken")))
    # All of it is free again, and no more than there was.
    assert [pool._room.acquire(blocking=False) for _ in range(3)] == [True, True, False]


# How much there is to do.


def test_it_counts_what_was_given_and_is_not_done() -> None:
    works = [Work(), Work(StorageError("broken")), Work()]
    with pytest.raises(StorageError), Pool(2) as pool:
        counts = [pool.count]
        for work in works:
            pool.give(work)
            counts.append(pool.count)
        assert counts == [0, 1, 2, 3]
        for work in works:
            work.may_end.set()
        pool.wait_below(1)
        assert pool.count == 0
    # Neither an error nor what was not begun for its sake is left over.
    assert pool.count == 0


def test_who_waits_for_less_work_waits_until_there_is() -> None:
    first, second = Work(), Work()
    with Pool(2) as pool:
        pool.wait_below(1)
        first.under_way(pool)
        second.under_way(pool)
        pool.wait_below(3)
        waited = threading.Event()
        waiting = Thread(partial(pool.wait_below, 2), waited.set)
        assert not waited.is_set()
        first.may_end.set()
        waiting.ended()
        assert (waited.is_set(), pool.count) == (True, 1)
        second.may_end.set()


# Errors.


@pytest.mark.parametrize("error", [StorageError("broken"), ValueError("a bug"), Killed()], ids=repr)
def test_the_first_error_is_raised_when_all_that_was_under_way_has_ended(
    error: BaseException,
) -> None:
    long, leaving = Work(), threading.Event()
    with pytest.raises(type(error)) as raised, Pool(2) as pool:
        long.under_way(pool)
        pool.give(failing(error))
        letting = Thread(partial(leaving.wait, PATIENCE), long.may_end.set)
        leaving.set()
    assert long.ended.is_set()
    assert raised.value is error
    letting.ended()


def test_nothing_is_begun_after_an_error_however_much_is_given() -> None:
    begun: list[int] = []
    with pytest.raises(StorageError), Pool(2) as pool:
        errors = Errors(pool)
        pool.give(failing(StorageError("broken")))
        errors.wait()
        for number in range(20):
            pool.give(partial(begun.append, number))
    assert begun == []


def test_nor_is_what_was_given_before() -> None:
    failing_late, begun = Work(StorageError("broken")), list[str]()
    with pytest.raises(StorageError), Pool(1) as pool:
        failing_late.under_way(pool)
        pool.give(partial(begun.append, "waiting"))
        failing_late.may_end.set()
    assert begun == []


def test_of_several_errors_the_first_is_raised() -> None:
    first, second = Work(StorageError("first")), Work(StorageError("second"))
    with pytest.raises(StorageError) as raised, Pool(2) as pool:
        errors = Errors(pool)
        first.under_way(pool)
        second.under_way(pool)
        first.may_end.set()
        errors.wait()
        second.may_end.set()
    assert raised.value is first.error


def test_whoever_gives_work_can_ask_whether_an_error_came() -> None:
    error = StorageError("broken")
    with pytest.raises(StorageError) as raised, Pool(1) as pool:
        errors = Errors(pool)
        pool.check()
        pool.give(failing(error))
        errors.wait()
        pool.check()
        raise AssertionError("not reached")
    assert raised.value is error


@pytest.mark.parametrize("error", [StorageError("broken"), Killed()], ids=repr)
def test_an_error_of_whoever_gives_work_is_told_when_what_was_under_way_has_ended(
    error: BaseException,
) -> None:
    long, begun = Work(), list[str]()
    with pytest.raises(type(error)) as raised, Pool(1) as pool:
        errors = Errors(pool)
        long.under_way(pool)
        pool.give(partial(begun.append, "waiting"))
        letting = Thread(errors.wait, long.may_end.set)
        raise error
    letting.ended()
    assert raised.value is error
    assert long.ended.is_set()
    # What only waits for a hand is not begun any more.
    assert begun == []


def test_an_error_of_whoever_gives_work_is_told_before_one_of_the_work() -> None:
    long, first = Work(StorageError("later")), StorageError("first")
    with pytest.raises(StorageError) as raised, Pool(1) as pool:
        errors = Errors(pool)
        long.under_way(pool)
        letting = Thread(errors.wait, long.may_end.set)
        raise first
    letting.ended()
    assert raised.value is first


def test_without_an_error_nothing_is_raised() -> None:
    with Pool(2) as pool:
        pool.give(lambda: None)
        pool.check()
    pool.check()


def test_what_is_not_begun_any_more_is_given_up_in_its_stead() -> None:
    given_up: list[str] = []
    with pytest.raises(StorageError), Pool(1) as pool:
        errors = Errors(pool)
        pool.give(failing(StorageError("broken")), instead=partial(given_up.append, "first"))
        errors.wait()
        pool.give(lambda: None, instead=partial(given_up.append, "second"))
    assert given_up == ["second"]
