"""Names from strangers: what a side cannot hold, what collides, what is a file and a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.errors import GuardStopped
from buckia.stores.local.folding import Folding
from buckia.stores.local.store import LocalStore
from buckia.stores.memory import MemoryStore
from tests.engine.bench import Bench, actions, files, lacking, memory, skipped

HOSTILE = (
    "../outside",
    "../../etc/passwd",
    "/absolute",
    "a//b",
    "a/./b",
    "./a",
    "a/../b",
    "C:x",
    "c:/windows",
    "back\\slash",
    "nul\x00byte",
    "d/..",
    "trailing/",
)


def plant(bench: Bench, key: str, data: bytes = b"hostile") -> None:
    """Under a name that no sound store would be asked to take."""
    bench.bucket.write(key, BytesBody(data=data))


@pytest.mark.parametrize("direction", ["both", "push", "pull"])
def test_hostile_keys_are_skipped_and_nothing_is_written_or_deleted(
    bench: Bench, direction: str
) -> None:
    for key in HOSTILE:
        plant(bench, key)
    bench.put_here("good", "good")
    bench.put_there("good", "good")
    outside = set(bench.folder.rglob("*"))
    result = bench.sync(direction=direction, delete_orphaned=True)
    assert skipped(result) == set(HOSTILE)
    assert result.exit_code == 0
    assert not result.failed
    assert bench.here() == {"good": b"good"}
    assert bench.there().keys() == {*HOSTILE, "good"}
    found = {path for path in bench.folder.rglob("*") if bench.state not in path.parents}
    assert found <= {*outside, bench.state}
    assert not (bench.folder.parent / "etc").exists()
    assert bench.rows().keys() == {"good"}


@pytest.mark.parametrize("key", HOSTILE)
def test_each_hostile_key_is_told_with_a_reason(bench: Bench, key: str) -> None:
    plant(bench, key)
    bench.put_there("good", "good")
    [told] = bench.status().skipped
    assert told.path == key
    assert len(told.reason) > 10


def test_a_hostile_key_hides_none_of_its_neighbours(bench: Bench) -> None:
    for key in ("a//b", "a/./b"):
        plant(bench, key)
    for key in ("a/a", "a/c", "a/z"):
        bench.put_there(key, key)
    bench.sync()
    assert bench.here().keys() == {"a/a", "a/c", "a/z"}


@pytest.mark.parametrize("direction", ["both", "push", "pull"])
def test_markers_of_folders_are_neither_downloaded_nor_deleted(
    bench: Bench, direction: str
) -> None:
    for key in ("empty/", "full/", "deep/er/"):
        plant(bench, key, b"")
    bench.put_there("full/a", "a")
    bench.put_here("full/a", "a")
    result = bench.done(direction=direction, delete_orphaned=True)
    assert not result.skipped
    assert bench.here() == {"full/a": b"a"}
    assert not (bench.root / "empty").exists()
    assert {"empty/", "full/", "deep/er/", "full/a"} == bench.there().keys()
    assert bench.rows().keys() == {"full/a"}


def test_a_bucket_of_markers_only_is_an_empty_one(bench: Bench) -> None:
    bench.put_here("d/a", "a")
    bench.done()
    bench.drop_there("d/a")
    plant(bench, "d/", b"")
    with pytest.raises(GuardStopped):
        bench.sync(delete_orphaned=True)
    assert bench.here() == {"d/a": b"a"}


def test_a_flat_bucket_that_holds_a_file_and_a_folder_of_one_name_keeps_both(
    bench: Bench,
) -> None:
    bench.put_there("a", "the file")
    bench.put_there("a/b", "in the folder")
    bench.put_there("c", "c")
    result = bench.sync()
    assert skipped(result) == {"a"}
    assert bench.here() == {"a/b": b"in the folder", "c": b"c"}
    assert bench.there().keys() == {"a", "a/b", "c"}
    again = bench.sync(delete_orphaned=True)
    assert not again.actions
    assert skipped(again) == {"a"}


def test_a_mirror_deletes_a_file_beside_a_folder_of_the_same_name(bench: Bench) -> None:
    bench.put_there("a", "the file")
    bench.put_there("a/b", "in the folder")
    bench.put_there("rest", "rest")
    bench.sync()
    result = bench.done(direction="push", delete_orphaned=True)
    assert result.deleted_remote == 1
    assert bench.there().keys() == {"a/b", "rest"}
    assert [one.data for one in bench.trash()] == [b"the file"]


@pytest.mark.parametrize("side", ["here", "there"])
def test_where_the_other_side_gains_a_folder_of_that_name_the_file_becomes_a_copy(
    bench: Bench, side: str
) -> None:
    bench.put_here("a", "the file")
    bench.put_here("rest", "rest")
    bench.done()
    if side == "there":
        bench.drop_there("a")
        bench.put_there("a/b", "in the folder")
        bench.put_here("a", "the file, edited here")
    else:
        bench.drop_here("a")
        bench.put_here("a/b", "in the folder")
        bench.put_there("a", "the file, edited there")
    result = bench.sync(delete_orphaned=True)
    assert not result.failed
    bench.sync(delete_orphaned=True)
    assert bench.here() == bench.there()
    assert bench.here()["a/b"] == b"in the folder"
    assert any(data.startswith(b"the file, edited") for data in bench.here().values())


def test_where_no_file_has_a_time_a_copy_has_the_same_name_each_time_it_is_planned(
    tmp_path: Path,
) -> None:
    """Or who goes on after a run that was cut off would make a second copy."""
    bench = Bench(tmp_path, memory(keeps_mtime=False))
    bench.put_here("a", "the file")
    bench.put_here("rest", "rest")
    bench.done()
    bench.drop_here("a")
    bench.put_here("a/b", "in the folder")
    [first], [second] = (
        [step.reason for step in bench.status().actions if step.path == "a"] for _ in range(2)
    )
    assert ".conflict-" in first
    assert first == second


def test_a_file_gives_way_to_a_folder_that_took_its_place_here(bench: Bench) -> None:
    bench.put_here("a", "the file")
    bench.put_here("rest", "rest")
    bench.done()
    bench.drop_here("a")
    bench.put_here("a/b", "in the folder")
    bench.done(delete_orphaned=True)
    bench.agreed({"a/b": "in the folder", "rest": "rest"})


def test_a_folder_gives_way_to_a_file_that_took_its_place_there(bench: Bench) -> None:
    bench.put_here("a/b", "in the folder")
    bench.put_here("rest", "rest")
    bench.done()
    bench.drop_there("a/b")
    bench.put_there("a", "the file")
    bench.done(delete_orphaned=True)
    bench.agreed({"a": "the file", "rest": "rest"})


LIMITS: dict[str, tuple[dict[str, Any], str, str]] = {
    "bytes of a key": ({"max_key_bytes": 20}, "d/" + "k" * 19, "d/" + "k" * 18),
    "bytes, not letters": ({"max_key_bytes": 20}, "d/" + "é" * 10, "d/" + "é" * 9),
    "bytes of a name": ({"max_name_bytes": 10}, "d/" + "n" * 11, "d/" + "n" * 10 + "/x"),
    "a forbidden letter": ({"forbidden": "?*"}, "what?", "what!"),
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("direction", ["both", "push"])
def test_a_key_that_the_bucket_cannot_hold_is_told_and_stays_here(
    tmp_path: Path, limit: str, direction: str
) -> None:
    facts, refused, taken = LIMITS[limit]
    bench = Bench(tmp_path, memory(**facts))
    bench.put_here(refused, "refused")
    bench.put_here(taken, "taken")
    result = bench.sync(direction=direction, delete_orphaned=True)
    assert bench.there() == {taken: b"taken"}
    assert bench.here().keys() == {taken, refused}
    assert refused in skipped(result) | {one.path for one in result.failed}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_key_that_the_bucket_can_never_hold_is_skipped_and_no_failure(
    tmp_path: Path, limit: str
) -> None:
    facts, refused, _ = LIMITS[limit]
    bench = Bench(tmp_path, memory(**facts))
    bench.put_here("rest", "rest")
    bench.put_here("gone", "gone")
    bench.sync()
    bench.put_here(refused, "refused")
    bench.drop_here("gone")
    result = bench.sync(delete_orphaned=True)
    assert skipped(result) == {refused}
    assert result.exit_code == 0
    assert "gone" not in bench.there(), "a skipped key withholds no deletion"


def test_a_name_too_long_for_a_disk_is_skipped(bench: Bench) -> None:
    long = "n" * 256
    plant(bench, long)
    bench.put_there("d/" + "n" * 255, "fits")
    result = bench.done(delete_orphaned=True)
    assert skipped(result) == {long}
    assert bench.here().keys() == {"d/" + "n" * 255}
    assert long in bench.there()


def folding_here(bench: Bench, monkeypatch: pytest.MonkeyPatch, fold: Folding) -> None:
    """Let the folder say of itself that it folds names, as those of other systems do."""
    monkeypatch.setattr(LocalStore, "_found_folding", lambda _self: fold)


CASE, FORM = Folding(case=True, form=False), Folding(case=False, form=True)
PAIRS = [(CASE, "Name", "name"), (FORM, "caf\u00e9", "cafe\u0301"), (CASE, "D/x", "d/x")]


@pytest.mark.parametrize(("fold", "one", "other"), PAIRS)
def test_keys_that_are_one_name_here_are_told_and_not_downloaded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fold: Folding, one: str, other: str
) -> None:
    folding_here(bench, monkeypatch, fold)
    for key in (one, other, "rest"):
        bench.put_there(key, key)
    result = bench.sync(delete_orphaned=True)
    assert skipped(result) == {one, other}
    assert bench.here() == {"rest": b"rest"}
    assert bench.there().keys() == {one, other, "rest"}
    assert result.exit_code == 0


@pytest.mark.parametrize(("fold", "one", "other"), PAIRS)
def test_a_key_that_collides_with_one_that_is_there_writes_over_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fold: Folding, one: str, other: str
) -> None:
    folding_here(bench, monkeypatch, fold)
    bench.put_here(one, "agreed")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_there(other, "a stranger's")
    result = bench.sync(delete_orphaned=True)
    assert skipped(result) == {one, other}
    assert bench.here() == {one: b"agreed", "rest": b"rest"}
    bench.drop_there(other)
    assert not bench.sync(delete_orphaned=True).skipped


def test_a_new_spelling_in_the_bucket_is_a_rename_here(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    folding_here(bench, monkeypatch, CASE)
    bench.put_here("name", "agreed")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_there("NAME", "agreed")
    bench.drop_there("name")
    result = bench.sync(delete_orphaned=True)
    assert not result.failed
    assert bench.here() == {"NAME": b"agreed", "rest": b"rest"}


FOLDS: list[tuple[dict[str, bool], str, str]] = [
    ({"folds_case": True}, "Name", "name"),
    ({"folds_form": True}, "caf\u00e9", "cafe\u0301"),
    ({"folds_case": True, "folds_form": True}, "Caf\u00e9", "cafe\u0301"),
]


@pytest.mark.parametrize(("facts", "one", "other"), FOLDS)
@pytest.mark.parametrize("direction", ["both", "push"])
def test_files_that_are_one_name_in_the_bucket_are_told_and_not_uploaded(
    tmp_path: Path, facts: dict[str, bool], one: str, other: str, direction: str
) -> None:
    bench = Bench(tmp_path, memory(**facts))
    for key in (one, other, "rest"):
        bench.put_here(key, key)
    result = bench.sync(direction=direction, delete_orphaned=True)
    assert skipped(result) == {one, other}
    assert bench.there() == {"rest": b"rest"}
    assert bench.here().keys() == {one, other, "rest"}


@pytest.mark.parametrize(("facts", "one", "other"), FOLDS)
def test_a_new_spelling_here_is_brought_to_a_bucket_that_folds_names(
    tmp_path: Path, facts: dict[str, bool], one: str, other: str
) -> None:
    bench = respelled(tmp_path, memory(**facts), one, other)
    result = bench.done(delete_orphaned=True)
    assert result.renamed == 1
    bench.agreed({other: "agreed", "rest": "rest"})


@pytest.mark.parametrize(("facts", "one", "other"), FOLDS)
@pytest.mark.parametrize(
    "abilities",
    [
        ("MovesInside",),
        ("MovesInside", "CopiesConditionally"),
        ("MovesInside", "CopiesConditionally", "CopiesInside"),
    ],
    ids=["copies", "copies over anything", "neither"],
)
@pytest.mark.parametrize("direction", ["both", "push"])
def test_a_new_spelling_that_the_bucket_cannot_take_is_told_and_nothing_is_lost(
    tmp_path: Path,
    facts: dict[str, bool],
    one: str,
    other: str,
    abilities: tuple[str, ...],
    direction: str,
) -> None:
    bench = respelled(tmp_path, lacking(*abilities, **facts), one, other)
    for _ in range(2):
        result = bench.sync(delete_orphaned=True, direction=direction)
        assert skipped(result) == {one, other}
        assert bench.here() == {other: b"agreed", "rest": b"rest"}
        assert bench.there() == {one: b"agreed", "rest": b"rest"}
    bench.rename_here(other, one)
    bench.put_here(one, "edited")
    bench.done(delete_orphaned=True)
    bench.agreed({one: "edited", "rest": "rest"})


def respelled(tmp_path: Path, store: MemoryStore, one: str, other: str) -> Bench:
    """The bucket knows a file by one spelling, and here it has got the other."""
    bench = Bench(tmp_path, store)
    bench.put_here(one, "agreed")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.rename_here(one, other)
    return bench


def test_collisions_among_excluded_keys_are_nobodys_business(tmp_path: Path) -> None:
    bench = Bench(tmp_path, memory(folds_case=True), exclude=["*.log"])
    bench.put_here("a.log", "a")
    bench.put_here("A.LOG", "A")
    bench.put_here("b", "b")
    result = bench.done()
    assert skipped(result) == {"A.LOG"} or not result.skipped
    assert b"b" in bench.there().values()


def test_names_of_ours_travel_in_neither_direction(bench: Bench) -> None:
    for key in (".buckia", ".buckia.yaml", "d/.buckia-tmp-x", "d/.buckia-notes/x"):
        plant(bench, key)
        bench.put_here(f"here/{key}", "ours")
    bench.put_here("a", "a")
    result = bench.done(delete_orphaned=True)
    assert actions(result) == {("upload", "a")}
    assert "a" in bench.there()
    assert len(bench.there()) == 5
    assert len(files(bench.root)) == 5


def test_the_ignore_files_themselves_travel(bench: Bench) -> None:
    bench.put_here(".buckiaignore", "*.log\n")
    bench.put_here("d/.buckiaignore", "*.tmp\n")
    bench.done()
    assert bench.there().keys() == {".buckiaignore", "d/.buckiaignore"}
