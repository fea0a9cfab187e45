"""What the demo team changed comes in, and what is the user's stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from buckia.errors import BuckiaError, ConfigError, Unmergeable, Unsound
from tests.showcase.world import DEMO, MINE, UPDATED, World, put, rows, tree, write


@pytest.mark.parametrize("way", ["folders", "prefix"])
def test_rows_and_files_come_in_and_the_next_sync_takes_them_on(tmp_path: Path, way: str) -> None:
    world = World(tmp_path, way)
    world.sync()
    with closing(world.app()) as app, world.client() as client:
        done = client.app_update_demo()
        assert rows(app) == UPDATED
    assert (done.inserted, done.updated, done.deleted) == (1, 1, 1)
    assert done.cloned == (f"{world.key}pics/new",)
    assert done.left_files == (f"{world.key}pics/both",)
    assert done.kept is not None
    assert rows(done.kept) == MINE
    assert tree(world.user) == {"a": "mine", "pics/both": "mine", "pics/old": "mine"} | {
        "pics/new": "demo"
    }
    assert rows(world.demo / "App.sqlite") == DEMO
    world.sync()
    assert rows(world.there / "App.sqlite") == UPDATED
    assert tree(world.there) == tree(world.user)


def test_a_second_update_changes_and_keeps_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.client() as client:
        client.app_update_demo()
        count = len(list(client.versions()))
        done = client.app_update_demo()
        assert (done.cloned, done.kept, len(list(client.versions()))) == ((), None, count)


def test_the_database_comes_back_from_the_trash(tmp_path: Path) -> None:
    world = World(tmp_path)
    with closing(world.app()) as app, world.client() as client:
        client.app_update_demo()
        client.restore("ID/App.sqlite")
        assert rows(app) == MINE


def test_a_file_that_came_from_the_demo_follows_it_until_the_user_changes_it(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    put(world.demo, {"one": "1", "two": "1"})
    with world.client() as client:
        client.app_update_demo()
        put(world.user, {"two": "edited by the user"})
        put(world.demo, {"one": "second", "two": "second"})
        done = client.app_update_demo()
        assert (done.cloned, set(done.left_files)) == (
            ("ID/one",),
            {"ID/two", "ID/pics/both"},
        )
        assert (world.user / "one").read_text() == "second"
        assert (world.user / "two").read_text() == "edited by the user"
        [kept] = list(client.versions("ID/one"))
        assert kept.path.read_text() == "1"


def test_a_file_that_came_otherwise_and_is_the_same_follows_too(tmp_path: Path) -> None:
    """As on a second device, which has it from the bucket."""
    world = World(tmp_path)
    put(world.user, {"pics/new": "demo"})
    with world.client() as client:
        client.app_update_demo()
        put(world.demo, {"pics/new": "second"})
        assert client.app_update_demo().cloned == ("ID/pics/new",)


def test_a_file_that_the_user_removed_comes_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.client() as client:
        client.app_update_demo()
        (world.user / "pics/new").unlink()
        assert client.app_update_demo().cloned == ("ID/pics/new",)


def test_a_name_that_is_a_folder_here_is_the_users(tmp_path: Path) -> None:
    world = World(tmp_path)
    put(world.demo, {"pics/old/b": "demo", "x": "demo"})
    put(world.user, {"x/y": "mine"})
    with world.client() as client:
        done = client.app_update_demo()
    assert {"ID/pics/old/b", "ID/x"} <= set(done.left_files)


def stops(world: World, kind: type[BuckiaError], reason: str) -> None:
    before = tree(world.user)
    with world.client() as client:
        with pytest.raises(kind, match=reason) as told:
            client.app_update_demo()
        assert list(client.versions()) == []
    assert told.value.hint
    assert tree(world.user) == before


def test_a_clash_changes_neither_rows_nor_files(tmp_path: Path) -> None:
    world = World(tmp_path)
    write(world.user / "App.sqlite", [(3, "mine", 0)])
    stops(world, Unmergeable, "photos 3")
    assert (3, "mine", 0) in rows(world.user / "App.sqlite")


def test_a_schema_that_does_not_fit_changes_neither_rows_nor_files(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.demo / "App.sqlite").unlink()
    with closing(sqlite3.connect(world.demo / "App.sqlite")) as database, database:
        database.execute("CREATE TABLE pictures (id INTEGER PRIMARY KEY, is_demo)")
    stops(world, Unsound, "the demo's database has no table 'photos'")


def test_without_a_database_here_it_says_what_to_do(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.user / "App.sqlite").unlink()
    stops(world, ConfigError, "there is no database")


def test_without_a_rule_for_rows_it_says_what_to_do(tmp_path: Path) -> None:
    world = World(tmp_path, demo={"folder": "demo", "database": "App.sqlite"})
    stops(world, ConfigError, "nothing says which rows are the demo's")


def test_with_no_trash_wanted_nothing_is_kept(tmp_path: Path) -> None:
    world = World(tmp_path, trash_days=0)
    with world.client() as client:
        assert client.app_update_demo().kept is None
        assert list(client.versions()) == []
    assert rows(world.user / "App.sqlite") == UPDATED
