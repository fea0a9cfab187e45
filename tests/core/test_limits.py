"""Requests are tried again, spread over time and stopped, and nobody sleeps to see it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Thread

import pytest

from buckia.engine import limits
from buckia.engine.limits import LONGEST_PAUSE, Limits, Pace, Stop
from buckia.errors import (
    AccessDenied,
    BuckiaError,
    ConfigError,
    Corrupted,
    Interrupted,
    InvalidKey,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.events import Event, Retrying
from tests.core.waiting import Clock, Waiting


class Request:
    """Fails with each of these errors in turn, then answers; knows how often it was made."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = errors
        self.attempts: list[int] = []

    def __call__(self, attempt: int) -> str:
        self.attempts.append(attempt)
        if len(self.attempts) <= len(self.errors):
            raise self.errors[len(self.attempts) - 1]
        return "the answer"


def made(request: Request, **settings: object) -> tuple[str, Waiting]:
    stop = Waiting()
    return Limits(stop=stop, **settings).call_counted(request, key="k"), stop  # type: ignore[arg-type]  # as each test says


# What is tried again.


@pytest.mark.parametrize("error", [Unavailable("no answer"), Corrupted("cut short")])
def test_what_may_pass_is_tried_again(error: StorageError) -> None:
    request = Request(error, error)
    answer, stop = made(request)
    assert answer == "the answer"
    assert request.attempts == [0, 1, 2]
    assert len(stop.waits) == 2


@pytest.mark.parametrize(
    "error",
    [
        NotFound("none"),
        VersionMismatch("another"),
        AccessDenied("refused"),
        InvalidKey("odd"),
        StorageError("malformed"),
        ConfigError("wrong"),
        Interrupted("stopped"),
        OSError("disk"),
        ValueError("bug"),
    ],
)
def test_what_is_refused_is_not(error: Exception) -> None:
    request = Request(error)
    with pytest.raises(type(error)) as raised:
        made(request)
    assert raised.value is error
    assert request.attempts == [0]


def test_an_answer_is_passed_on_and_nobody_waits() -> None:
    request = Request()
    answer, stop = made(request)
    assert answer == "the answer"
    assert stop.waits == []


@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (1, 1), (2, 2), (5, 5), (100, 100)])
def test_there_are_as_many_tries_as_were_asked_for_and_the_last_error_is_raised(
    retries: int, tries: int
) -> None:
    errors = [Unavailable(f"try {number}") for number in range(200)]
    request, stop = Request(*errors), Waiting()
    with pytest.raises(Unavailable) as raised:
        Limits(retries=retries, stop=stop).call_counted(request)
    assert raised.value is errors[tries - 1]
    assert request.attempts == list(range(tries))
    assert len(stop.waits) == tries - 1


def test_without_a_word_about_it_there_are_five_tries() -> None:
    request = Request(*[Unavailable("no answer")] * 9)
    with pytest.raises(Unavailable):
        made(request)
    assert len(request.attempts) == 5


def test_a_refusal_after_a_failure_ends_the_tries() -> None:
    request = Request(Unavailable("no answer"), VersionMismatch("another"))
    with pytest.raises(VersionMismatch):
        made(request)
    assert request.attempts == [0, 1]


def test_a_request_need_not_count_its_tries() -> None:
    request = Request(Unavailable("no answer"))
    assert Limits(stop=Waiting()).call(lambda: request(0)) == "the answer"
    assert len(request.attempts) == 2


# How long it waits in between.


def pauses(make: Callable[[], BuckiaError], tries: int, seed: int) -> list[float]:
    request = Request(*(make() for _ in range(tries - 1)))
    stop = Waiting()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "random", Random(seed))
        Limits(retries=tries, stop=stop).call_counted(request)
    return stop.waits


def test_pauses_are_anything_up_to_a_ceiling_that_doubles() -> None:
    ceilings = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE, LONGEST_PAUSE]
    runs = [pauses(lambda: Unavailable("no answer"), 9, seed) for seed in range(200)]
    for ceiling, found in zip(ceilings, zip(*runs, strict=True), strict=True):
        assert 0 <= min(found) < 0.1 * ceiling
        assert 0.9 * ceiling < max(found) <= ceiling
        # Full jitter: on the average half of the ceiling.
        assert 0.4 * ceiling < sum(found) / len(found) < 0.6 * ceiling


def test_a_hundredth_try_waits_no_longer_than_an_eighth() -> None:
    assert max(pauses(lambda: Corrupted("cut short"), 100, 1)) <= LONGEST_PAUSE


@pytest.mark.parametrize("wait", [31.0, 90.0, 3600.0])
def test_the_wish_of_the_store_to_be_left_alone_is_honoured(wait: float) -> None:
    found = pauses(lambda: Unavailable("slow down", wait=wait), 5, 1)
    assert found == [wait] * 4


def test_a_wish_for_a_short_wait_does_not_shorten_the_pauses() -> None:
    usual = pauses(lambda: Unavailable("no answer"), 5, 3)
    assert pauses(lambda: Unavailable("no answer", wait=0.0), 5, 3) == usual
    a_little = pauses(lambda: Unavailable("no answer", wait=0.3), 5, 3)
    assert a_little == [max(0.3, pause) for pause in usual]


