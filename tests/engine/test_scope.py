"""What takes part: folders, the prefix, links, and the state inside a root."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buckia.errors import ConfigError
from tests.engine.bench import Bench, actions, files, put, skipped

Made = Callable[..., Bench]


@pytest.fixture
def two_folders(made: Made) -> Bench:
    bench = made(folders=["one", "two"])
    for key in ("one/a", "one/deep/b", "two/c", "three/d", "top"):
        bench.put_here(key, f"here {key}")
    for key in ("one/x", "two/y", "other/z", "root", "onesided/w"):
        bench.put_there(key, f"there {key}")
    return bench


def test_only_the_folders_are_listed_and_never_the_root(two_folders: Bench) -> None:
    two_folders.script()
    two_folders.done()
    assert set(two_folders.store.called("scan")) == {"one/", "two/"}
    assert two_folders.here().keys() == {
        *("one/a", "one/deep/b", "one/x", "two/c", "two/y"),
        *("three/d", "top"),
    }
    assert two_folders.there().keys() == {
        *("one/a", "one/deep/b", "one/x", "two/c", "two/y"),
        *("other/z", "root", "onesided/w"),
    }


def test_nothing_outside_of_the_folders_is_asked_for_by_any_command(two_folders: Bench) -> None:
    two_folders.done()
    two_folders.script()
    with two_folders.client() as client:
        client.status()
        client.verify()
        client.verify(fast=True)
        client.conflicts()
    assert set(two_folders.store.called("scan")) == {"one/", "two/"}
    outside = {"other/z", "root", "onesided/w"}
    assert not outside & two_folders.asked_about()


def test_files_outside_of_the_folders_are_told_once_for_each_root(two_folders: Bench) -> None:
    result = two_folders.sync()
    assert len(skipped(result) & {"three/", "top"}) == 1
    assert len(result.skipped) == 1


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_a_mirror_of_folders_deletes_nothing_outside_of_them(
    two_folders: Bench, direction: str
) -> None:
    two_folders.sync(direction=direction, delete_orphaned=True)
    assert {"three/d", "top"} <= two_folders.here().keys()
    assert {"other/z", "root", "onesided/w"} <= two_folders.there().keys()
    both = "here" if direction == "push" else "there"
    held = {k: v for k, v in two_folders.here().items() if k.startswith(("one/", "two/"))}
    assert all(value.startswith(both.encode()) for value in held.values())


def test_a_folder_that_is_taken_out_of_the_configuration_loses_nothing(two_folders: Bench) -> None:
    two_folders.done()
    here, there = two_folders.here(), two_folders.there()
    with two_folders.client(folders=["one"]) as client:
        client.sync(delete_orphaned=True)
        assert not any(key.startswith("two/") for key in two_folders.rows())
    with two_folders.client(folders=["one", "two"]) as client:
        result = client.sync(delete_orphaned=True)
    assert (two_folders.here(), two_folders.there()) == (here, there)
    assert actions(result) == {("adopt", "two/c"), ("adopt", "two/y")}


def test_a_prefix_puts_everything_below_it(made: Made) -> None:
    bench = made(prefix="some/where/")
    bench.put_there("elsewhere/x", "not ours")
    bench.put_there("some/wherever", "not ours either")
    bench.put_there("some/where/there", "t")
    bench.put_here("here", "h")
    bench.script()
    result = bench.done()
    assert set(bench.store.called("scan")) == {"some/where/"}
    assert actions(result) == {("upload", "here"), ("download", "there")}
    assert bench.here() == {"here": b"h", "there": b"t"}
    assert bench.there().keys() == {
        *("elsewhere/x", "some/wherever"),
        *("some/where/here", "some/where/there"),
    }
    assert bench.rows().keys() == {"here", "there"}


def test_a_prefix_and_folders_go_together(made: Made) -> None:
    bench = made(prefix="p/", folders=["one"], files={"s.json": "conf/s.json"})
    bench.put_here("one/a", "a")
    bench.put_here("s.json", "s")
    bench.put_there("one/no", "not below the prefix")
    bench.put_there("p/one/yes", "y")
    bench.script()
    bench.done()
    assert set(bench.store.called("scan")) == {"p/one/"}
    assert bench.there().keys() == {"one/no", "p/one/a", "p/one/yes", "p/conf/s.json"}
    assert bench.here().keys() == {"one/a", "one/yes", "s.json"}


@pytest.mark.parametrize(
    "facts",
    [{}, {"lacks": frozenset({"MovesInside", "CopiesInside", "CopiesConditionally"})}],
    ids=["with abilities", "without"],
)
def test_renames_conflicts_and_deletions_stay_below_the_prefix(
    made: Made, facts: dict[str, Any]
) -> None:
    from tests.engine.bench import memory

    bench = made(memory(**facts), prefix="p/")
    bench.put_there("moved", "a stranger's, of the same name as ours without the prefix")
    for key in ("old", "edited", "gone", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.done()
    bench.rename_here("old", "moved")
    bench.drop_here("gone")
    bench.put_here("edited", "edited here")
    bench.put_there("p/edited", "edited there")
    result = bench.done(delete_orphaned=True, conflict_resolution="keep_both")
    kept = result.conflicts[0].kept
    assert bench.there().keys() == {"moved", "p/moved", "p/edited", f"p/{kept}", "p/rest"}
    assert bench.there()["moved"].startswith(b"a stranger's")
    assert bench.there()["p/moved"] == b"agreed old"


def test_two_prefixes_of_one_bucket_have_a_base_each(made: Made) -> None:
    bench = made(prefix="one/")
    bench.put_here("a", "a")
    bench.done()
    with bench.client(prefix="two/") as client:
        result = client.sync(delete_orphaned=True)
    assert actions(result) == {("upload", "a")}
    assert bench.there().keys() == {"one/a", "two/a"}
    assert not bench.sync(delete_orphaned=True).actions


def test_the_state_may_lie_in_a_root_under_any_name(made: Made) -> None:
    bench = made(state_dir="notes/of/buckia")
    bench.put_here("a", "a")
    bench.put_here("notes/mine", "m")
    bench.sync()
    assert bench.there().keys() == {"a", "notes/mine"}
    assert list((bench.root / "notes/of/buckia").rglob("base.sqlite"))
    assert not bench.sync(delete_orphaned=True).actions
    bench.put_there("notes/of/buckia/planted", "hostile")
    bench.sync(delete_orphaned=True)
    assert not (bench.root / "notes/of/buckia/planted").exists()


def linked(bench: Bench, tmp_path: Path) -> None:
    put(tmp_path / "outside/secret", "outside")
    bench.put_here("d/real", "real")
    (bench.root / "to-file").symlink_to("d/real")
    (bench.root / "to-folder").symlink_to("d")
    (bench.root / "out-folder").symlink_to(tmp_path / "outside")
    (bench.root / "out-file").symlink_to(tmp_path / "outside/secret")
    (bench.root / "dangling").symlink_to("nowhere")


def test_links_are_skipped_and_told(bench: Bench, tmp_path: Path) -> None:
    linked(bench, tmp_path)
    result = bench.sync()
    assert bench.there().keys() == {"d/real"}
    links = {"to-file", "to-folder", "out-folder", "out-file", "dangling"}
    assert skipped(result) == links
    assert result.exit_code == 0


def test_links_are_followed_where_that_was_asked_for(made: Made, tmp_path: Path) -> None:
    bench = made(follow_symlinks=True)
    linked(bench, tmp_path)
    result = bench.sync()
    assert bench.there()["to-file"] == b"real"
    assert bench.there()["to-folder/real"] == b"real"
    assert skipped(result) >= {"dangling"}


def test_what_comes_through_a_skipped_link_of_a_folder_is_not_written(
    bench: Bench, tmp_path: Path
) -> None:
    linked(bench, tmp_path)
    bench.put_there("out-folder/planted", "hostile")
    bench.put_there("to-folder/planted", "hostile")
    bench.put_there("to-file", "hostile")
    bench.sync(delete_orphaned=True)
    assert files(tmp_path / "outside") == {"secret": b"outside"}
    assert not (bench.root / "d/planted").exists()
    assert (bench.root / "to-file").is_symlink()
    assert (bench.root / "d/real").read_bytes() == b"real"


@pytest.mark.parametrize("sides", [("push", "pull"), ("pull", "push")])
def test_a_root_that_has_no_part_in_the_direction_is_an_error(
    made: Made, sides: tuple[str, str]
) -> None:
    outer, inner = sides
    with pytest.raises(ConfigError):
        made(direction=outer, paths=[{"path": ".", "direction": inner}])
