"""Many small transfers under way at once: none too many, none forgotten, nothing too early."""

from __future__ import annotations

from pathlib import Path

import pytest

from buckia.engine.execute.doing import Settle, Turn
from buckia.engine.execute.stream import ROOM, TOGETHER
from buckia.stores.local import LocalStore
from tests.engine.doings import Scene, gone, row, wish

W, A = Turn.WAITING, Turn.ALONE


def names(count: int) -> list[str]:
    return [f"d{number:03d}" for number in range(count)]


# How many.


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 16])
def test_no_more_are_under_way_than_the_stream_is_wide_and_no_fewer(width: int) -> None:
    scene = Scene(width)
    seen: set[int] = set()
    scene.watched = lambda: seen.add(len(scene.asked))
    with scene.stream:
        for name in names(60):
            scene.add(name, wish(name), W, row(name))
    assert max(seen) == width
    assert scene.open == {}


@pytest.mark.parametrize("width", [1, 4, 16])
def test_half_as_many_more_may_wait_for_a_flush_or_a_line_and_no_more(width: int) -> None:
    scene = Scene(width)
    seen: set[int] = set()
    scene.watched = lambda: seen.add(len(scene.open) - len(scene.asked))
    with scene.stream:
        for name in names(60):
            scene.add(name, wish(name), W, row(name))
    # One of them is the one that goes on.
    assert max(seen) <= width * 3 // 2 + 1


