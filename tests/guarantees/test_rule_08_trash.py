"""Replaced and deleted local versions go to the trash, and come back from it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest

from buckia.client import BuckiaClient
from buckia.testing.faults import unavailable
from tests.guarantees import plugin
from tests.guarantees.processes import Folders
from tests.guarantees.stage import OLD, Stage, put, reads, trash


@pytest.fixture
def agreed(stage: Stage) -> Stage:
    for key in ("a", "d/b", "c"):
        stage.put_here(key, f"first {key}", OLD)
    stage.sync()
    return stage


def test_a_local_file_that_is_replaced_is_in_the_trash(agreed: Stage) -> None:
    agreed.put_there("a", "second")
    agreed.sync()
    assert agreed.here()["a"] == b"second"
    assert agreed.trash() == [("a", b"first a")]


def test_a_local_file_that_is_deleted_is_in_the_trash(agreed: Stage) -> None:
    agreed.drop_there("d/b")
    agreed.sync(delete_orphaned=True)
    assert "d/b" not in agreed.here()
    assert not (agreed.root / "d").exists(), "a folder that Buckia emptied is removed"
    assert agreed.trash() == [("d/b", b"first d/b")]


@pytest.mark.parametrize(("policy", "loser"), [("local_wins", b"theirs"), ("remote_wins", b"mine")])
def test_the_loser_of_a_conflict_is_in_the_trash_and_named_in_the_result(
    agreed: Stage, policy: str, loser: bytes
) -> None:
    agreed.put_here("a", "mine")
    agreed.put_there("a", "theirs")
    (conflict,) = agreed.sync(conflict_resolution=policy).conflicts
    assert agreed.trash() == [("a", loser)]
    assert conflict.kept is not None
    assert Path(conflict.kept).read_bytes() == loser


@pytest.mark.parametrize("deletes", [True, False])
def test_a_push_keeps_what_was_changed_in_the_bucket(agreed: Stage, deletes: bool) -> None:
    agreed.put_there("a", "theirs")
    agreed.drop_here("c")
    agreed.put_there("c", "theirs, too")
    result = agreed.sync(direction="push", delete_orphaned=deletes)
    kept = {("a", b"theirs")} | ({("c", b"theirs, too")} if deletes else set())
    assert set(agreed.trash()) == kept
    assert {one.path for one in result.conflicts} == {key for key, _ in kept}


def test_a_pull_keeps_what_was_changed_here(agreed: Stage) -> None:
    agreed.put_here("a", "mine")
    agreed.put_here("new", "mine, too")
    agreed.sync(direction="pull", delete_orphaned=True)
    assert set(agreed.trash()) == {("a", b"mine"), ("new", b"mine, too")}
    assert agreed.here() == agreed.there()


def test_a_loser_that_the_trash_cannot_take_is_not_replaced(agreed: Stage) -> None:
    agreed.put_here("a", "mine")
    agreed.put_there("a", "theirs")
    agreed.script(reads(unavailable(), "a"))
    result = agreed.sync(conflict_resolution="local_wins")
    assert [one.path for one in result.failed] == ["a"]
    assert agreed.there()["a"] == b"theirs"
    assert agreed.here()["a"] == b"mine"


def test_nothing_is_kept_where_nobody_wants_that(staged: Callable[..., Stage]) -> None:
    stage = staged(trash_days=0)
    stage.put_here("a", "first")
    stage.sync()
    stage.put_there("a", "second")
    stage.sync()
    assert stage.here() == {"a": b"second"}
    assert stage.trash() == []


def test_a_version_comes_back_with_its_bytes_its_time_and_its_mode(agreed: Stage) -> None:
    (agreed.root / "a").chmod(0o640)
    agreed.put_there("a", "second")
    agreed.sync()
    with agreed.client() as client:
        restored = client.restore("a")
    found = agreed.root / "a"
    assert restored.file == found
    assert found.read_bytes() == b"first a"
    assert found.stat().st_mtime_ns == OLD
    assert stat.S_IMODE(found.stat().st_mode) == 0o640
    assert ("a", b"second") in agreed.trash(), "what stood there is kept as well"


def test_a_restored_version_is_an_edit_like_any_other(agreed: Stage) -> None:
    agreed.put_there("a", "second")
    agreed.sync()
    with agreed.client() as client:
        client.restore("a")
    result = agreed.sync()
    assert not result.conflicts
    assert agreed.there()["a"] == b"first a"


def test_a_deleted_file_comes_back_to_its_folder(agreed: Stage) -> None:
    agreed.drop_there("d/b")
    agreed.sync(delete_orphaned=True)
    with agreed.client() as client:
        client.restore("d/b")
    assert agreed.here()["d/b"] == b"first d/b"
    assert agreed.sync(delete_orphaned=True).uploaded == 1


def test_each_version_can_be_chosen_by_the_time_at_which_it_was_current(agreed: Stage) -> None:
    times = []
    for text in ("second", "third", "fourth"):
        times.append(datetime.now(UTC))
        agreed.put_there("a", text)
        agreed.sync()
    with agreed.client() as client:
        assert [item.path.read_bytes() for item in client.versions("a")] == [
            *(b"third", b"second", b"first a")
        ]
        for when, data in zip(times, (b"first a", b"second", b"third"), strict=True):
            client.restore("a", before=when)
            assert agreed.here()["a"] == data


def test_versions_are_kept_for_their_days_and_then_no_longer(agreed: Stage) -> None:
    agreed.put_there("a", "second")
    agreed.sync()
    (kept,) = trash(agreed.state)
    old = datetime.now(UTC) - timedelta(days=40)
    folder = kept.path.parent.with_name(f"{old:%Y-%m-%d}")
    folder.mkdir()
    stem = f"{old:%Y%m%dT%H%M%S%f}Z" + kept.path.name[kept.path.name.index("-") :]
    beside = kept.path.with_name(kept.path.name + ".json")
    beside.rename(folder / f"{stem}.json")
    kept.path.rename(folder / stem)
    agreed.put_there("c", "second")
    agreed.sync()
    assert agreed.trash() == [("c", b"first c")]


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder of another file system than that of temporary files."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == Path(mkdtemp()).stat().st_dev:
        pytest.skip("there is no second file system here")
    made = Path(mkdtemp(dir=shared))
    yield made
    for place, folders, names in os.walk(made, topdown=False):
        for name in names:
            Path(place, name).unlink()
        for name in folders:
            Path(place, name).rmdir()
    made.rmdir()


def test_a_state_on_another_file_system_keeps_versions_just_the_same(
    tmp_path: Path, elsewhere: Path
) -> None:
    stage = Stage(tmp_path, state_dir=str(elsewhere / "state"))
    stage.put_here("a", "first", OLD)
    stage.put_here("b", "first b")
    stage.sync()
    stage.put_there("a", "second")
    stage.drop_there("b")
    stage.sync(delete_orphaned=True)
    assert stage.here() == {"a": b"second"}
    kept: list[tuple[str, bytes]] = []
    for folder in (elsewhere / "state", stage.state):
        kept += [(one.key, one.data) for one in trash(folder)]
    assert sorted(kept) == [("a", b"first"), ("b", b"first b")]
    with BuckiaClient(stage.config, local_path=stage.root, plugins=plugin.plugins()) as client:
        client.restore("a")
    assert stage.here()["a"] == b"first"
    assert (stage.root / "a").stat().st_mtime_ns == OLD


def test_the_command_line_brings_a_version_back(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.configure(delete_orphaned=True)
    put(folders.root / "a", "first")
    put(folders.root / "b", "b")
    assert folders.command("sync").returncode == 0
    (folders.bucket / "a").unlink()
    assert folders.command("sync").returncode == 0
    assert not (folders.root / "a").exists()
    done = folders.command("restore", "a")
    assert done.returncode == 0, done.stderr
    assert (folders.root / "a").read_bytes() == b"first"
