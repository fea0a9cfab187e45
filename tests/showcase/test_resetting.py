"""A user's content becomes the demo's, while an app has the database open, and comes back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.client import resetting
from buckia.client.cloning import Cloning
from buckia.config import BucketConfig
from buckia.errors import BuckiaError, ConfigError, GuardStopped, Unavailable, Unsound
from buckia.events import Event, Noticed
from buckia.model import SideName
from buckia.showcase.journal import Journal
from tests.showcase.world import DEMO, MINE, World, put, rows, tree, write

WAYS = ["folders", "prefix"]
CLONED = {"pics/both": "demo", "pics/new": "demo"}


@pytest.mark.parametrize("way", WAYS)
def test_all_is_the_demos_here_and_in_the_bucket_and_an_open_app_sees_it(
    tmp_path: Path, way: str
) -> None:
    world = World(tmp_path, way)
    world.sync()
    published = tree(world.demo)
    with closing(world.app()) as app, world.client() as client:
        app.execute("INSERT INTO photos VALUES (10, 'not yet synced', 0)")
        done = client.app_reset()
        assert rows(app) == DEMO
    assert (done.exit_code, done.folder) == (0, world.key)
    for place in (world.user, world.there):
        assert tree(place) == CLONED
        assert rows(place / "App.sqlite") == DEMO
    assert tree(world.demo) == published
    kept = {one.path.removeprefix(world.key): one for one in done.kept}
    assert set(kept) == {"App.sqlite", "a", "pics/both", "pics/old"}
    assert {one.side for one in done.kept} == {SideName.LEFT}
    assert rows(kept["App.sqlite"].file) == [*MINE, (10, "not yet synced", 0)]


@pytest.mark.parametrize("way", WAYS)
def test_the_very_line_that_is_printed_brings_all_of_it_back(tmp_path: Path, way: str) -> None:
    world = World(tmp_path, way)
    world.sync()
    with closing(world.app()) as app, world.client() as client:
        began = client.app_reset().began
        for key in {item.key for item in client.versions(world.key or "/") if item.when >= began}:
            client.restore(key, before=began)
        assert rows(app) == MINE
    assert tree(world.user) == {"a": "mine", "pics/both": "mine", "pics/old": "mine"} | {
        "pics/new": "demo"
    }
    world.sync()
    assert rows(world.there / "App.sqlite") == MINE
    assert tree(world.there) == tree(world.user)


def test_what_another_device_wrote_meanwhile_is_in_the_trash_and_named(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sync()
    put(world.there, {"theirs": "new", "pics/old": "changed there"})
    write(world.there / "App.sqlite", [(50, "of another device", 0)])
    with world.client() as client:
        done = client.app_reset()
    theirs = {one.path: one.file for one in done.kept if one.side is SideName.RIGHT}
    assert set(theirs) == {"ID/theirs", "ID/pics/old", "ID/App.sqlite"}
    assert theirs["ID/theirs"].read_text() == "new"
    assert theirs["ID/pics/old"].read_text() == "changed there"
    assert (50, "of another device", 0) in rows(theirs["ID/App.sqlite"])
    assert tree(world.there) == CLONED


def test_a_user_who_has_nothing_yet_gets_the_demo(tmp_path: Path) -> None:
    world = World(tmp_path)
    for path in world.user.rglob("*"):
        if path.is_file():
            path.unlink()
    with world.client() as client:
        assert client.app_reset().kept == ()
    assert (rows(world.user / "App.sqlite"), tree(world.user)) == (DEMO, CLONED)


def test_a_root_that_is_not_there_is_made(tmp_path: Path) -> None:
    world = World(tmp_path, paths=["not/yet"])
    with world.client() as client:
        client.app_reset()
    assert tree(world.root / "not/yet/ID") == CLONED


def test_a_second_reset_finds_nothing_to_do(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.client() as client:
        client.app_reset()
        done = client.app_reset()
    assert (done.kept, list(done.sent.actions)) == ((), [])


def test_a_mapped_database_becomes_the_demos_where_it_lies(tmp_path: Path) -> None:
    world = World(tmp_path, databases={"data/App.sqlite": "ID/App.sqlite"})
    write(world.root / "data/App.sqlite", MINE)
    (world.user / "App.sqlite").unlink()
    with world.client() as client:
        client.app_reset()
    assert rows(world.root / "data/App.sqlite") == DEMO
    assert not (world.user / "App.sqlite").exists()


def test_what_a_filter_leaves_out_stays_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path, exclude=["*.tmp"])
    put(world.user, {"x.tmp": "mine"})
    put(world.demo, {"y.tmp": "demo"})
    with world.client() as client:
        client.app_reset()
    assert tree(world.user) == {**CLONED, "x.tmp": "mine"}


def unchanged(world: World, kind: type[BuckiaError], reason: str) -> None:
    """It stops before anything happened."""
    before = (tree(world.user), rows(world.user / "App.sqlite"), tree(world.bucket))
    with world.client() as client, pytest.raises(kind, match=reason) as told:
        client.app_reset()
    assert told.value.hint
    assert (tree(world.user), rows(world.user / "App.sqlite"), tree(world.bucket)) == before
    assert not list(world.root.glob(".buckia.state/pairs/*/reset.json"))
    with world.client() as client:
        assert list(client.versions()) == []


def test_a_demo_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    write(world.demo / "App.sqlite", [], "PRAGMA user_version=7;")
    unchanged(world, Unsound, "user_version 7")


def test_a_demo_without_a_database_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.demo / "App.sqlite").unlink()
    unchanged(world, ConfigError, "there is no demo/App.sqlite")


def test_a_demo_whose_database_is_damaged_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    with (world.demo / "App.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4000)
    unchanged(world, Unsound, "the demo's database is damaged")


def test_a_bucket_without_a_demo_says_so(tmp_path: Path) -> None:
    world = World(tmp_path, demo=None)
    unchanged(world, ConfigError, "has no demo")


class Cut(Exception):
    """Stands for a kill at a certain point."""


def cut_at(phase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die when the journal would say that this phase has begun."""
    really = Journal.write

    def write_(self: Any, reset: Any) -> None:
        if reset.phase == phase:
            raise Cut
        really(self, reset)

    monkeypatch.setattr(Journal, "write", write_)


