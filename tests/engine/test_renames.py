"""Renames, and new keys whose bytes the bucket has already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buckia.errors import StorageError
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Fails, Pauses
from tests.engine.bench import (
    COPIES,
    WRITES,
    Bench,
    actions,
    lacking,
    memory,
    whenever,
)

BIG = b"b" * 100_000
COPYING = ("CopiesInside", "CopiesConditionally")
WAYS: dict[str, tuple[Callable[[], MemoryStore], str]] = {
    "moves": (lambda: lacking(*COPYING), "move"),
    "copies": (lambda: lacking("MovesInside"), "copy_if"),
    "copies over nothing only": (lambda: lacking("MovesInside", "CopiesInside"), "copy_if"),
    "copies over anything": (lambda: lacking("MovesInside", "CopiesConditionally"), "copy"),
    "copies without digests": (lambda: lacking("MovesInside", "Digests", lists=[]), "copy_if"),
    "neither": (lambda: lacking("MovesInside", *COPYING), "write_if"),
    "nothing": (
        lambda: lacking("MovesInside", *COPYING, "WritesConditionally", "Digests", lists=[]),
        "write",
    ),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Bench, str]:
    make, operation = WAYS[request.param]
    bench = Bench(tmp_path, make())
    bench.put_here("old", BIG)
    bench.put_here("rest", "rest")
    bench.sync()
    bench.script()
    return bench, operation


def test_a_rename_here_counts_as_one_however_the_bucket_does_it(way: tuple[Bench, str]) -> None:
    bench, operation = way
    bench.rename_here("old", "d/new")
    foretold = bench.status(delete_orphaned=True)
    result = bench.done(delete_orphaned=True)
    assert (result.renamed, result.uploaded, result.deleted) == (1, 0, 0)
    assert (foretold.renamed, foretold.bytes_up) == (1, result.bytes_up)
    bench.agreed({"d/new": BIG, "rest": "rest"})
    assert bench.asked()[operation] == 1
    assert result.bytes_up == (len(BIG) if operation.startswith("write") else 0)


def test_a_rename_in_the_bucket_moves_the_file_here(way: tuple[Bench, str]) -> None:
    bench, _ = way
    inode = (bench.root / "old").stat().st_ino
    bench.put_there("d/new", BIG)
    bench.drop_there("old")
    result = bench.done(delete_orphaned=True)
    bench.agreed({"d/new": BIG, "rest": "rest"})
    told = bench.bucket.traits.digests or "Digests" not in bench.bucket.traits.lacks
    assert (result.renamed == 1) is bool(told), "only a digest shows it, and none is read for that"
    if told:
        assert not result.bytes_down
        assert (bench.root / "d/new").stat().st_ino == inode


def test_without_deletions_a_rename_is_a_copy_and_the_old_key_stays(
    way: tuple[Bench, str],
) -> None:
    bench, operation = way
    bench.rename_here("old", "new")
    result = bench.done()
    bench.agreed({"old": BIG, "new": BIG, "rest": "rest"})
    assert result.bytes_up == (len(BIG) if not operation.startswith("copy") else 0)
    assert bench.asked()["delete"] + bench.asked()["delete_if"] == 0


def test_two_renames_of_equal_files_find_two_old_keys(bench: Bench) -> None:
    for key in ("x/one", "x/two"):
        bench.put_here(key, BIG)
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("x/one", "y/one")
    bench.rename_here("x/two", "y/two")
    result = bench.done(delete_orphaned=True)
    assert (result.renamed, result.bytes_up) == (2, 0)
    bench.agreed({"y/one": BIG, "y/two": BIG, "rest": "rest"})


def test_more_new_keys_than_old_ones_are_uploaded(bench: Bench) -> None:
    bench.put_here("old", BIG)
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    bench.put_here("copy", BIG)
    result = bench.done(delete_orphaned=True)
    assert (result.renamed, result.uploaded) == (1, 1)
    bench.agreed({"new": BIG, "copy": BIG, "rest": "rest"})


def test_a_file_that_was_renamed_and_edited_is_a_new_one(bench: Bench) -> None:
    bench.put_here("old", "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    bench.put_here("new", "edited")
    result = bench.done(delete_orphaned=True)
    assert actions(result) == {("upload", "new"), ("delete_remote", "old")}
    bench.agreed({"new": "edited", "rest": "rest"})


def test_a_rename_here_of_what_was_edited_there_keeps_both(bench: Bench) -> None:
    bench.put_here("old", "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    bench.put_there("old", "edited there")
    bench.done(delete_orphaned=True)
    bench.agreed({"new": "agreed", "old": "edited there", "rest": "rest"})


def test_both_sides_rename_to_the_same_name(bench: Bench) -> None:
    bench.put_here("old", "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    bench.put_there("new", "agreed")
    bench.drop_there("old")
    result = bench.done(delete_orphaned=True)
    assert actions(result) == {("adopt", "new")}
    bench.agreed({"new": "agreed", "rest": "rest"})


def test_both_sides_rename_to_different_names(bench: Bench) -> None:
    bench.put_here("old", "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new-here")
    bench.put_there("new-there", "agreed")
    bench.drop_there("old")
    bench.done(delete_orphaned=True)
    bench.agreed({"new-here": "agreed", "new-there": "agreed", "rest": "rest"})


def test_names_that_change_places_keep_their_bytes(bench: Bench) -> None:
    bench.put_here("a", "bytes of a")
    bench.put_here("b", "bytes of b")
    bench.done()
    bench.rename_here("a", "c")
    bench.rename_here("b", "a")
    bench.rename_here("c", "b")
    bench.done(delete_orphaned=True)
    bench.agreed({"a": "bytes of b", "b": "bytes of a"})


def test_a_chain_of_renames_arrives(bench: Bench) -> None:
    for key in "abc":
        bench.put_here(key, f"bytes of {key}")
    bench.done()
    bench.rename_here("c", "d")
    bench.rename_here("b", "c")
    bench.rename_here("a", "b")
    bench.done(delete_orphaned=True)
    bench.agreed({"b": "bytes of a", "c": "bytes of b", "d": "bytes of c"})


@pytest.mark.parametrize("direction", ["push", "both"])
def test_a_renamed_folder_is_renamed_key_by_key(bench: Bench, direction: str) -> None:
    keys = [f"old/{n:02}" for n in range(20)]
    for key in keys:
        bench.put_here(key, f"bytes of {key}")
    bench.put_here("rest", "rest")
    bench.done()
    (bench.root / "old").rename(bench.root / "new")
    result = bench.done(delete_orphaned=True, direction=direction)
    assert (result.renamed, result.bytes_up) == (20, 0)
    assert len(bench.there()) == 21


def test_the_metadata_of_others_is_kept_in_a_rename(bench: Bench) -> None:
    from buckia.body import BytesBody

    body = BytesBody(data=b"x", content_type="text/odd", metadata={"colour": "blue"})
    bench.bucket.write("old", body)
    bench.put_there("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    bench.done(delete_orphaned=True)
    stored = bench.bucket.stored("new")
    assert stored.content_type == "text/odd"
    assert stored.metadata == {"colour": "blue"}


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"lacks": frozenset({"MovesInside"})},
        {"lacks": frozenset({"MovesInside", "CopiesConditionally"})},
    ],
    ids=["moves", "copies", "copies over anything"],
)
def test_an_edit_there_while_it_is_renamed_is_not_lost(
    tmp_path: Path, facts: dict[str, Any]
) -> None:
    bench = Bench(tmp_path, memory(**facts))
    bench.put_here("old", "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    bench.between = lambda: bench.put_there("old", "a stranger's edit")
    bench.sync(delete_orphaned=True)
    bench.between = lambda: None
    bench.sync(delete_orphaned=True)
    bench.agreed({"new": "agreed", "old": "a stranger's edit", "rest": "rest"})


def test_a_copy_that_is_not_what_was_copied_costs_the_old_key_nothing(tmp_path: Path) -> None:
    """A store that copies wrongly is found out before the old key goes."""

    class Careless(MemoryStore):
        def copy_if(self, source: str, target: str, **how: Any) -> Any:
            from buckia.body import BytesBody

            super().copy_if(source, target, **how)
            return self.write(target, BytesBody(data=b"something else"))

    bench = Bench(tmp_path, Careless(traits=lacking("MovesInside").traits))
    bench.put_here("old", BIG)
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    result = bench.sync(delete_orphaned=True)
    assert result.exit_code == 1
    assert "Corrupted" in {one.error for one in result.failed}
    assert bench.there()["old"] == BIG
    assert "new" not in bench.rows()


def test_a_rename_that_fails_leaves_both_names_to_the_next_run(bench: Bench) -> None:
    bench.put_here("old", BIG)
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    bench.script(At("move", Fails(lambda key: StorageError("not today", key=key))))
    result = bench.sync(delete_orphaned=True)
    assert result.exit_code == 1
    assert bench.there()["old"] == BIG
    bench.script()
    assert bench.done(delete_orphaned=True).renamed == 1
    bench.agreed({"new": BIG, "rest": "rest"})


def test_a_rename_by_transfer_is_a_transfer_among_others(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lacking("MovesInside", *COPYING))
    bench.put_here("old", BIG)
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    result = bench.sync(delete_orphaned=True, max_transfer=10)
    assert (result.renamed, [one.path for one in result.failed]) == (0, ["new"])
    assert bench.there() == {"old": BIG, "rest": b"rest"}
    bench.done(delete_orphaned=True)
    bench.agreed({"new": BIG, "rest": "rest"})


def test_a_rename_by_transfer_deletes_nothing_when_the_transfer_fails(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lacking("MovesInside", *COPYING))
    bench.put_here("old", BIG)
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    bench.script(whenever(WRITES, Fails(lambda key: StorageError("not today", key=key))))
    result = bench.sync(delete_orphaned=True)
    assert result.exit_code == 1
    assert bench.there() == {"old": BIG, "rest": b"rest"}
    bench.script()
    bench.done(delete_orphaned=True)
    bench.agreed({"new": BIG, "rest": "rest"})


@pytest.mark.parametrize("copying", COPYING)
def test_a_twin_that_vanishes_meanwhile_is_uploaded(tmp_path: Path, copying: str) -> None:
    bench = Bench(tmp_path, lacking(copying))
    bench.put_here("old", BIG)
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    gone = Pauses(lambda _call: bench.drop_there("old"))
    bench.script(*whenever(COPIES, gone, nth=1))
    result = bench.sync()
    assert not result.failed
    assert sum(bench.asked()[one] for one in COPIES.split()) == 1
    bench.sync()
    assert bench.there()["new"] == BIG
    assert bench.here()["new"] == BIG


def test_the_plan_says_what_a_rename_was(bench: Bench) -> None:
    bench.put_here("old", BIG)
    bench.put_here("rest", "rest")
    bench.done()
    bench.rename_here("old", "new")
    [step] = bench.status(delete_orphaned=True).actions
    assert (step.action, step.path, step.reason) == ("rename_remote", "new", "was old")
