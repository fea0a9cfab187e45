"""Whatever a bucket can and cannot do, a sync comes to the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from buckia.stores.memory import MemoryStore
from buckia.testing.faults import Fails
from tests.engine.bench import OLD, Bench, actions, lacking, memory, whenever

ABILITIES = (
    "ReadsRanges",
    "WritesConditionally",
    "BeginsWrites",
    "BeginsReads",
    "DeletesConditionally",
    "DeletesMany",
    "CopiesInside",
    "CopiesConditionally",
    "MovesInside",
    "Digests",
    "GivesUrls",
    "Identifies",
)

KINDS: dict[str, Callable[[], MemoryStore]] = {
    "as it is": memory,
    "lists md5": lambda: memory(lists=["md5"]),
    "lists both": lambda: memory(lists=["md5", "sha256"]),
    "lists no digest": lambda: memory(lists=[]),
    "tells a digest when asked": lambda: memory(lists=[], tells=["sha256"]),
    "only hints": lambda: memory(lists=[], hints=["md5"]),
    "only hints, and computes nothing": lambda: lacking("Digests", lists=[], hints=["md5"]),
    "nothing to compare by": lambda: lacking("Digests", lists=[]),
    "no times": lambda: memory(keeps_mtime=False),
    "times only when asked": lambda: memory(lists_mtime=False),
    "no metadata": lambda: memory(keeps_metadata=False),
    "a tree of folders": lambda: memory(flat=False),
    "conditions for empty bodies only": lambda: memory(conditional_write_limit=0),
    "pages of one": lambda: memory(page_size=1),
    **{f"lacks {one}": partial(lacking, one) for one in ABILITIES},
    "lacks everything": lambda: lacking(*ABILITIES),
    "lacks everything and lists nothing": lambda: lacking(*ABILITIES, lists=[], keeps_mtime=False),
}


TELLING = (
    "as it is",
    "lists md5",
    "only hints",
    "nothing to compare by",
    "times only when asked",
    "lacks everything and lists nothing",
)
"""Those that lead the engine on different ways to know what is the same."""


@pytest.fixture(params=KINDS)
def every_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench(tmp_path, KINDS[request.param]())


@pytest.fixture(params=TELLING)
def any_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench(tmp_path, KINDS[request.param]())


def agreed_once(bench: Bench) -> None:
    for key in ("changed-here", "changed-there", "gone-here", "gone-there", "d/moved", "stays"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()


def busy(bench: Bench) -> None:
    """Every cell of the table at once, and a rename on each side."""
    agreed_once(bench)
    bench.put_here("changed-here", "changed here")
    bench.put_there("changed-there", "changed there")
    bench.drop_here("gone-here")
    bench.drop_there("gone-there")
    bench.put_here("new/here", "new here")
    bench.put_there("new/there", "new there")
    bench.rename_here("d/moved", "e/moved")


WANTED = {
    "changed-here": "changed here",
    "changed-there": "changed there",
    "new/here": "new here",
    "new/there": "new there",
    "e/moved": "agreed d/moved",
    "stays": "agreed stays",
}


def test_a_two_way_sync_comes_to_the_same(every_bench: Bench) -> None:
    busy(every_bench)
    told = actions(every_bench.status(delete_orphaned=True))
    result = every_bench.done(delete_orphaned=True)
    every_bench.agreed(WANTED)
    assert actions(result) == told
    assert told == {
        ("upload", "changed-here"),
        ("download", "changed-there"),
        ("delete_remote", "gone-here"),
        ("delete_local", "gone-there"),
        ("upload", "new/here"),
        ("download", "new/there"),
        ("rename_remote", "e/moved"),
    }
    counted = (result.uploaded, result.downloaded, result.deleted_local, result.deleted_remote)
    assert counted == (2, 2, 1, 1)
    assert (result.renamed, result.unchanged) == (1, 1)


def test_without_deletions_both_sides_hold_all_keys(any_bench: Bench) -> None:
    busy(any_bench)
    any_bench.done()
    restored = {key: f"agreed {key}" for key in ("gone-here", "gone-there", "d/moved")}
    any_bench.agreed({**WANTED, **restored})


def test_a_push_makes_the_bucket_like_the_folder(any_bench: Bench) -> None:
    busy(any_bench)
    here = any_bench.here()
    any_bench.done(direction="push", delete_orphaned=True)
    any_bench.agreed(here)
    assert "gone-there" in here
    assert {one.data for one in any_bench.trash()} == {b"changed there", b"new there"}


def test_a_pull_makes_the_folder_like_the_bucket(any_bench: Bench) -> None:
    busy(any_bench)
    there = any_bench.there()
    any_bench.done(direction="pull", delete_orphaned=True)
    any_bench.agreed(there)
    kept = {one.data for one in any_bench.trash()}
    assert {b"changed here", b"new here"} <= kept


@pytest.mark.parametrize("policy", ["local_wins", "remote_wins"])
def test_a_conflict_is_resolved_and_its_loser_is_kept(any_bench: Bench, policy: str) -> None:
    agreed_once(any_bench)
    any_bench.put_here("stays", "edited here")
    any_bench.put_there("stays", "edited there")
    result = any_bench.done(conflict_resolution=policy)
    won, lost = (b"edited here", b"edited there")
    if policy == "remote_wins":
        won, lost = lost, won
    assert any_bench.here()["stays"] == any_bench.there()["stays"] == won
    [conflict] = result.conflicts
    assert (conflict.path, conflict.resolution) == ("stays", policy)
    assert conflict.kept is not None
    assert Path(conflict.kept).read_bytes() == lost


def test_both_versions_of_a_conflict_are_kept_on_both_sides(any_bench: Bench) -> None:
    agreed_once(any_bench)
    any_bench.put_here("stays", "edited here")
    any_bench.put_there("stays", "edited there")
    result = any_bench.done(conflict_resolution="keep_both")
    [conflict] = result.conflicts
    assert conflict.kept is not None
    for side in (any_bench.here(), any_bench.there()):
        assert side["stays"] == b"edited there"
        assert side[conflict.kept] == b"edited here"
        assert len(side) == 7


def test_an_earlier_copy_is_never_written_over(any_bench: Bench) -> None:
    """Two losers with the same time and other bytes would have copies of one name."""
    agreed_once(any_bench)
    for text in ("first", "second"):
        any_bench.put_here("stays", f"{text} edit here", OLD)
        any_bench.put_there("stays", f"{text} edit there")
        any_bench.done(conflict_resolution="keep_both")
    assert any_bench.here() == any_bench.there()
    copies = {key: data for key, data in any_bench.here().items() if ".conflict-" in key}
    assert set(copies.values()) == {b"first edit here", b"second edit here"}


def test_equal_edits_on_both_sides_are_adopted(any_bench: Bench) -> None:
    agreed_once(any_bench)
    any_bench.put_here("stays", "the same edit")
    any_bench.put_there("stays", "the same edit")
    any_bench.script()
    result = any_bench.sync()
    assert (result.adopted, result.conflicts) == (1, ())
    assert not result.bytes_up
    assert not any_bench.changes()
    assert not any_bench.status().actions


def test_what_was_stored_again_with_the_same_bytes_is_no_edit(any_bench: Bench) -> None:
    agreed_once(any_bench)
    any_bench.put_there("stays", "agreed stays")
    any_bench.put_here("stays", "edited here")
    result = any_bench.done()
    assert not result.conflicts
    assert any_bench.there()["stays"] == b"edited here"


def test_deletions_against_edits_keep_the_edit(any_bench: Bench) -> None:
    agreed_once(any_bench)
    any_bench.put_here("gone-there", "edited here")
    any_bench.drop_there("gone-there")
    any_bench.put_there("gone-here", "edited there")
    any_bench.drop_here("gone-here")
    result = any_bench.done(delete_orphaned=True)
    assert {one.path for one in result.conflicts} == {"gone-here", "gone-there"}
    for side in (any_bench.here(), any_bench.there()):
        assert side["gone-there"] == b"edited here"
        assert side["gone-here"] == b"edited there"


def test_a_large_file_goes_up_and_comes_down_whole(any_bench: Bench) -> None:
    data = bytes(range(256)) * (5 << 12)
    any_bench.put_here("up", data)
    any_bench.put_there("down", data[::-1])
    result = any_bench.done()
    assert (result.bytes_up, result.bytes_down) == (len(data), len(data))
    any_bench.agreed({"up": data, "down": data[::-1]})


def test_an_empty_file_travels_both_ways(any_bench: Bench) -> None:
    any_bench.put_here("up", b"")
    any_bench.put_there("down", b"")
    any_bench.done()
    any_bench.agreed({"up": b"", "down": b""})


def test_an_edit_that_nobody_saw_is_not_written_over_without_conditions(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lacking("WritesConditionally", "DeletesConditionally"))
    for key in ("edited", "deleted"):
        bench.put_here(key, f"agreed {key}")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_here("edited", "edited here")
    bench.drop_here("deleted")

    def meanwhile() -> None:
        bench.put_there("edited", "a stranger's edit")
        bench.put_there("deleted", "a stranger's edit too")

    bench.between = meanwhile
    result = bench.sync(delete_orphaned=True, conflict_resolution="keep_both")
    bench.between = lambda: None
    assert bench.there()["edited"] == b"a stranger's edit"
    assert bench.there()["deleted"] == b"a stranger's edit too"
    assert b"edited here" in bench.there().values()
    assert {one.path for one in result.conflicts} == {"edited", "deleted"}


def test_the_size_above_which_no_condition_is_honoured_is_respected(tmp_path: Path) -> None:
    bench = Bench(tmp_path, memory(conditional_write_limit=5))
    bench.put_here("small", "12345")
    bench.put_here("large", "123456")
    bench.done()
    assert bench.store.called("write_if") == ["small"]
    assert bench.store.called("write") == ["large"]


def test_the_time_of_a_file_travels_where_the_store_keeps_times(tmp_path: Path) -> None:
    for keeps in (True, False):
        bench = Bench(tmp_path / str(keeps), memory(keeps_mtime=keeps))
        stamp = 1_700_000_000_123_456_000
        bench.put_here("up", "u", stamp)
        bench.put_there("down", "d", stamp)
        bench.done()
        assert (bench.bucket.stat("up").mtime_ns == stamp) is keeps
        assert ((bench.root / "down").stat().st_mtime_ns == stamp) is keeps


def test_a_time_that_only_the_object_tells_is_that_of_the_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path, memory(lists_mtime=False))
    bench.put_there("down", "d", 1_700_000_000_123_456_000)
    bench.done()
    assert (bench.root / "down").stat().st_mtime_ns == 1_700_000_000_123_456_000


def test_the_content_type_is_guessed_from_the_name(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.put_here("a.png", "p")
    bench.put_here("a.unknown-ending", "u")
    bench.done()
    assert bench.bucket.stored("a.png").content_type == "image/png"
    assert bench.bucket.stored("a.unknown-ending").content_type is None


def test_a_fault_in_an_ability_that_is_lacking_is_never_met(tmp_path: Path) -> None:
    broken = Fails(lambda _key: pytest.fail("it was asked for what it lacks"))
    bench = Bench(tmp_path, lacking(*ABILITIES))
    busy(bench)
    asked = "write_if delete_if delete_many copy copy_if move digest read_range"
    bench.script(*whenever(asked, broken))
    bench.done(delete_orphaned=True)
    assert msgspec.structs.asdict(bench.bucket.traits)["lacks"] == frozenset(ABILITIES)
