"""Sides that change between the listing, the plan and the transfer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.testing.faults import At, Call, Pauses
from tests.engine.bench import (
    DELETES,
    READS,
    WRITES,
    Bench,
    lacking,
    whenever,
)

Made = Callable[..., Bench]
LARGE = bytes(range(256)) * (5 << 12)
UNCONDITIONAL = (
    "WritesConditionally",
    "DeletesConditionally",
    "CopiesConditionally",
    "MovesInside",
)
WAITING = ("BeginsReads", "BeginsWrites")
KINDS = {
    "with conditions": (),
    "waiting for each answer": WAITING,
    "without": UNCONDITIONAL,
    "without, nor copies": (*UNCONDITIONAL, *WAITING, "CopiesInside"),
}


@pytest.fixture(params=KINDS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    bench = Bench(tmp_path, lacking(*KINDS[request.param]))
    for key in ("a", "b", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    return bench


def once(act: Callable[[], object]) -> Pauses:
    left = [act]

    def hook(_call: Call) -> None:
        if left:
            left.pop()()

    return Pauses(hook)


def always(act: Callable[[int], object]) -> Pauses:
    numbers = count(1)

    def hook(_call: Call) -> None:
        act(next(numbers))

    return Pauses(hook)


def test_an_object_that_was_edited_since_the_listing_comes_in_its_newer_version(
    either: Bench,
) -> None:
    either.put_there("a", "first edit")
    either.between = lambda: either.put_there("a", "second edit")
    result = either.sync()
    assert (result.downloaded, result.failed, result.conflicts) == (1, (), ())
    either.between = lambda: None
    either.agreed({"a": "second edit", "b": "agreed b", "rest": "agreed rest"})


def test_an_object_that_vanished_since_the_listing_is_gone(either: Bench) -> None:
    either.put_there("a", "first edit")
    either.between = lambda: either.drop_there("a")
    result = either.sync(delete_orphaned=True)
    assert not result.failed
    either.between = lambda: None
    either.done(delete_orphaned=True)
    either.agreed({"b": "agreed b", "rest": "agreed rest"})


def test_an_object_that_appeared_under_a_new_key_is_a_conflict_and_not_written_over(
    either: Bench,
) -> None:
    either.put_here("new", "mine")
    either.between = lambda: either.put_there("new", "a stranger's")
    result = either.sync()
    either.between = lambda: None
    [conflict] = result.conflicts
    assert conflict.resolution == "keep_both"
    assert {b"mine", b"a stranger's"} <= set(either.there().values())
    assert either.here() == either.there()


def test_the_same_bytes_that_appeared_meanwhile_are_adopted(either: Bench) -> None:
    either.put_here("new", "the same")
    either.between = lambda: either.put_there("new", "the same")
    result = either.sync()
    either.between = lambda: None
    assert not result.conflicts
    assert either.there()["new"] == b"the same"
    assert not either.status().actions


def test_a_conflict_that_arises_meanwhile_follows_the_policy(either: Bench) -> None:
    either.put_here("a", "edited here")
    either.between = lambda: either.put_there("a", "edited there")
    result = either.sync(conflict_resolution="local_wins")
    either.between = lambda: None
    assert [one.resolution for one in result.conflicts] == ["local_wins"]
    assert either.there()["a"] == b"edited here"
    assert [one.data for one in either.trash()] == [b"edited there"]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_object_that_changes_a_few_times_and_rests_comes_in_the_same_run(
    either: Bench, times: int
) -> None:
    either.put_there("a", "edit 0")
    change = always(lambda n: either.put_there("a", f"edit {n}"))
    either.script(whenever(READS, change, key="a", nth=range(1, times + 1)))
    result = either.sync()
    assert not result.failed
    assert either.here()["a"] == f"edit {times}".encode()
    assert not either.status().actions


def test_an_object_that_keeps_changing_is_reported_and_not_recorded(either: Bench) -> None:
    either.put_there("a", "edit 0")
    change = always(lambda n: either.put_there("a", f"edit {n}"))
    either.script(whenever(READS, change, key="a"))
    result = either.sync()
    assert [(one.path, one.error) for one in result.failed] == [("a", "VersionMismatch")]
    assert "keeps changing" in result.failed[0].message
    assert result.exit_code == 1
    assert either.here()["a"] == b"agreed a"
    assert 2 <= len(either.store.called("read")) <= 20
    either.script()
    either.done()
    assert either.here()["a"] == either.there()["a"]


def test_a_key_that_a_stranger_writes_before_each_of_our_writes_is_reported(bench: Bench) -> None:
    bench.put_here("a", "agreed")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_here("a", "edited here")
    change = always(lambda n: bench.put_there("a", f"edit {n}"))
    bench.script(At("write_if", change, key="a"))
    result = bench.sync(conflict_resolution="local_wins")
    assert [(one.path, one.error) for one in result.failed] == [("a", "VersionMismatch")]
    assert bench.there()["a"].startswith(b"edit ")
    bench.script()
    bench.done(conflict_resolution="local_wins")
    assert bench.there()["a"] == b"edited here"
    assert any(one.data.startswith(b"edit ") for one in bench.trash())


def test_what_keeps_changing_while_it_is_to_be_deleted_is_reported(either: Bench) -> None:
    either.drop_here("a")
    change = always(lambda n: either.put_there("a", f"edit {n}"))
    either.script(whenever(f"{DELETES} stat", change, key="a"))
    result = either.sync(direction="push", delete_orphaned=True)
    if "a" in either.there():
        assert result.exit_code == 1, "it is still there, and nobody said so"
    else:
        lost = {f"edit {n}".encode() for n in range(1, 40)}
        assert lost & {one.data for one in either.trash()}


def test_an_object_that_was_edited_since_the_listing_is_not_deleted(either: Bench) -> None:
    either.drop_here("a")
    either.between = lambda: either.put_there("a", "edited there")
    result = either.sync(delete_orphaned=True)
    either.between = lambda: None
    assert [one.path for one in result.conflicts] == ["a"]
    either.agreed({"a": "edited there", "b": "agreed b", "rest": "agreed rest"})


def test_an_edit_at_the_very_moment_of_a_deletion_is_kept_with_conditions(bench: Bench) -> None:
    for key in ("a", "b"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.drop_here("a")
    bench.script(At("delete_if", once(lambda: bench.put_there("a", "edited there")), key="a"))
    result = bench.sync(delete_orphaned=True)
    assert [one.path for one in result.conflicts] == ["a"]
    bench.agreed({"a": "edited there", "b": "agreed b"})


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["small", "large"])
def test_a_file_that_is_edited_while_it_is_sent_is_never_recorded_as_sent(
    either: Bench, data: bytes
) -> None:
    either.put_here("a", data)
    edit = once(lambda: either.put_here("a", data[::-1]))
    either.script(whenever(WRITES, edit, key="a"))
    either.sync()
    either.script()
    either.done()
    either.agreed({"a": data[::-1], "b": "agreed b", "rest": "agreed rest"})


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["small", "large"])
def test_a_file_that_is_edited_at_every_try_is_reported_or_seen_next_time(
    either: Bench, data: bytes
) -> None:
    either.put_here("a", data)
    edit = always(lambda n: either.put_here("a", data + str(n).encode()))
    either.script(whenever(WRITES, edit, key="a"))
    result = either.sync()
    either.script()
    last = either.here()["a"]
    if either.there()["a"] != last:
        left = either.status()
        assert result.exit_code == 1 or left.actions, "the edit was taken for agreed"
    either.done()
    either.agreed({"a": last, "b": "agreed b", "rest": "agreed rest"})


def test_a_file_that_is_deleted_while_it_is_sent_comes_to_rest(either: Bench) -> None:
    either.put_here("a", LARGE)
    either.script(whenever(WRITES, once(lambda: either.drop_here("a")), key="a"))
    either.sync()
    either.script()
    either.done(delete_orphaned=True)
    assert either.here() == either.there()


def test_a_file_that_is_edited_while_its_new_version_comes_is_not_written_over(
    either: Bench,
) -> None:
    either.put_there("a", "edited there")
    edit = once(lambda: either.put_here("a", "edited here"))
    either.script(whenever(READS, edit, key="a"))
    result = either.sync(conflict_resolution="keep_both")
    assert [one.path for one in result.conflicts] == ["a"]
    assert {b"edited here", b"edited there"} <= set(either.here().values())
    assert either.here() == either.there()


def test_a_file_that_appears_where_a_new_one_comes_is_not_written_over(either: Bench) -> None:
    either.put_there("new", "from there")
    appear = once(lambda: either.put_here("new", "made here"))
    either.script(whenever(READS, appear, key="new"))
    either.sync(conflict_resolution="keep_both")
    assert {b"made here", b"from there"} <= set(either.here().values())
    assert either.here() == either.there()


def test_a_file_that_is_edited_before_its_deletion_comes_stays(either: Bench) -> None:
    either.drop_there("a")
    either.between = lambda: either.put_here("a", "edited here")
    result = either.sync(delete_orphaned=True)
    either.between = lambda: None
    assert [one.path for one in result.conflicts] == ["a"]
    either.agreed({"a": "edited here", "b": "agreed b", "rest": "agreed rest"})


def test_what_one_store_wrote_in_between_without_conditions_is_noticed(tmp_path: Path) -> None:
    """Between our look and our write nothing protects it; the look after shows it at least."""
    bench = Bench(tmp_path, lacking("WritesConditionally"))
    bench.put_here("a", "agreed")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_here("a", "edited here")
    write = bench.bucket.write

    def overwritten(key: str, body: Any) -> Any:
        entry = write(key, body)
        write(key, BytesBody(data=b"a stranger's, just after"))
        bench.bucket.write = write  # type: ignore[method-assign]  # once is enough
        return entry

    bench.bucket.write = overwritten  # type: ignore[method-assign]  # as said
    result = bench.sync(conflict_resolution="keep_both")
    assert [one.path for one in result.conflicts] == ["a"]
    assert {b"edited here", b"a stranger's, just after"} <= set(bench.there().values())


def test_who_takes_the_name_of_a_conflict_copy_meanwhile_keeps_it(either: Bench) -> None:
    either.put_here("a", "edited here")
    either.put_there("a", "edited there")
    [told] = either.status(conflict_resolution="keep_both").conflicts
    assert told.kept is not None
    name = told.kept
    either.between = lambda: either.put_there(name, "somebody else's")
    either.sync(conflict_resolution="keep_both")
    either.between = lambda: None
    assert either.there()[name] == b"somebody else's"
    either.done(conflict_resolution="keep_both")
    wanted = {b"edited here", b"edited there", b"somebody else's"}
    assert either.here() == either.there()
    assert wanted <= set(either.there().values())


def test_progress_and_result_count_a_key_once_though_it_was_planned_again(
    bench: Bench,
) -> None:
    for key in ("a", "b", "c"):
        bench.put_there(key, f"first {key}")
    bench.between = lambda: bench.put_there("b", "second b")
    seen: list[tuple[int, int, str]] = []
    result = bench.sync(
        progress_callback=lambda n, total, _act, path: seen.append((n, total, path))
    )
    assert result.downloaded == 3
    assert sorted(path for _, _, path in seen) == ["a", "b", "c"]
    assert [n for n, _, _ in seen] == [1, 2, 3]


def test_the_hook_of_a_call_is_told_of_its_key() -> None:
    """The tests above hang on it."""
    seen: list[str] = []
    pauses = Pauses(lambda call: seen.append(call.key))
    pauses.hook(Call(operation="read", keys=("a",), nth=1, nth_here=1))
    assert seen == ["a"]
