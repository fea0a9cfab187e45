"""A tree of layers is synced: the nearest is shown, the last is written, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buckia.config import BucketConfig
from buckia.errors import AccessDenied, ConfigError, GuardStopped, Unavailable
from buckia.results import FoundUser
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, unavailable
from tests.engine.bench import Bench, actions, memory, skipped

LAYERS = ("default", "team-7", "me")
WITH_DELETIONS: dict[str, Any] = {"delete_orphaned": True, "max_delete": 1000}


def bench(folder: Path, store: MemoryStore | None = None, **config: Any) -> Bench:
    return Bench(folder, store or memory(), **{"layers": LAYERS, **config})


def lower(made: Bench) -> dict[str, bytes]:
    return {key: data for key, data in made.there().items() if not key.startswith("me/")}


def own(made: Bench) -> dict[str, bytes]:
    found = {key: data for key, data in made.there().items() if key.startswith("me/")}
    return {key.removeprefix("me/"): data for key, data in found.items()}


def test_every_key_shows_the_nearest(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.put_there("default/a", "default a")
    one.put_there("default/b", "default b")
    one.put_there("default/c/d", "default d")
    one.put_there("team-7/b", "team b")
    one.put_there("team-7/c/d", "team d")
    one.put_there("me/c/d", "my d")
    one.put_there("other/x", "not mine")
    one.put_there("y", "not mine either")
    one.done()
    assert one.here() == {"a": b"default a", "b": b"team b", "c/d": b"my d"}
    assert own(one) == {"c/d": b"my d"}
    listed = {call.key for call in one.store.calls if call.operation.startswith("scan")}
    assert listed == {"default/", "team-7/", "me/"}


def test_an_edit_of_a_lower_layer_becomes_mine(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.put_there("default/a", "default a")
    one.put_there("team-7/b", "team b")
    one.done()
    before = lower(one)
    one.put_here("a", "my a")
    one.put_here("b", "my b, longer")
    result = one.done()
    assert (result.uploaded, result.conflicts) == (2, ())
    assert own(one) == {"a": b"my a", "b": b"my b, longer"}
    assert lower(one) == before


def test_a_new_file_is_mine(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.put_here("new/file", "mine")
    one.done()
    assert one.there() == {"me/new/file": b"mine"}


@pytest.mark.parametrize("deletes", [False, True])
def test_a_deleted_file_of_a_lower_layer_comes_back_and_is_told_of_once(
    tmp_path: Path, deletes: bool
) -> None:
    one = bench(tmp_path, delete_orphaned=deletes, max_delete=1000)
    for name in "abc":
        one.put_there(f"team-7/{name}", name)
    one.done()
    before = one.there()
    for _ in range(2):
        one.drop_here("a", "b")
        result = one.done()
        assert (result.downloaded, result.deleted_remote, result.conflicts) == (2, 0, ())
        told = [one.reason for one in result.skipped]
        assert told == (["not deleted: its layer is only read, like 1 others"] if deletes else [])
        assert one.here() == {"a": b"a", "b": b"b", "c": b"c"}
        assert one.there() == before
    assert one.done().skipped == ()


def test_the_deletion_of_mine_uncovers_what_lies_below_in_the_same_run(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("default/a", "default a")
    one.put_there("me/a", "my a")
    one.put_there("me/b", "my b")
    one.put_there("team-7/c", "team c")
    one.done()
    one.drop_here("a", "b")
    result = one.done()
    assert (result.deleted_remote, result.downloaded, result.conflicts) == (2, 1, ())
    assert one.here() == {"a": b"default a", "c": b"team c"}
    assert own(one) == {}


def test_another_device_sees_what_lies_below_where_mine_is_deleted(tmp_path: Path) -> None:
    one = bench(tmp_path / "one", **WITH_DELETIONS)
    two = bench(tmp_path / "two", one.bucket, **WITH_DELETIONS)
    one.put_there("team-7/a", "team a")
    one.put_there("team-7/b", "team b")
    one.put_there("me/a", "my a")
    one.done()
    two.done()
    one.drop_here("a")
    one.done()
    result = two.done()
    assert (result.downloaded, result.conflicts) == (1, ())
    assert two.here() == {"a": b"team a", "b": b"team b"}
    assert [kept.data for kept in two.trash()] == [b"my a"]


def test_a_deletion_of_mine_that_must_not_travel_is_undone_though_a_lower_one_shows(
    tmp_path: Path,
) -> None:
    one = bench(tmp_path)
    one.put_there("team-7/a", "team a")
    one.put_there("me/a", "my a")
    one.done()
    one.drop_there("me/a")
    one.done()
    assert one.here() == {"a": b"my a"}
    assert own(one) == {"a": b"my a"}


def test_an_edit_wins_against_the_deletion_of_mine_elsewhere(tmp_path: Path) -> None:
    one = bench(tmp_path, conflict_resolution="remote_wins", **WITH_DELETIONS)
    one.put_there("team-7/a", "team a")
    one.put_there("me/a", "my a")
    one.done()
    one.drop_there("me/a")
    one.put_here("a", "my later a")
    result = one.done()
    assert [conflict.resolution for conflict in result.conflicts] == ["edit_wins"]
    assert own(one) == {"a": b"my later a"}


def test_mine_deleted_on_both_sides_is_no_conflict(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("team-7/a", "team a")
    one.put_there("team-7/b", "team b")
    one.put_there("me/a", "my a")
    one.done()
    one.drop_there("me/a")
    one.drop_here("a")
    result = one.done()
    assert (result.downloaded, result.conflicts) == (1, ())
    assert one.here() == {"a": b"team a", "b": b"team b"}


@pytest.mark.parametrize("deletes", [False, True])
def test_a_renamed_file_of_a_lower_layer_is_copied_in_the_bucket_and_comes_back(
    tmp_path: Path, deletes: bool
) -> None:
    one = bench(tmp_path, delete_orphaned=deletes, max_delete=1000)
    one.put_there("team-7/a", "team a")
    one.done()
    before = lower(one)
    one.rename_here("a", "z")
    one.script()
    result = one.done()
    assert (result.bytes_up, result.bytes_down) == (0, 0)
    assert own(one) == {"z": b"team a"}
    assert one.here() == {"a": b"team a", "z": b"team a"}
    assert lower(one) == before


def test_a_renamed_file_of_mine_uncovers_what_lies_below(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("team-7/a", "team a")
    one.put_there("me/a", "my own a")
    one.done()
    one.rename_here("a", "z")
    result = one.done()
    assert (result.renamed, result.downloaded) == (1, 1)
    assert one.here() == {"a": b"team a", "z": b"my own a"}
    assert own(one) == {"z": b"my own a"}


def test_a_lower_layer_that_changes_changes_what_is_shown(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("default/a", "default a")
    one.put_there("default/b", "default b")
    one.put_there("me/c", "my c")
    one.done()
    one.put_there("default/a", "default a, new")
    one.put_there("team-7/b", "team b")
    one.put_there("team-7/c", "team c")
    one.put_there("team-7/d", "team d")
    result = one.done()
    assert (result.downloaded, result.uploaded, result.conflicts) == (3, 0, ())
    assert one.here() == {
        "a": b"default a, new",
        "b": b"team b",
        "c": b"my c",
        "d": b"team d",
    }
    one.drop_there("team-7/b", "team-7/d")
    one.put_there("team-7/e", "team e")
    one.done()
    assert one.here() == {
        "a": b"default a, new",
        "b": b"default b",
        "c": b"my c",
        "e": b"team e",
    }


@pytest.mark.parametrize("direction", ["push", "pull"])
@pytest.mark.parametrize("deletes", [False, True])
def test_each_direction_is_quiet_after_one_run(
    tmp_path: Path, direction: str, deletes: bool
) -> None:
    one = bench(tmp_path, direction=direction, delete_orphaned=deletes, max_delete=1000)
    for name in "abcd":
        one.put_there(f"team-7/{name}", name)
        one.put_here(name, name)
    one.put_there("me/m", "mine")
    one.put_here("m", "mine")
    one.done()
    before = lower(one)
    one.drop_here("a", "m")
    one.put_here("b", "edited")
    one.rename_here("c", "z")
    one.done()
    assert lower(one) == before
    if direction == "push":
        assert one.here() == {"b": b"edited", "d": b"d", "z": b"c"}
        assert own(one) == {"b": b"edited", "z": b"c", **({} if deletes else {"m": b"mine"})}
    else:
        assert own(one) == {"m": b"mine"}


def test_a_layer_whose_listing_fails_stops_the_run(tmp_path: Path) -> None:
    one = bench(tmp_path, retries=1, **WITH_DELETIONS)
    one.put_there("team-7/a", "team a")
    one.put_there("me/b", "my b")
    one.done()
    before = one.here(), one.there(), one.rows()
    one.drop_here("b")
    one.script(At("scan", unavailable(), key="team-7/"))
    with pytest.raises(Unavailable):
        one.sync()
    one.put_here("b", "my b")
    assert (one.here(), one.there(), one.rows()) == before


def test_layers_that_are_not_there_yet_are_empty(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.put_there("team-7/a", "team a")
    one.done()
    one.put_there("default/b", "default b")
    one.done()
    assert one.here() == {"a": b"team a", "b": b"default b"}


def test_a_layer_that_is_empty_while_its_base_is_not_stops_the_run(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("default/a", "default a")
    one.put_there("team-7/b", "team b")
    one.put_there("team-7/c", "team c")
    one.done()
    one.drop_there("team-7/b", "team-7/c")
    with pytest.raises(GuardStopped, match="the layer team-7 is empty, and 2 files were known"):
        one.sync()
    assert one.here().keys() == {"a", "b", "c"}
    one.sync(force=True)
    assert one.here().keys() == {"a"}


def test_all_of_mine_may_go_where_that_is_little(tmp_path: Path) -> None:
    for many in (10, 11):
        one = bench(tmp_path / str(many), **WITH_DELETIONS)
        one.put_there("default/a", "default a")
        names = [f"me/{number}" for number in range(many)]
        for name in names:
            one.put_there(name, "mine")
        one.done()
        one.drop_there(*names)
        if many == 10:
            one.done()
            assert one.here().keys() == {"a"}
            continue
        with pytest.raises(GuardStopped, match="the layer me is empty, and 11 files were known"):
            one.sync()


def test_a_layer_that_is_hidden_altogether_is_not_empty(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("default/d", "default d")
    one.put_there("team-7/b", "team b")
    one.put_there("team-7/c", "team c")
    one.done()
    one.put_there("me/b", "my b")
    one.drop_there("team-7/c")
    one.done()
    assert one.here() == {"b": b"my b", "d": b"default d"}


def test_a_layer_that_is_taken_out_deletes_nothing(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("default/a", "default a")
    one.put_there("team-7/a", "team a")
    one.put_there("team-7/b", "team b")
    one.put_there("me/c", "my c")
    one.done()
    before = lower(one)
    one.config = one.config.replace(layers=["default", "me"])
    result = one.done()
    assert result.conflicts == ()
    assert one.here() == {"a": b"default a", "b": b"team b", "c": b"my c"}
    assert own(one) == {"b": b"team b", "c": b"my c"}
    assert lower(one) == before


def test_a_layer_that_is_put_in_is_shown(tmp_path: Path) -> None:
    one = bench(tmp_path, layers=["default", "me"], **WITH_DELETIONS)
    one.put_there("default/a", "default a")
    one.put_there("default/b", "default b")
    one.put_there("me/c", "my c")
    one.done()
    one.put_here("b", "edited b")
    one.put_there("team-7/a", "team a")
    one.put_there("team-7/d", "team d")
    one.config = one.config.replace(layers=LAYERS)
    result = one.done()
    assert result.conflicts == ()
    assert one.here() == {"a": b"team a", "b": b"edited b", "c": b"my c", "d": b"team d"}
    assert own(one) == {"b": b"edited b", "c": b"my c"}


def test_with_layers_and_without_are_two_pairs(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("default/a", "default a")
    one.put_there("me/c", "my c")
    one.done()
    one.config = BucketConfig(
        provider="bench", bucket_name=one.name, prefix="me", retries=2, **WITH_DELETIONS
    )
    one.sync()
    assert one.here() == {"a": b"default a", "c": b"my c"}
    assert one.there().keys() == {"default/a", "me/a", "me/c"}


def test_a_layer_that_was_moved_stops_the_run(tmp_path: Path) -> None:
    one = bench(tmp_path, **WITH_DELETIONS)
    one.put_there("team-7/a", "team a")
    one.put_there("me/b", "my b")
    one.done()
    one.drop_there("team-7/a")
    one.put_there("team-7/.buckia-moved", '{"to": "premium"}')
    with pytest.raises(GuardStopped, match="the folder team-7 was moved to premium"):
        one.sync()
    assert one.here().keys() == {"a", "b"}


def test_a_folder_and_a_file_of_a_lower_layer_of_one_name(tmp_path: Path) -> None:
    for flat in (True, False):
        one = bench(tmp_path / str(flat), memory(flat=flat), **WITH_DELETIONS)
        one.put_there("team-7/a", "team a")
        one.put_there("team-7/b", "team b")
        one.done()
        one.drop_here("a")
        one.put_here("a/mine", "mine")
        for _ in range(2):
            result = one.sync()
            assert (result.exit_code, result.conflicts) == (0, ())
            assert "a" in skipped(result)
            assert not actions(one.status())
            assert own(one) == {"a/mine": b"mine"}
            assert one.here() == {"a/mine": b"mine", "b": b"team b"}
            assert one.there()["team-7/a"] == b"team a"


def test_a_file_over_a_folder_of_a_lower_layer(tmp_path: Path) -> None:
    for flat in (True, False):
        one = bench(tmp_path / str(flat), memory(flat=flat), **WITH_DELETIONS)
        one.put_there("team-7/a/b", "team b")
        one.done()
        one.drop_here("a/b")
        (one.root / "a").rmdir()
        one.put_here("a", "mine")
        before = lower(one)
        one.sync()
        one.done()
        assert lower(one) == before
        assert one.here()["a/b"] == b"team b"
        assert b"mine" in own(one).values()


def test_a_lower_file_changed_meanwhile_is_not_hidden_unseen(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.put_there("team-7/a", "team a")
    one.done()
    one.put_here("a", "my a")
    changed: list[bool] = []

    def change() -> None:
        if not changed:
            changed.append(True)
            one.put_there("team-7/a", "team a, later")

    one.between = change
    result = one.sync()
    assert [conflict.resolution for conflict in result.conflicts] == ["local_wins"]
    assert b"team a, later" in [kept.data for kept in one.trash()]
    assert own(one) == {"a": b"my a"}


def test_single_objects_by_key(tmp_path: Path) -> None:
    one = bench(tmp_path, prefix="app")
    one.put_there("app/default/a", "default a")
    one.put_there("app/me/b", "my b")
    with one.client() as client:
        assert [found.key for found in client.list_files()] == ["a", "b"]
        client.download_file("a", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == b"default a"
        with pytest.raises(AccessDenied, match="a lies in the layer default"):
            client.delete_file("a")
        (tmp_path / "mine").write_bytes(b"my a")
        client.upload_file(tmp_path / "mine", "a", force=True)
        assert one.there()["app/me/a"] == b"my a"
        assert one.there()["app/default/a"] == b"default a"
        client.delete_file("a")
        assert client.get_public_url("a").endswith("app/default/a")
        assert all(check.ok is not False for check in client.doctor())
        client.test_connection()
        assert client.verify().exit_code in {0, 1}
        with pytest.raises(ConfigError, match="as one tree"):
            client.new_user()
        assert client.find_user("me") == FoundUser(has_files=False)
    assert one.there() == {"app/default/a": b"default a", "app/me/b": b"my b"}


def test_a_run_that_finds_nothing_asks_for_the_listings_alone(tmp_path: Path) -> None:
    one = bench(tmp_path)
    for name in "abc":
        one.put_there(f"default/{name}", f"default {name}")
    one.put_there("me/a", "my a")
    one.done()
    one.done()
    one.script()
    one.sync()
    assert one.asked_about() == set()
    assert one.asked()["scan"] + one.asked()["scan_between"] == 3
