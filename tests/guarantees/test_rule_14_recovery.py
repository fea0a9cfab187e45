"""Recovery needs no flag."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from buckia.errors import ConfigError
from buckia.events import Noticed
from tests.guarantees.processes import Folders
from tests.guarantees.stage import Stage, put, texts


@pytest.fixture
def used(stage: Stage) -> Stage:
    for key in ("same", "mine", "theirs", "both", "gone here", "gone there"):
        stage.put_here(key, f"agreed {key}")
    stage.sync()
    stage.put_here("both", "mine")
    stage.put_there("both", "theirs")
    stage.drop_here("gone here")
    stage.drop_there("gone there")
    return stage


def base(stage: Stage) -> Path:
    (path,) = stage.state.glob("pairs/*/base.sqlite")
    return path


def all_is_new(stage: Stage) -> None:
    """Equal bytes agree, differing ones are both kept, and nothing is deleted."""
    before = {*stage.here().values(), *stage.there().values()}
    stage.script()
    result = stage.sync(delete_orphaned=True)
    assert result.deleted == 0
    assert result.adopted == 3
    assert not result.failed
    assert stage.here() == stage.there()
    assert set(stage.here().values()) == before
    copies = set(stage.here()) - {"same", "mine", "theirs", "both", "gone here", "gone there"}
    assert len(copies) == 1
    assert copies.pop().startswith("both.conflict-")
    assert stage.here()["both"] == b"theirs"
    assert not stage.sync(delete_orphaned=True).actions


def test_after_the_state_is_lost_both_sides_are_new(used: Stage) -> None:
    shutil.rmtree(used.state)
    all_is_new(used)


def test_equal_sides_without_a_state_transfer_nothing(stage: Stage) -> None:
    for key in ("a", "b"):
        stage.put_here(key, key)
        stage.put_there(key, key)
    result = stage.sync()
    assert (result.adopted, result.bytes_up, result.bytes_down) == (2, 0, 0)
    assert not stage.changes()


DAMAGES = {
    "emptied": lambda path: path.write_bytes(b""),
    "overwritten": lambda path: path.write_bytes(b"no database at all " * 1000),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "its pages mixed up": lambda path: path.write_bytes(
        path.read_bytes()[:8192] + b"\xff" * (path.stat().st_size - 8192)
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_set_aside_reported_and_treated_as_lost(
    used: Stage, damage: str
) -> None:
    path = base(used)
    checkpoint(path)
    DAMAGES[damage](path)
    used.events.clear()
    all_is_new(used)
    assert [
        event for event in used.events if isinstance(event, Noticed) and "damaged" in event.message
    ]
    assert list(path.parent.glob("base.sqlite.damaged-*"))


def checkpoint(path: Path) -> None:
    """All of the base into its one file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_a_state_of_a_newer_version_stops_everything_and_changes_nothing(used: Stage) -> None:
    path = base(used)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")
    checkpoint(path)
    before, held = (used.here(), used.there()), path.read_bytes()
    used.script()
    for force in (False, True):
        with pytest.raises(ConfigError) as caught:
            used.sync(delete_orphaned=True, force=force)
        assert caught.value.exit_code == 2
    assert (used.here(), used.there()) == before
    assert path.read_bytes() == held
    assert not used.changes()


def test_a_lost_device_name_or_trash_is_no_obstacle(used: Stage) -> None:
    (used.state / "device").unlink(missing_ok=True)
    (used.state / "tag").unlink()
    shutil.rmtree(used.state / "trash", ignore_errors=True)
    result = used.sync(conflict_resolution="local_wins")
    assert not result.failed
    assert used.here() == used.there()


def test_a_policy_that_somebody_gave_holds_without_a_base_too(used: Stage) -> None:
    shutil.rmtree(used.state)
    used.sync(conflict_resolution="local_wins")
    assert used.here()["both"] == used.there()["both"] == b"mine"
    assert ("both", b"theirs") in used.trash()


def test_on_a_new_device_nothing_is_deleted_anywhere(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for key in ("a", "b", "c"):
        put(folders.root / key, key)
    folders.sync(delete_orphaned=True)
    shutil.rmtree(folders.root)
    folders.root.mkdir()
    put(folders.root / "d", "d")
    told = folders.sync(delete_orphaned=True)
    assert told["exit_code"] == 0
    folders.agreed(dict(texts(a="a", b="b", c="c", d="d")))


def test_removing_the_state_by_hand_as_a_cure_loses_nothing(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.configure(delete_orphaned=True)
    put(folders.root / "a", "a")
    put(folders.root / "b", "b")
    assert folders.command("sync").returncode == 0
    (folders.bucket / "a").write_text("theirs")
    put(folders.root / "a", "mine")
    shutil.rmtree(folders.state)
    done = folders.command("sync")
    assert done.returncode == 0, done.stderr
    assert {b"mine", b"theirs", b"b"} <= set(folders.there().values())
    assert {b"mine", b"theirs", b"b"} <= set(folders.here().values())