def test_no_more_bytes_are_under_way_than_there_is_room_for() -> None:
    scene = Scene(100)
    seen: list[int] = []
    scene.watched = lambda: seen.append(sum(scene.open.values()))
    with scene.stream:
        for name in names(40):
            scene.add(name, W, row(name), size=ROOM // 8)
    assert max(seen) == ROOM


def test_all_room_may_be_used_and_not_a_byte_more() -> None:
    scene = Scene(100)
    scene.add("a", W, size=ROOM - 1)
    scene.add("b", W, size=1)
    assert [*scene.open] == ["a", "b"]
    scene.add("c", W, size=1)
    # The first had to end for it.
    assert [*scene.open] == ["b", "c"]
    scene.stream.end()


def test_a_larger_one_than_there_is_room_for_goes_by_itself() -> None:
    scene = Scene(100)
    seen: list[list[str]] = []
    scene.watched = lambda: seen.append(sorted(scene.open))
    with scene.stream:
        scene.add("a", W)
        scene.add("large", W, row("large"), size=ROOM * 3)
        scene.add("z", W)
    assert ["large"] in seen
    assert not [at_once for at_once in seen if "large" in at_once and len(at_once) > 1]
    assert "large ends" in scene.journal


def test_a_stream_that_becomes_narrow_ends_what_is_too_much_and_begins_no_more() -> None:
    scene = Scene(8)
    for name in names(6):
        scene.add(name, W)
    scene.stream.narrow(2)
    assert [*scene.open] == ["d004", "d005"]
    seen: set[int] = set()
    scene.watched = lambda: seen.add(len(scene.asked))
    for name in names(46)[6:]:
        scene.add(name, wish(name), W, row(name))
    assert max(seen) == 2
    scene.stream.narrow(3)
    for name in names(50)[46:]:
        scene.add(name, W)
    assert len(scene.asked) == 3


@pytest.mark.parametrize("width", [0, -1])
def test_where_there_is_no_room_at_all_one_goes_by_itself(width: int) -> None:
    scene = Scene(8)
    for name in names(3):
        scene.add(name, wish(name), W, row(name))
    scene.stream.narrow(width)
    assert scene.open == {}
    seen: set[int] = set()
    scene.watched = lambda: seen.add(len(scene.asked))
    for name in names(20):
        scene.add(name, wish(name), W, row(name))
    scene.stream.end()
    assert max(seen) == 1


def test_what_was_given_away_takes_no_room_any_more() -> None:
    scene = Scene(2)
    scene.add("away", A, W, size=ROOM)
    scene.add("b", W, size=1)
    scene.add("c", W, size=ROOM - 1)
    assert scene.journal == ["away begins", "b begins", "c begins"]
    scene.take_over()
    scene.stream.end()
    assert scene.open == {}


def test_what_ended_at_once_takes_no_room() -> None:
    scene = Scene(1)
    for name in names(5):
        scene.add(name, size=ROOM)
    assert scene.journal == [
        line for name in names(5) for line in (f"{name} begins", f"{name} ends")
    ]


# In which order.


@pytest.mark.parametrize("width", [1, 3, 8])
def test_what_is_written_down_is_so_before_anything_else_is_done(width: int) -> None:
    scene = Scene(width)
    with scene.stream:
        for name in names(20):
            scene.add(name, wish(name), W, row(name), gone(name))
    for name in names(20):
        assert scene.told_of(name) == [
            f"{name} begins",
            f"{name}: wish",
            f"{name} goes on",
            f"{name} goes on",
            f"{name}: row",
            f"{name} goes on",
            f"{name}: row",
            f"{name} goes on",
            f"{name} ends",
        ]


def test_what_several_keys_ask_for_is_written_down_in_one_go() -> None:
    scene = Scene(4)
    with scene.stream:
        for name in "abcd":
            scene.add(name, wish(name), W, row(name))
        assert scene.calls == [["a: wish", "b: wish", "c: wish", "d: wish"]]
    assert scene.calls[1:] == [["a: row", "b: row", "c: row", "d: row"]]


def test_however_wide_it_is_no_more_than_so_many_wait_to_be_written_down() -> None:
    """Each of them may hold a file open, and a process may not have many."""
    scene = Scene(8 * TOGETHER)
    for name in names(TOGETHER):
        assert scene.calls == []
        scene.add(name, wish(name), W)
    assert [len(call) for call in scene.calls] == [TOGETHER]
    scene.stream.end()


def test_at_the_end_it_is_written_down_however_little_it_is() -> None:
    scene = Scene(16)
    scene.add("a", row("a"))
    scene.add("b", row("b"))
    assert scene.calls == []
    scene.stream.end()
    assert scene.calls == [["a: row", "b: row"]]
    scene.happened(
        ["a begins", "b begins", "a: row", "b: row", "a goes on", "a ends", "b goes on", "b ends"]
    )


def test_while_some_wait_to_be_written_down_the_others_are_on_their_way() -> None:
    scene = Scene(8)
    for name in names(8):
        scene.add(name, W, row(name))
    scene.add("next", W)
    # One was heard, to make room for one; nobody waited for the other seven.
    assert scene.calls == []
    assert scene.asked == {*names(8)[1:], "next"}
    scene.stream.end()
    assert scene.open == {}


def test_when_they_are_written_down_no_more_are_sent_than_there_is_room_for() -> None:
    scene = Scene(4)
    for name in names(3):
        scene.add(name, W)
    for name in "abcd":
        scene.add(name, wish(name), W)
    assert scene.calls == [["a: wish", "b: wish", "c: wish", "d: wish"]]
    # There was a line for one of them, and nobody was waited for.
    assert scene.asked == {*names(3), "a"}
    scene.add("e", wish("e"), W)
    assert scene.asked == {*names(3)[1:], *"ab"}
    scene.stream.end()
    assert scene.open == {}


def test_while_all_lines_are_busy_the_next_ones_are_made_ready() -> None:
    """An answer that nobody waits for yet is a line that lies idle until they are."""
    scene = Scene(4)
    for name in names(4):
        scene.add(name, wish(name), W, row(name))
    for name in "abcd":
        scene.add(name, wish(name), W, row(name))
    assert scene.calls[1:] == [["a: wish", "b: wish", "c: wish", "d: wish"]]
    assert scene.asked == {*names(4)}
    assert not [name for name in names(4) if f"{name}: row" in scene.journal]
    # From now on one is heard for each that comes, and one is sent.
    for number, name in enumerate("efg", 1):
        scene.add(name, wish(name), W, row(name))
        assert scene.asked == {*names(4)[number:], *"abc"[:number]}
    scene.stream.end()
    assert scene.open == {}


def test_larger_ones_are_written_down_before_all_others_are_over() -> None:
    scene = Scene(64)
    for name in names(8):
        scene.add(name, W, row(name), size=ROOM // 8)
    scene.add("next", W, size=ROOM // 8)
    # Half of them, and not the last of them only.
    assert scene.calls == [[f"{name}: row" for name in names(4)]]
    assert scene.asked == {*names(8)[4:], "next"}


def test_all_that_one_asks_for_at_once_is_written_down_at_once(tmp_path: Path) -> None:
    scene, store = Scene(), LocalStore(tmp_path, tag="me")
    scene.add("a", (Settle(store), *wish("a"), *gone("b")))
    scene.stream.end()
    assert scene.calls == [["settled", "a: wish", "b: row"]]


@pytest.mark.parametrize("width", [1, 2, 5])
def test_nobody_is_waited_for_while_there_is_room_to_ask_others(width: int) -> None:
    scene = Scene(width)
    for name in names(width):
        scene.add(name, W, W)
    assert scene.journal == [f"{name} begins" for name in names(width)]


def test_whoever_was_asked_first_is_heard_first_and_nobody_else_before_it_must_be() -> None:
    scene = Scene(3)
    for name in "abc":
        scene.add(name, W)
    scene.add("d", W)
    assert scene.journal[3:] == ["d begins", "a goes on", "a ends"]
    scene.add("e", W)
    assert scene.journal[6:] == ["e begins", "b goes on", "b ends"]
    scene.stream.end()


def test_who_waits_twice_comes_behind_those_who_wait_already() -> None:
    scene = Scene(2)
    scene.add("a", W, W)
    scene.add("b", W)
    scene.stream.end()
    scene.happened(
        ["a begins", "b begins", "a goes on", "b goes on", "b ends", "a goes on", "a ends"]
    )


def test_wishes_are_sent_as_soon_as_they_are_written_down() -> None:
    scene = Scene(2)
    for name in "ab":
        scene.add(name, wish(name), W)
    scene.happened_so_far(["a begins", "b begins", "a: wish", "b: wish", "a goes on", "b goes on"])
    scene.stream.end()


# Those that take long.


def test_what_takes_long_is_given_away_as_it_stands() -> None:
    scene = Scene()
    scene.add("a", wish("a"), W, A, row("a"))
    scene.add("b", W)
    scene.stream.end()
    # The rest of it is up to whoever was given it.
    assert scene.told_of("a") == ["a begins", "a: wish", "a goes on", "a goes on"]
    assert [*scene.open] == ["a"]
    scene.take_over()
    assert scene.told_of("a")[4:] == ["a goes on", "a: row", "a goes on", "a ends"]


def test_what_takes_long_from_the_beginning_is_given_away_at_once() -> None:
    scene = Scene()
    scene.add("a", A)
    assert len(scene.given) == 1
    assert scene.journal == ["a begins"]
    scene.take_over()


# The end.


def test_the_end_is_reached_when_nothing_is_under_way() -> None:
    scene = Scene(8)
    for name in "abc":
        scene.add(name, W, wish(name), W, W, row(name), W)
    scene.stream.end()
    assert scene.open == {}
    assert [line for line in scene.journal if "ends" in line] == ["a ends", "b ends", "c ends"]


def test_after_an_end_it_goes_on_as_before() -> None:
    scene = Scene(2)
    for name in "abc":
        scene.add(name, W, row(name), size=ROOM)
        scene.stream.end()
        assert scene.journal[-1] == f"{name} ends"
    assert len(scene.calls) == 3


def test_leaving_it_is_an_end() -> None:
    scene = Scene()
    with scene.stream as stream:
        assert stream is scene.stream
        scene.add("a", W, row("a"))
    assert scene.journal[-1] == "a ends"


def test_an_end_of_nothing_writes_nothing() -> None:
    scene = Scene()
    with scene.stream:
        scene.stream.end()
    assert (scene.calls, scene.journal) == ([], [])