def cut(world: World, phase: str) -> None:
    with pytest.MonkeyPatch.context() as patch, world.client() as client:
        cut_at(phase, patch)
        with pytest.raises(Cut):
            client.app_reset()


def test_the_next_sync_finishes_what_was_cut_off_and_says_so(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sync()
    cut(world, "replacing")
    assert (world.user / "pics/old").exists(), "old files go behind the database"
    heard: list[Event] = []
    with world.client(on_event=heard.append) as client:
        assert client.status().exit_code == 0
        assert (world.user / "pics/old").exists(), "looking changes nothing"
        assert client.sync().exit_code == 0
    assert (tree(world.user), rows(world.user / "App.sqlite")) == (CLONED, DEMO)
    assert tree(world.there) == CLONED
    assert any("was cut off" in one.message for one in heard if isinstance(one, Noticed))


def test_what_the_user_wrote_after_the_database_was_replaced_stays(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sync()
    cut(world, "replacing")
    write(world.user / "App.sqlite", [(77, "written since", 0)])
    put(world.user, {"since": "written since"})
    world.sync()
    assert rows(world.user / "App.sqlite") == [*DEMO, (77, "written since", 0)]
    assert tree(world.user) == tree(world.there) == {**CLONED, "since": "written since"}


@pytest.mark.parametrize("more", [{"folders": ["OTHER"]}, {"demo": None}])
def test_a_reset_that_was_cut_off_is_not_finished_for_somebody_else(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    world = World(tmp_path)
    put(world.bucket / "OTHER", {"b": "of somebody else"})
    world.sync()
    cut(world, "replacing")
    world.config = world.config.replace(**more) if "folders" in more else without_a_demo(world)
    for do in ("sync", "app_reset"):
        with world.client() as client, pytest.raises(ConfigError) as told:
            getattr(client, do)()
        assert told.value.hint
    assert tree(world.bucket / "OTHER") == {"b": "of somebody else"}
    [journal] = world.root.glob(".buckia.state/pairs/*/reset.json")
    journal.unlink()
    world.sync()


def without_a_demo(world: World) -> BucketConfig:
    options = {"root": str(world.folder)}
    return BucketConfig(provider="local", bucket_name="bucket", folders=["ID"], options=options)


def test_an_update_finishes_a_reset_first(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sync()
    cut(world, "sending")
    with world.client() as client:
        client.app_update_demo()
    assert tree(world.there) == CLONED


def test_a_reset_that_is_run_again_remembers_when_it_first_began(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sync()
    cut(world, "replacing")
    with world.client() as client:
        done = client.app_reset()
    assert {"ID/App.sqlite", "ID/pics/old"} <= {one.path for one in done.kept}


def test_what_was_cut_off_ends_before_the_demo_is_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a second kill would leave a copy of two ages, and a sync would go on from that."""
    world = World(tmp_path)
    world.sync()
    cut(world, "replacing")
    fetched: list[object] = []

    def fetch(_cloning: object) -> None:
        fetched.append((tree(world.user), rows(world.user / "App.sqlite")))
        raise Cut

    monkeypatch.setattr(Cloning, "fetch", fetch)
    with world.client() as client, pytest.raises(Cut):
        client.app_reset()
    assert fetched == [(CLONED, DEMO)]


def test_a_bucket_that_cannot_be_reached_in_the_end_follows_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    world.sync()

    def unreachable(*_given: object) -> None:
        raise Unavailable("nobody answers")

    with monkeypatch.context() as patch, world.client() as client:
        patch.setattr(resetting, "run", unreachable)
        with pytest.raises(Unavailable) as told:
            client.app_reset()
    assert "follows with the next `buckia sync`" in told.value.hint
    assert (tree(world.user), tree(world.there)) == (
        CLONED,
        {"a": "mine"} | {"pics/both": "mine", "pics/old": "mine"},
    )
    world.sync()
    assert tree(world.there) == CLONED


def test_another_disk_in_the_place_of_the_bucket_stops_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sync()
    (world.bucket / ".buckia-bucket").unlink()
    with world.client() as client, pytest.raises(GuardStopped):
        client.app_reset()
    assert rows(world.there / "App.sqlite") == MINE
