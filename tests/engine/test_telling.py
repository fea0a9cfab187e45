"""What a run tells, asks and shows on its way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from buckia.errors import BuckiaError, GuardStopped, PluginError, StorageError, Unavailable
from buckia.events import (
    ActionDone,
    ActionStarted,
    BytesMoved,
    Comparing,
    Event,
    Finished,
    Planned,
    Scanned,
    Started,
)
from buckia.model import Policy
from buckia.results import Question
from buckia.testing.faults import At, Fails, Pauses, unavailable
from tests.engine import watcher
from tests.engine.bench import WRITES, Bench, lacking, picture, untouched, whenever

Made = Callable[..., Bench]


def busy(bench: Bench, count: int = 6) -> None:
    for n in range(count):
        bench.put_here(f"up/{n}", bytes(n))
        bench.put_there(f"down/{n}", bytes(n))


# Events


def test_events_come_in_their_order(made: Made) -> None:
    bench = made(lacking("Digests", lists=[]))
    busy(bench)
    bench.put_here("same", "same")
    bench.put_there("same", "same")
    bench.sync()
    order = (Started, Scanned, Comparing, Planned, ActionStarted, ActionDone, Finished)
    first = {
        kind: next(n for n, event in enumerate(bench.events) if isinstance(event, kind))
        for kind in order
    }
    last = {
        kind: max(n for n, event in enumerate(bench.events) if isinstance(event, kind))
        for kind in order
    }
    assert first[Started] == last[Started] == 0
    assert first[Finished] == last[Finished] == len(bench.events) - 1
    assert first[Planned] == last[Planned]
    assert last[Scanned] < first[Planned]
    assert last[Comparing] < first[Planned]
    assert first[Planned] < first[ActionStarted] < first[ActionDone]


def test_the_totals_of_the_plan_are_what_is_done(bench: Bench) -> None:
    busy(bench)
    result = bench.sync()
    [planned] = bench.told(Planned)
    assert planned.actions == len(result.actions) == 12
    assert (planned.bytes_up, planned.bytes_down) == (result.bytes_up, result.bytes_down)
    done = bench.told(ActionDone)
    assert [one.done for one in done] == list(range(1, 13))
    assert {one.total for one in done} == {12}
    assert {one.path for one in done} == {one.path for one in bench.told(ActionStarted)}
    assert [one.right for one in bench.told(Scanned)][-1] == 6
    assert [one.left for one in bench.told(Scanned)][-1] == 6


def test_the_bytes_of_each_action_are_told(bench: Bench) -> None:
    bench.put_here("up", bytes(1000))
    bench.put_there("down", bytes(2000))
    bench.sync()
    moved: dict[str, int] = {}
    for event in bench.told(BytesMoved):
        moved[event.path] = moved.get(event.path, 0) + event.count
    assert moved == {"up": 1000, "down": 2000}


def test_bytes_of_a_try_that_failed_are_taken_back(bench: Bench) -> None:
    from buckia.testing.faults import Breaks

    bench.put_here("up", bytes(1000))
    bench.script(whenever(WRITES, Breaks(400), nth=1))
    result = bench.sync()
    assert sum(event.count for event in bench.told(BytesMoved)) == 1000
    assert result.bytes_up == 1000


def test_a_failed_action_is_told_with_its_error(bench: Bench) -> None:
    bench.put_here("a", "a")
    bench.script(whenever(WRITES, Fails(lambda key: StorageError("not today", key=key))))
    bench.sync()
    [done] = bench.told(ActionDone)
    assert (done.path, done.error) == ("a", "StorageError")
    assert "not today" in done.message


def test_a_dry_run_tells_its_plan_and_no_action(bench: Bench) -> None:
    busy(bench)
    bench.status()
    assert not bench.told(ActionStarted, ActionDone)
    assert bench.told(Started)[0].dry_run
    assert bench.told(Planned)[0].actions == 12


@pytest.mark.parametrize("dry", [True, False])
def test_a_run_that_is_stopped_says_by_what(bench: Bench, dry: bool) -> None:
    bench.put_here("a", "a")
    bench.script(At("scan", unavailable()))
    with pytest.raises(Unavailable):
        bench.sync(dry_run=dry)
    assert isinstance(bench.events[0], Started)
    last = bench.events[-1]
    assert isinstance(last, Finished)
    assert last.error == "Unavailable"


def test_every_event_comes_alone(bench: Bench) -> None:
    busy(bench, 20)
    lock = threading.Lock()
    alone: list[bool] = []

    def hear(_event: Event) -> None:
        free = lock.acquire(blocking=False)
        alone.append(free)
        if free:
            lock.release()

    with bench.client() as client:
        client._on_event = hear
        client.sync(max_workers=8)
    assert len(alone) > 80
    assert all(alone)


# Progress


def test_progress_counts_planned_actions_with_a_fixed_total(bench: Bench) -> None:
    busy(bench)
    seen: list[tuple[int, int, str, str]] = []
    bench.sync(progress_callback=lambda *given: seen.append(given))
    assert [done for done, _, _, _ in seen] == list(range(1, 13))
    assert {total for _, total, _, _ in seen} == {12}
    assert {(action, path) for _, _, action, path in seen} == {
        *(("upload", f"up/{n}") for n in range(6)),
        *(("download", f"down/{n}") for n in range(6)),
    }


def test_progress_is_called_one_at_a_time(bench: Bench) -> None:
    busy(bench, 20)
    inside = [0]
    most = [0]

    def progress(*_given: object) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        threading.Event().wait(0.001)
        inside[0] -= 1

    bench.sync(progress_callback=progress, max_workers=8)
    assert most[0] == 1


@pytest.mark.parametrize("error", [RuntimeError, StorageError, KeyError])
def test_a_progress_callback_that_raises_breaks_nothing(
    bench: Bench, error: type[Exception]
) -> None:
    busy(bench)
    calls = []

    def progress(*given: object) -> None:
        calls.append(given)
        raise error("not about the sync")

    result = bench.sync(progress_callback=progress)
    assert (result.uploaded, result.downloaded, result.exit_code) == (6, 6, 0)
    assert len(calls) == 12


def test_progress_counts_failures_too(bench: Bench) -> None:
    busy(bench)
    bench.script(
        whenever(WRITES, Fails(lambda key: StorageError("not today", key=key)), key="up/3")
    )
    seen: list[int] = []
    bench.sync(progress_callback=lambda done, *_rest: seen.append(done))
    assert seen == list(range(1, 13))


def test_there_is_no_progress_where_nothing_is_done(bench: Bench) -> None:
    bench.put_here("a", "a")
    bench.sync()
    seen: list[object] = []
    bench.sync(progress_callback=lambda *given: seen.append(given))
    assert not seen


# Answers


@pytest.fixture
def disputed(bench: Bench) -> Bench:
    for key in ("a", "b", "c", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    for key in ("a", "b", "c"):
        bench.put_here(key, f"edited here {key}", 1_700_000_000_000_000_000)
        bench.put_there(key, f"edited there {key}", 1_700_000_100_000_000_000)
    return bench


def test_conflicts_are_asked_about_and_done_as_answered(disputed: Bench) -> None:
    answers = {"a": Policy.LOCAL_WINS, "b": Policy.REMOTE_WINS, "c": Policy.KEEP_BOTH}
    asked: list[Question] = []

    def answer(question: Question) -> Policy:
        asked.append(question)
        return answers[question.path]

    result = disputed.done(conflict_resolution="ask", on_conflict=answer)
    assert [one.path for one in asked] == ["a", "b", "c"]
    assert {one.path: one.resolution for one in result.conflicts} == {
        key: str(policy) for key, policy in answers.items()
    }
    assert disputed.here() == disputed.there()
    assert disputed.here()["a"] == b"edited here a"
    assert disputed.here()["b"] == b"edited there b"
    assert b"edited here c" in disputed.here().values()


def test_a_question_shows_both_versions(disputed: Bench) -> None:
    asked: list[Question] = []
    disputed.sync(conflict_resolution="ask", on_conflict=asked.append)
    one = asked[0]
    assert one.left is not None
    assert one.right is not None
    assert (one.left.size, one.right.size) == (len("edited here a"), len("edited there a"))
    assert one.left.mtime_ns == 1_700_000_000_000_000_000
    assert one.resolution == "ask"
    assert "both sides" in one.reason


@pytest.mark.parametrize("answer", [None, Policy.ASK])
def test_what_is_not_decided_is_left_alone(disputed: Bench, answer: Policy | None) -> None:
    before = picture(disputed)
    result = disputed.sync(conflict_resolution="ask", on_conflict=lambda _question: answer)
    assert result.exit_code == 5
    assert [one.path for one in result.waiting] == ["a", "b", "c"]
    untouched(disputed, before)


def test_the_newest_may_be_the_answer(disputed: Bench) -> None:
    disputed.done(conflict_resolution="ask", on_conflict=lambda _question: Policy.NEWEST_WINS)
    assert disputed.here()["a"] == disputed.there()["a"] == b"edited there a"


def test_an_answer_that_is_no_policy_is_an_error_of_ours(disputed: Bench) -> None:
    before = picture(disputed)
    mine: Any = "mine"
    with pytest.raises(BuckiaError):
        disputed.sync(conflict_resolution="ask", on_conflict=lambda _question: mine)
    untouched(disputed, before)


def test_whoever_answers_with_an_error_stops_the_run_before_anything_is_changed(
    disputed: Bench,
) -> None:
    def answer(_question: Question) -> Policy:
        raise RuntimeError("somebody closed the window")

    before = picture(disputed)
    with pytest.raises(RuntimeError):
        disputed.sync(conflict_resolution="ask", on_conflict=answer)
    untouched(disputed, before)
    disputed.done(conflict_resolution="local_wins")


def test_without_anybody_to_ask_the_rest_is_done_and_the_conflict_waits(disputed: Bench) -> None:
    disputed.put_here("new", "new")
    result = disputed.sync(conflict_resolution="ask")
    assert result.exit_code == 5
    assert disputed.there()["new"] == b"new"
    assert disputed.there()["a"] == b"edited there a"
    with pytest.raises(Exception, match="conflicts wait"):
        result.raise_for_failures()


@pytest.mark.parametrize("policy", ["local_wins", "keep_both"])
def test_nobody_is_asked_where_a_policy_decides(disputed: Bench, policy: str) -> None:
    disputed.done(
        conflict_resolution=policy, on_conflict=lambda _question: pytest.fail("it was asked")
    )


# Hooks


@pytest.fixture
def watched(bench: Bench) -> Iterator[Bench]:
    watcher.forget()
    assert bench.plugins.hooks() == ()
    yield bench
    watcher.forget()


def test_a_plugin_sees_the_plan_and_the_result(watched: Bench) -> None:
    watched.put_here("up", "u")
    watched.put_there("down", "d")
    result = watched.sync()
    assert watcher.plans == [[("download", "down"), ("upload", "up")]]
    [told] = watcher.results
    assert (told.uploaded, told.downloaded, told.actions) == (1, 1, result.actions)


@pytest.mark.parametrize("error", [GuardStopped("no sync on Sundays"), RuntimeError("broken")])
def test_a_plugin_that_raises_stops_the_run_before_anything_is_changed(
    watched: Bench, error: Exception
) -> None:
    for key in ("a", "b", "c", "rest"):
        watched.put_here(key, f"agreed {key}")
    watched.sync()
    watched.put_here("a", "edited")
    watched.drop_here("b")
    watched.put_there("c", "edited there")
    before = picture(watched)
    watched.script()
    watcher.refusals.append(error)
    watcher.results.clear()
    with pytest.raises((GuardStopped, PluginError), match=r"Sundays|broken"):
        watched.sync(delete_orphaned=True)
    untouched(watched, before)
    assert not watched.changes()
    assert not watcher.results
    watched.done(delete_orphaned=True)


def test_a_plugin_is_shown_no_dry_run(watched: Bench) -> None:
    watched.put_here("a", "a")
    watched.status()
    assert not watcher.plans
    assert not watcher.results


def test_a_plugin_hears_of_failures_and_of_interrupts(watched: Bench) -> None:
    watched.put_here("a", "a")
    watched.put_here("b", "b")
    watched.script(whenever(WRITES, Fails(lambda key: StorageError("no", key=key)), key="a"))
    watched.sync()
    assert [one.path for one in watcher.results[0].failed] == ["a"]
    with watched.client() as client:
        watched.script(whenever(WRITES, Pauses(lambda _call: client.interrupt()), key="a"))
        client.sync(max_workers=1)
    assert watcher.results[1].interrupted


def test_the_result_tells_how_long_it_took(bench: Bench) -> None:
    assert bench.sync().seconds > 0


def test_the_actions_of_a_status_are_those_of_the_next_sync(bench: Bench, tmp_path: Path) -> None:
    for key in ("a", "b", "c", "d", "old", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_here("a", "edited here")
    bench.put_there("a", "edited there")
    bench.put_there("b", "edited there")
    bench.drop_here("c")
    bench.drop_there("d")
    bench.rename_here("old", "renamed")
    bench.put_here("same", "same")
    bench.put_there("same", "same")
    how: dict[str, Any] = {"delete_orphaned": True, "conflict_resolution": "keep_both"}
    told = bench.status(**how)
    assert told.dry_run
    done = bench.sync(**how)
    for count in ("uploaded", "downloaded", "deleted", "renamed", "adopted", "unchanged"):
        assert getattr(told, count) == getattr(done, count), count
    assert list(told.actions) == list(done.actions)
    assert {one.action for one in told.actions} == {
        *("conflict", "download", "delete_remote", "delete_local", "rename_remote", "adopt")
    }
