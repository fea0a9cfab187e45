"""Keys are hostile input, and no link leads out of the root."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.body import BytesBody
from buckia.model import Traits
from buckia.results import SyncResult
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from tests.guarantees.processes import Folders
from tests.guarantees.stage import CHANGES, Stage, put

EVIL = [
    *("../evil", "a/../../evil", "..", "a/..", "/etc/evil", "//evil", "a//b", "a/", "./a", "a/./b"),
    *("a\\b", "..\\evil", "C:x", "c:/x", "a\x00b", "x" * 256, "d/" + "y" * 300),
]


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("how", [{}, {"direction": "pull"}, {"direction": "push"}], ids=str)
@pytest.mark.parametrize("key", EVIL)
def test_a_key_that_nobody_may_act_upon_is_skipped_and_nothing_is_written_or_deleted(
    tmp_path: Path, key: str, how: dict[str, Any]
) -> None:
    stage = Stage(tmp_path / "inner")
    stage.put_here("good", "good")
    stage.sync()
    around = everything(tmp_path) - everything(stage.state)
    stage.store.store.write(key, BytesBody(data=b"evil"))
    stage.script()
    result = stage.sync(delete_orphaned=True, **how)
    assert [one.path for one in result.skipped] == [key]
    assert result.skipped[0].reason
    assert not result.failed
    assert stage.there() == {"good": b"good", key: b"evil"}
    assert stage.here() == {"good": b"good"}
    assert not stage.changes()
    outside = {name for name in everything(tmp_path) - around if ".buckia.state" not in name}
    assert outside == set()


def test_a_local_name_that_is_no_sound_key_is_skipped_and_stays(stage: Stage) -> None:
    stage.put_here("good", "good")
    name = os.fsencode(stage.root) + b"/not \xff unicode"
    with open(name, "wb") as file:  # noqa: PTH123 - the name is bytes
        file.write(b"mine")
    stage.put_here("back\\slash", "mine")
    result = stage.sync(delete_orphaned=True)
    assert len(result.skipped) == 2
    assert stage.there() == {"good": b"good"}
    assert os.path.exists(name)  # noqa: PTH110 - the name is bytes


def test_the_markers_of_folders_are_neither_fetched_nor_deleted(stage: Stage) -> None:
    stage.put_here("d/a", "a")
    stage.sync()
    stage.put_there("empty/", b"")
    stage.put_there("d/", b"")
    stage.script()
    result = stage.sync(delete_orphaned=True, direction="push")
    assert not result.failed
    assert set(stage.there()) == {"d/a", "d/", "empty/"}
    assert not (stage.root / "empty").exists()
    assert not stage.changes()


def linked(stage: Stage, tmp_path: Path) -> Path:
    outside = tmp_path / "outside"
    outside.mkdir()
    put(outside / "secret", "not to be synced")
    stage.put_here("good", "good")
    (stage.root / "out").symlink_to(outside)
    (stage.root / "file").symlink_to(outside / "secret")
    return outside


def test_links_are_skipped_and_reported(stage: Stage, tmp_path: Path) -> None:
    linked(stage, tmp_path)
    result = stage.sync()
    assert {one.path.rstrip("/") for one in result.skipped} == {"out", "file"}
    assert stage.there() == {"good": b"good"}


def test_nothing_is_written_through_a_link_that_leads_out(stage: Stage, tmp_path: Path) -> None:
    outside = linked(stage, tmp_path)
    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    stage.put_there("out/planted", "evil")
    stage.put_there("out/secret", "evil")
    stage.put_there("file", "evil")
    for _ in range(2):
        stage.sync(conflict_resolution="remote_wins", delete_orphaned=True)
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before
    assert (stage.root / "out").is_symlink()
    assert stage.there()["out/planted"] == b"evil", "what was not seen here is not deleted there"


def test_nothing_is_written_through_a_link_that_appears_during_the_run(
    stage: Stage, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    put(outside / "a", "not ours")
    stage.put_here("d/a", "a")
    stage.put_here("good", "good")
    stage.sync()
    stage.put_there("d/new", "from the bucket")
    stage.put_there("d/a", "from the bucket")

    def replace() -> None:
        (stage.root / "d").rename(stage.root / "moved away")
        (stage.root / "d").symlink_to(outside)

    stage.between = replace
    stage.sync(conflict_resolution="remote_wins")
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == {"a": b"not ours"}


def test_nothing_is_deleted_through_a_link_that_appears_during_the_run(
    stage: Stage, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    stage.put_here("d/a", "a")
    stage.put_here("good", "good")
    stage.sync()
    stage.drop_there("d/a")

    def replace() -> None:
        # The very file that was seen, but now it lies elsewhere.
        (stage.root / "d").rename(outside)
        (stage.root / "d").symlink_to(outside)

    stage.between = replace
    stage.sync(delete_orphaned=True)
    assert (outside / "a").read_bytes() == b"a"


def test_a_link_inside_the_root_is_followed_where_that_is_asked_for(tmp_path: Path) -> None:
    stage = Stage(tmp_path, follow_symlinks=True)
    stage.put_here("real/a", "a")
    (stage.root / "link").symlink_to("real/a")
    stage.sync()
    assert stage.there() == {"real/a": b"a", "link": b"a"}


def test_special_files_are_skipped_and_reported(stage: Stage) -> None:
    stage.put_here("good", "good")
    os.mkfifo(stage.root / "pipe")
    result = stage.sync()
    assert [one.path for one in result.skipped] == ["pipe"]
    assert stage.there() == {"good": b"good"}


FOLDING = msgspec.structs.replace(ROOMY, flat=False, folds_case=True, folds_form=True)


@pytest.mark.parametrize("pair", [("a.txt", "A.TXT"), ("caf\u00e9", "cafe\u0301")])
def test_names_that_collide_in_the_bucket_are_reported_and_nothing_is_lost(
    tmp_path: Path, pair: tuple[str, str]
) -> None:
    stage = Stage(tmp_path, MemoryStore(traits=FOLDING))
    for key in pair:
        stage.put_here(key, f"mine {key}")
    stage.put_here("good", "good")
    result: SyncResult | None = None
    for _ in range(2):
        result = stage.sync(delete_orphaned=True)
        assert stage.here() == {**{key: f"mine {key}".encode() for key in pair}, "good": b"good"}
    assert result is not None
    assert {one.path for one in result.skipped} & set(pair)
    assert not result.failed
    assert stage.there()["good"] == b"good"


def test_names_that_a_bucket_cannot_hold_are_reported_and_stay_here(tmp_path: Path) -> None:
    narrow = Traits(
        digests=frozenset({"sha256"}), keeps_mtime=True, max_key_bytes=20, forbidden="?"
    )
    stage = Stage(tmp_path, MemoryStore(traits=narrow))
    names = ["good", "what?", "much too long for this bucket"]
    for key in names:
        stage.put_here(key, key)
    result = stage.sync(delete_orphaned=True)
    assert {one.path for one in result.skipped} == set(names[1:])
    assert not result.failed
    assert stage.there() == {"good": b"good"}
    assert set(stage.here()) == set(names)
    assert not stage.sync(delete_orphaned=True).actions


@pytest.mark.parametrize("key", [".buckia", ".buckia.yaml", ".buckia-tmp-x", "d/.buckia.state/a"])
def test_what_is_buckias_own_travels_in_neither_direction(stage: Stage, key: str) -> None:
    stage.put_here("good", "good")
    stage.put_there(key, "theirs")
    stage.sync(delete_orphaned=True)
    assert not (stage.root / key).exists()
    stage.drop_there(key)
    put(stage.root / key, "mine")
    stage.sync(delete_orphaned=True)
    assert stage.there() == {"good": b"good"}
    assert (stage.root / key).read_bytes() == b"mine"


def test_a_bucket_that_holds_a_file_and_a_folder_of_one_name_loses_neither(stage: Stage) -> None:
    stage.put_there("a", "a file")
    stage.put_there("a/b", "in a folder")
    for _ in range(2):
        result = stage.sync(delete_orphaned=True)
        assert [one.path for one in result.skipped] == ["a"]
        assert stage.here() == {"a/b": b"in a folder"}
        assert stage.there() == {"a": b"a file", "a/b": b"in a folder"}


def test_a_folder_that_is_a_bucket_gives_no_link_away(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    put(outside / "secret", "not to be synced")
    put(folders.bucket / "good", "good")
    (folders.bucket / "out").symlink_to(outside)
    put(folders.root / "out/planted", "mine")
    folders.sync()
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert "out/secret" not in folders.here()


def test_the_operations_that_change_a_bucket_are_all_watched() -> None:
    changing = {"write", "write_if", "delete", "delete_if", "delete_many"}
    assert changing | {"copy", "copy_if", "move"} <= CHANGES
