"""A plan that looks like a disaster is not carried out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.errors import GuardStopped
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import Faulty
from tests.guarantees import plugin
from tests.guarantees.processes import Folders
from tests.guarantees.stage import Stage, put


def fill(stage: Stage, count: int) -> list[str]:
    keys = [f"{number:03}" for number in range(count)]
    for key in keys:
        stage.put_here(key, f"agreed {key}")
    stage.sync()
    return keys


def stopped(stage: Stage, **how: Any) -> GuardStopped:
    """The run stops, with nothing changed on either side or in the base."""
    before = stage.here(), stage.there(), stage.rows()
    stage.script()
    with pytest.raises(GuardStopped) as caught:
        stage.sync(**how)
    assert not stage.changes()
    assert (stage.here(), stage.there(), stage.rows()) == before
    assert caught.value.exit_code == 6
    return caught.value


@pytest.mark.parametrize("side", ["here", "there"])
@pytest.mark.parametrize(
    ("held", "gone", "stops"),
    [(40, 11, True), (44, 11, False), (12, 10, False), (14, 11, True), (100, 26, True)],
)
def test_more_than_a_quarter_and_more_than_ten_deletions_stop_the_run(
    stage: Stage, side: str, held: int, gone: int, stops: bool
) -> None:
    keys = fill(stage, held)[:gone]
    (stage.drop_here if side == "here" else stage.drop_there)(*keys)
    if stops:
        stopped(stage, delete_orphaned=True)
    else:
        assert stage.sync(delete_orphaned=True).deleted == gone


@pytest.mark.parametrize(
    ("limit", "gone", "stops"),
    [(5, 6, True), (5, 5, False), (0, 1, True), ("50%", 21, True), ("50%", 20, False)],
)
def test_the_limit_is_the_one_that_was_set(
    stage: Stage, limit: int | str, gone: int, stops: bool
) -> None:
    stage.drop_here(*fill(stage, 40)[:gone])
    if stops:
        stopped(stage, delete_orphaned=True, max_delete=limit)
    else:
        assert stage.sync(delete_orphaned=True, max_delete=limit).deleted == gone


def test_deletions_are_counted_for_each_side_alone(stage: Stage) -> None:
    keys = fill(stage, 40)
    stage.drop_here(*keys[:10])
    stage.drop_there(*keys[10:20])
    assert stage.sync(delete_orphaned=True).deleted == 20


def test_the_message_names_what_would_go_and_how_to_bring_it_back_instead(stage: Stage) -> None:
    stage.drop_here(*fill(stage, 40)[:15])
    error = stopped(stage, delete_orphaned=True)
    assert "15" in error.message
    assert "000" in f"{error.message} {error.hint}"
    assert "--force" in error.hint
    assert "buckia" in error.hint


def test_what_the_message_suggests_restores_instead_of_deleting(stage: Stage) -> None:
    keys = fill(stage, 40)
    stage.drop_here(*keys[:15])
    stopped(stage, delete_orphaned=True)
    stage.sync(delete_orphaned=False)
    assert sorted(stage.here()) == sorted(stage.there()) == keys


def test_renames_are_no_deletions(stage: Stage) -> None:
    for key in fill(stage, 40)[:30]:
        (stage.root / key).rename(stage.root / f"{key}.renamed")
    result = stage.sync(delete_orphaned=True)
    assert result.renamed == 30
    assert stage.here() == stage.there()


def empty_here(stage: Stage) -> None:
    stage.drop_here(*stage.here())


def empty_there(stage: Stage) -> None:
    stage.drop_there(*stage.there())


@pytest.mark.parametrize("deletes", [True, False])
@pytest.mark.parametrize("direction", ["both", "push", "pull"])
@pytest.mark.parametrize("empty", [empty_here, empty_there])
def test_an_empty_side_whose_past_is_not_empty_stops_the_run(
    stage: Stage, empty: Callable[[Stage], None], direction: str, deletes: bool
) -> None:
    fill(stage, 5)
    empty(stage)
    stopped(stage, delete_orphaned=deletes, direction=direction)


@pytest.mark.parametrize("empty", [empty_here, empty_there])
def test_an_empty_side_stops_the_run_even_where_any_number_may_be_deleted(
    stage: Stage, empty: Callable[[Stage], None]
) -> None:
    fill(stage, 5)
    empty(stage)
    stopped(stage, delete_orphaned=True, max_delete="100%")


@pytest.mark.parametrize("side", ["here", "there"])
def test_an_empty_folder_of_those_that_are_synced_stops_the_run(
    staged: Callable[..., Stage], side: str
) -> None:
    stage = staged(folders=["one", "two"])
    keys = ["one/a", "one/b", "two/a", "two/b"]
    for key in keys:
        stage.put_here(key, key)
    stage.sync()
    (stage.drop_here if side == "here" else stage.drop_there)("one/a", "one/b")
    stopped(stage, delete_orphaned=True)


def test_a_root_that_is_gone_stops_the_run(stage: Stage, tmp_path: Path) -> None:
    config = stage.config.replace(
        paths=[str(stage.root)], state_dir=str(tmp_path / "state"), delete_orphaned=True
    )
    stage.put_here("a", "a")
    with BuckiaClient(config, local_path=tmp_path, plugins=plugin.plugins()) as client:
        client.sync()
        there = stage.there()
        assert "a" in there
        shutil.rmtree(stage.root)
        with pytest.raises(GuardStopped):
            client.sync()
    assert stage.there() == there


def test_a_root_that_is_not_there_yet_is_made_by_the_first_sync(stage: Stage) -> None:
    stage.put_there("d/a", "from the bucket")
    stage.root.rmdir()
    assert not stage.sync().failed
    assert stage.here() == {"d/a": b"from the bucket"}


def test_another_bucket_in_the_place_of_the_last_one_stops_the_run(stage: Stage) -> None:
    fill(stage, 5)
    other = MemoryStore()
    other.identity(create=True)
    stage.store = Faulty(other)
    plugin.stores[stage.name] = stage.store
    stage.put_there("x", "somebody else's")
    error = stopped(stage, delete_orphaned=True)
    assert "bucket" in error.message


def test_another_disk_in_the_place_of_the_last_one_stops_the_run(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    put(folders.root / "a", "a")
    put(folders.root / "b", "b")
    assert folders.sync()["exit_code"] == 0
    folders.bucket.rename(tmp_path / "the real one")
    folders.bucket.mkdir()
    put(folders.bucket / "a", "somebody else's")
    told = folders.sync(delete_orphaned=True)
    assert (told.get("raised"), told["exit_code"]) == ("GuardStopped", 6)
    assert folders.here() == {"a": b"a", "b": b"b"}
    assert folders.there() == {"a": b"somebody else's"}


def test_force_passes_the_guard_and_keeps_all_that_it_deletes(stage: Stage) -> None:
    keys = fill(stage, 40)
    stage.drop_here(*keys[:15])
    stage.drop_there(*keys[15:30])
    stopped(stage, delete_orphaned=True)
    result = stage.sync(delete_orphaned=True, force=True)
    assert result.deleted == 30
    assert stage.here() == stage.there()
    kept = dict(stage.trash())
    assert kept == {key: f"agreed {key}".encode() for key in keys[:30]}


def test_force_passes_the_guard_of_an_empty_side_and_keeps_all_that_it_deletes(
    stage: Stage,
) -> None:
    keys = fill(stage, 5)
    empty_here(stage)
    stage.sync(delete_orphaned=True, force=True)
    assert stage.there() == {}
    assert {key for key, _ in stage.trash()} == set(keys)


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_a_first_mirror_counts_against_what_it_finds(stage: Stage, direction: str) -> None:
    for number in range(20):
        stage.put_there(f"there {number}", "t")
        stage.put_here(f"here {number}", "h")
    stopped(stage, delete_orphaned=True, direction=direction)


def test_a_dry_run_tells_what_would_stop_the_run(stage: Stage) -> None:
    stage.drop_here(*fill(stage, 40)[:15])
    with pytest.raises(GuardStopped):
        stage.sync(delete_orphaned=True, dry_run=True)


def test_the_command_line_ends_with_six(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.configure(delete_orphaned=True)
    for number in range(40):
        put(folders.root / f"{number:02}", f"{number}")
    done = folders.command("sync")
    assert done.returncode == 0, done.stderr
    for number in range(15):
        (folders.root / f"{number:02}").unlink()
    done = folders.command("sync")
    assert done.returncode == 6, done.stderr
    assert "--force" in done.stderr
    assert len(folders.there()) == 40


def test_the_config_of_a_program_may_hold_the_limit(tmp_path: Path) -> None:
    stage = Stage(tmp_path, max_delete=3)
    assert isinstance(stage.config, BucketConfig)
    stage.drop_here(*fill(stage, 40)[:4])
    stopped(stage, delete_orphaned=True)
