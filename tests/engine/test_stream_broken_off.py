"""A stream that breaks off: what was sent is heard, what happened is known, nothing is begun."""

from __future__ import annotations

import pytest

from buckia.engine.execute.doing import Turn
from buckia.engine.execute.outcomes import Hopeless
from buckia.errors import AccessDenied, BuckiaError, Interrupted, StorageError
from tests.engine.doings import Killed, Scene, gone, row, wish

W, A = Turn.WAITING, Turn.ALONE
ENDS = [Interrupted("stopped"), StorageError("broken"), Hopeless(AccessDenied("refused"))]
"""Errors of ours, which end the run and nothing more."""
STRANGE = [Killed(), KeyboardInterrupt(), ValueError("a bug")]
"""Errors after which nobody knows what can be relied on."""


def broken_off(scene: Scene, error: BaseException) -> None:
    """One that comes last fails with this error, and nothing else is raised."""
    with pytest.raises(type(error)) as raised, scene.stream:
        scene.add("last", error)
    assert raised.value is error


# By an error of ours.


@pytest.mark.parametrize("error", ENDS)
def test_what_was_sent_is_heard_and_written_down_before_the_run_ends(error: BaseException) -> None:
    scene = Scene(8)
    scene.add("a", W, row("a"))
    scene.add("b", W, gone("b"))
    broken_off(scene, error)
    heard = ["a goes on", "b goes on", "a: row", "b: row", "a goes on", "a ends"]
    scene.happened(
        ["a begins", "b begins", "last begins", "last fails", *heard, "b goes on", "b ends"]
    )
    assert scene.calls == [["a: row", "b: row"]]


@pytest.mark.parametrize("error", ENDS)
def test_what_was_seen_to_happen_is_written_down_before_the_run_ends(error: BaseException) -> None:
    scene = Scene(16)
    scene.add("a", row("a"))
    scene.add("b", row("b"))
    broken_off(scene, error)
    assert scene.calls == [["a: row", "b: row"]]
    assert scene.told_of("a")[-1] == "a ends"
    assert scene.open == {}


@pytest.mark.parametrize("error", ENDS)
def test_what_was_only_meant_to_happen_is_not(error: BaseException) -> None:
    scene = Scene(16)
    scene.add("meant", wish("meant"), W, row("meant"))
    scene.add("both", (*row("other"), *wish("both")), W)
    scene.add("sent", W, wish("sent"), W)
    broken_off(scene, error)
    assert scene.calls == []
    assert scene.told_of("meant") == ["meant begins", "meant is closed"]
    assert scene.told_of("both") == ["both begins", "both is closed"]
    # It was heard; but what it wants to do next would be new.
    assert scene.told_of("sent") == ["sent begins", "sent goes on", "sent is closed"]
    assert scene.open == {}


def test_of_those_that_wait_for_a_pen_only_they_that_have_done_something_get_it() -> None:
    scene = Scene(16)
    scene.add("a", wish("a"))
    scene.add("b", row("b"))
    scene.add("c", wish("c"))
    broken_off(scene, ENDS[0])
    assert scene.calls == [["b: row"]]
    assert scene.told_of("b")[-1] == "b ends"
    assert scene.open == {}


def test_nobody_waits_a_second_time() -> None:
    scene = Scene(8)
    scene.add("again", W, W, row("again"))
    scene.add("alone", W, A, row("alone"))
    scene.add("more", W, row("more"), W, row("more"))
    broken_off(scene, ENDS[0])
    assert scene.calls == [["more: row"]]
    for name in ("again", "alone", "more"):
        assert scene.told_of(name)[-1] == f"{name} is closed"
    assert scene.given == []
    assert scene.open == {}


def test_nothing_is_begun_any_more() -> None:
    scene = Scene(8)
    with pytest.raises(Interrupted), scene.stream:
        scene.add("a", W, row("a"))
        scene.add("last", Interrupted("stopped"))
        raise AssertionError("not reached")
    assert [line for line in scene.journal if "begins" in line] == ["a begins", "last begins"]