def test_each_new_try_is_told_of() -> None:
    heard: list[Event] = []
    request = Request(Unavailable("no answer", wait=40), Corrupted("cut short"))
    stop = Waiting()
    Limits(stop=stop, tell=heard.append, bucket="assets").call_counted(request, key="a.txt")
    assert heard == [
        Retrying(bucket="assets", path="a.txt", attempt=1, seconds=40, message="no answer"),
        Retrying(
            bucket="assets", path="a.txt", attempt=2, seconds=stop.waits[1], message="cut short"
        ),
    ]


# Stopping.


def test_nothing_is_asked_once_somebody_wants_to_stop() -> None:
    request, stop = Request(), Waiting()
    stop.ask()
    with pytest.raises(Interrupted) as raised:
        Limits(stop=stop).call_counted(request)
    assert request.attempts == []
    assert raised.value.exit_code == 130
    assert raised.value.hint


def test_a_pause_ends_when_somebody_wants_to_stop() -> None:
    request, stop = Request(*[Unavailable("no answer")] * 4), Waiting(ask_after=2)
    with pytest.raises(Interrupted):
        Limits(stop=stop).call_counted(request)
    assert request.attempts == [0, 1]


def test_bytes_stop_moving_when_somebody_wants_to_stop() -> None:
    stop = Waiting()
    made_with = Limits(stop=stop)
    made_with.moved(1)
    stop.ask()
    with pytest.raises(Interrupted):
        made_with.moved(1)


def test_a_real_wait_ends_at_once_when_it_is_asked_to_in_another_thread() -> None:
    stop = Stop()
    asking = Thread(target=stop.ask)
    asking.start()
    with pytest.raises(Interrupted):
        stop.wait(600)
    asking.join()
    assert stop.asked


def test_a_real_wait_for_no_time_at_all_just_ends() -> None:
    stop = Stop()
    stop.wait(0)
    stop.wait(-1)
    stop.check()
    assert not stop.asked


# Spreading over time.


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made_anew = Clock()
    made_anew.install(monkeypatch)
    return made_anew


def test_without_a_rate_nobody_waits(clock: Clock) -> None:
    stop = Waiting(clock)
    pace = Pace(lambda: None, stop)
    for _ in range(100):
        pace.take(1e9)
    assert stop.waits == []


def test_units_are_spread_evenly_after_the_first_second_of_them(clock: Clock) -> None:
    stop = Waiting(clock)
    pace = Pace(lambda: 8, stop)
    begun = clock.now
    moments = []
    for _ in range(40):
        pace.take(1)
        moments.append(clock.now - begun)
    assert moments == [0] * 8 + [number / 8 for number in range(1, 33)]


def test_what_was_not_used_is_not_saved_up_for_more_than_a_second(clock: Clock) -> None:
    stop = Waiting(clock)
    pace = Pace(lambda: 10, stop)
    clock.now += 10_000
    begun = clock.now
    for _ in range(40):
        pace.take(1)
    assert clock.now - begun == pytest.approx(3.0)


def test_many_units_at_once_take_their_time(clock: Clock) -> None:
    stop = Waiting(clock)
    pace = Pace(lambda: 1000, stop)
    begun = clock.now
    pace.take(5000)
    pace.take(1000)
    assert clock.now - begun == pytest.approx(5.0)


def test_the_rate_of_the_moment_counts(clock: Clock) -> None:
    stop = Waiting(clock)
    rates: list[float | None] = [10, 10]
    pace = Pace(lambda: rates[-1], stop)
    pace.take(10)
    pace.take(10)
    assert stop.waits == pytest.approx([1.0])
    rates.append(None)
    pace.take(1e9)
    rates.append(100)
    pace.take(100)
    assert stop.waits == pytest.approx([1.0, 1.0])


def test_threads_share_the_rate_and_none_has_the_moment_of_another(clock: Clock) -> None:
    stop = Waiting()
    pace = Pace(lambda: 8, stop)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(pace.take, [1] * 30))
    assert sorted(stop.waits) == [number / 8 for number in range(1, 23)]


def test_a_slow_rate_does_not_keep_anybody_from_stopping(clock: Clock) -> None:
    stop = Waiting(clock, ask_after=1)
    pace = Pace(lambda: 0.001, stop)
    with pytest.raises(Interrupted):
        pace.take(1000)


def test_every_try_counts_as_a_request(clock: Clock) -> None:
    stop = Waiting(clock)
    paced = Limits(requests_per_second=2, stop=stop, retries=5)
    for _ in range(2):
        paced.call(lambda: None)
    assert stop.waits == []
    request = Request(Unavailable("no answer", wait=100))
    paced.call_counted(request)
    # Once for the rate, once for the wish of the store; after that there was time enough.
    assert stop.waits == pytest.approx([0.5, 100])


def test_bytes_are_limited_apart_from_requests(clock: Clock) -> None:
    stop = Waiting(clock)
    paced = Limits(bandwidth=lambda: 1024, stop=stop)
    begun = clock.now
    for _ in range(8):
        paced.moved(512)
    assert clock.now - begun == pytest.approx(3.0)
    for _ in range(100):
        paced.call(lambda: None)
    assert clock.now - begun == pytest.approx(3.0)


def test_bytes_that_are_taken_back_cost_no_time_and_give_none(clock: Clock) -> None:
    stop = Waiting(clock)
    paced = Limits(bandwidth=lambda: 1024, stop=stop)
    paced.moved(1024)
    for _ in range(5):
        paced.moved(-1024)
        paced.moved(0)
    assert stop.waits == []
    paced.moved(1024)
    assert stop.waits == pytest.approx([1.0])