@pytest.mark.parametrize("error", ENDS)
def test_an_error_of_whoever_adds_breaks_it_off_too(error: BaseException) -> None:
    scene = Scene(8)
    with pytest.raises(type(error)) as raised, scene.stream:
        scene.add("a", W, row("a"))
        raise error
    assert raised.value is error
    assert scene.told_of("a")[-3:] == ["a: row", "a goes on", "a ends"]


@pytest.mark.parametrize("error", ENDS)
def test_so_does_one_that_comes_when_all_were_begun(error: BaseException) -> None:
    scene = Scene(8)
    with pytest.raises(type(error)) as raised, scene.stream:
        scene.add("a", W, error)
        scene.add("b", W, row("b"))
        scene.add("c", wish("c"), W)
    assert raised.value is error
    assert scene.told_of("b")[-3:] == ["b: row", "b goes on", "b ends"]
    assert scene.told_of("c") == ["c begins", "c is closed"]
    assert scene.open == {}


def test_and_one_that_comes_while_room_is_made() -> None:
    scene = Scene(2)
    with pytest.raises(Interrupted), scene.stream:
        scene.add("a", W, Interrupted("stopped"))
        scene.add("b", W, row("b"))
        scene.add("late", W)
    # The one that there was no line for was never sent.
    assert scene.told_of("late") == ["late begins", "late is closed"]
    assert scene.told_of("b")[-1] == "b ends"
    assert scene.open == {}


def test_what_was_written_down_with_the_one_that_fails_goes_on() -> None:
    scene = Scene(12)
    with pytest.raises(Interrupted), scene.stream:
        scene.add("a", row("a"))
        scene.add("b", wish("b"), Interrupted("stopped"))
        scene.add("c", row("c"))
    assert scene.calls[0] == ["a: row", "b: wish", "c: row"]
    assert [scene.told_of(name)[-1] for name in "abc"] == ["a ends", "b fails", "c ends"]
    assert scene.open == {}


def test_a_wish_that_was_written_down_with_the_one_that_fails_is_not_acted_on() -> None:
    scene = Scene(8)
    with pytest.raises(Interrupted), scene.stream:
        scene.add("a", wish("a"), Interrupted("stopped"))
        scene.add("b", wish("b"), W)
    assert scene.calls == [["a: wish", "b: wish"]]
    # The next run looks whether it came true; that costs a look, and no byte.
    assert scene.told_of("b") == ["b begins", "b: wish", "b is closed"]


# By an error of anybody else.


@pytest.mark.parametrize("error", STRANGE, ids=repr)
@pytest.mark.parametrize("where", ["in one", "in whoever adds", "in notes"])
def test_after_a_kill_nothing_is_done_and_nothing_written(where: str, error: BaseException) -> None:
    scene = Scene(3)
    at = 0
    with pytest.raises(type(error)) as raised, scene.stream:
        scene.add("waits", W, row("waits"))
        scene.add("done", row("done"))
        scene.add("meant", wish("meant"))
        at = len(scene.journal)
        if where == "in one":
            scene.add("killed", error)
        elif where == "in notes":
            # As many as the stream is wide, which are written down at once.
            scene.failing = [error]
            scene.add("killed", row("killed"))
        else:
            raise error
    assert raised.value is error
    assert scene.calls == []
    left = {line for line in scene.journal[at:] if not line.startswith("killed")}
    ended = {f"{name} is closed" for name in ("waits", "done", "meant")}
    assert left - {"done: nothing", "meant: nothing"} == ended
    assert scene.open == {}


@pytest.mark.parametrize("error", STRANGE, ids=repr)
def test_a_kill_while_all_are_ended_closes_all(error: BaseException) -> None:
    scene = Scene(8)
    with pytest.raises(type(error)), scene.stream:
        scene.add("a", W, error)
        scene.add("b", W, row("b"))
    assert scene.told_of("b") == ["b begins", "b is closed"]
    assert scene.calls == []


@pytest.mark.parametrize("where", ["while one is heard", "in notes", "after the notes"])
def test_a_kill_while_it_breaks_off_is_told_and_closes_all(where: str) -> None:
    scene = Scene(16)
    with pytest.raises(Killed), scene.stream:
        scene.add("a", W, row("a"), *([Killed()] if where == "after the notes" else []))
        scene.add("b", W, Killed() if where == "while one is heard" else row("b"))
        scene.failing = [Killed()] if where == "in notes" else []
        raise Interrupted("stopped")
    assert scene.told_of("b")[-1] in {"b is closed", "b fails"}
    assert bool(scene.calls) is (where == "after the notes")
    assert scene.open == {}


# By what cannot be written down.


@pytest.mark.parametrize("error", [StorageError("full"), BuckiaError("full"), *STRANGE], ids=repr)
def test_when_nothing_can_be_written_down_that_is_told_and_all_are_closed(
    error: BaseException,
) -> None:
    scene = Scene(8)
    scene.failing = [error, error]
    with pytest.raises(type(error)) as raised, scene.stream:
        scene.add("waits", W, row("waits"))
        scene.add("meant", wish("meant"), W)
        scene.add("done", row("done"))
    assert raised.value is error
    assert scene.calls == []
    for name in ("waits", "meant", "done"):
        assert scene.told_of(name)[-1] == f"{name} is closed"
    assert scene.open == {}


def test_what_happened_is_written_down_if_that_can_be_done_after_all() -> None:
    scene = Scene(8)
    scene.failing = [StorageError("busy")]
    with pytest.raises(StorageError), scene.stream:
        scene.add("waits", W, row("waits"))
        scene.add("meant", wish("meant"), W)
        scene.add("done", row("done"))
    assert scene.calls == [["done: row", "waits: row"]]
    assert scene.told_of("meant")[-1] == "meant is closed"


# With more than one error.


@pytest.mark.parametrize("late", ENDS)
def test_an_error_of_one_that_is_heard_hides_neither_the_first_nor_the_others(
    late: BaseException,
) -> None:
    scene = Scene(8)
    scene.add("a", W, late)
    scene.add("b", W, row("b"))
    broken_off(scene, Interrupted("stopped"))
    assert scene.told_of("b")[-1] == "b ends"
    assert scene.open == {}


def test_an_error_of_the_last_notes_does_not_hide_the_first() -> None:
    scene = Scene(8)
    scene.add("a", W, row("a"))
    scene.failing = [StorageError("full")]
    broken_off(scene, Interrupted("stopped"))
    assert scene.told_of("a")[-1] == "a is closed"


def test_an_error_after_the_last_notes_does_not_hide_the_first() -> None:
    scene = Scene(8)
    scene.add("a", W, row("a"), StorageError("odd"))
    scene.add("b", W, row("b"))
    broken_off(scene, Interrupted("stopped"))
    assert scene.calls == [["a: row", "b: row"]]
    assert scene.open == {}


@pytest.mark.parametrize("error", [Interrupted("stopped"), Killed()], ids=repr)
@pytest.mark.parametrize("late", [StorageError("the trash is gone"), OSError("disk")], ids=repr)
def test_one_that_cannot_be_closed_hides_neither_the_first_error_nor_the_others(
    late: Exception, error: BaseException
) -> None:
    """Such as a place in the trash that cannot be given back, on a disk that has just failed."""
    scene = Scene(8)

    def stubborn() -> None:
        if scene.journal[-1] == "stubborn is closed":
            raise late

    scene.watched = stubborn
    scene.add("stubborn", wish("stubborn"))
    scene.add("waits", W, wish("waits"))
    broken_off(scene, error)
    assert scene.told_of("waits")[-1] == "waits is closed"
    assert scene.open == {}
