"""Several local roots, overlaid on one bucket."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from buckia.errors import AccessDenied, ConfigError, GuardStopped
from buckia.results import SyncResult
from tests.engine.bench import Bench, actions, memory

Made = Callable[..., Bench]


@pytest.fixture
def two(made: Made) -> Bench:
    """A two-way root and one that is only uploaded."""
    bench = made(paths=["demo", "static"])
    for root in ("demo", "static"):
        bench.put_here(f"{root}/{root}-only", root)
    bench.done(delete_orphaned=True)
    return bench


def reasons(result: SyncResult, key: str) -> list[str]:
    return [one.reason for one in result.skipped if one.path == key]


def test_both_roots_go_into_the_bucket(two: Bench) -> None:
    assert two.there() == {"demo-only": b"demo", "static-only": b"static"}
    assert two.origins() == {"demo-only": "demo", "static-only": "static"}


def test_what_only_the_bucket_has_comes_to_the_first_root(two: Bench) -> None:
    two.put_there("new", "n")
    two.done()
    assert two.here()["demo/new"] == b"n"
    assert "static/new" not in two.here()


def test_a_remote_edit_in_a_push_root_is_replaced_and_kept(two: Bench) -> None:
    two.put_there("static-only", "edited there")
    result = two.done(delete_orphaned=True)
    assert two.there()["static-only"] == b"static"
    assert two.here()["static/static-only"] == b"static"
    assert [(one.key, one.data) for one in two.trash()] == [("static-only", b"edited there")]
    assert [one.path for one in result.conflicts] == ["static-only"]


@pytest.mark.parametrize("deletes", [True, False])
def test_a_remote_deletion_in_a_push_root_is_uploaded_again(two: Bench, deletes: bool) -> None:
    two.drop_there("static-only")
    result = two.done(delete_orphaned=deletes)
    assert actions(result) == {("upload", "static-only")}
    assert two.there()["static-only"] == b"static"


@pytest.mark.parametrize("deletes", [True, False])
def test_a_deletion_in_a_push_root_travels_where_deletions_do(two: Bench, deletes: bool) -> None:
    two.put_here("static/more", "more")
    two.done()
    two.drop_here("static/more")
    two.done(delete_orphaned=deletes)
    assert ("more" in two.there()) is not deletes
    assert "static/more" not in two.here()
    assert "demo/more" not in two.here()


def test_a_remote_deletion_in_the_first_root_travels_both_ways(two: Bench) -> None:
    two.put_here("demo/more", "more")
    two.done()
    two.drop_there("more")
    two.done(delete_orphaned=True)
    assert "demo/more" not in two.here()


def test_a_new_key_belongs_to_the_first_root_that_has_it(two: Bench) -> None:
    two.put_here("demo/both", "of demo")
    two.put_here("static/both", "of static")
    result = two.sync()
    assert two.there()["both"] == b"of demo"
    assert reasons(result, "both")
    again = two.sync()
    assert reasons(again, "both"), "a shadowed key is told of in every run"
    assert not again.actions


def test_a_key_keeps_the_root_that_its_row_names(two: Bench) -> None:
    two.put_here("demo/static-only", "a later one in the first root")
    result = two.sync()
    assert two.there()["static-only"] == b"static"
    assert two.origins()["static-only"] == "static"
    assert reasons(result, "static-only")


@pytest.mark.parametrize("deletes", [True, False])
def test_a_key_that_vanishes_from_its_root_while_another_has_it_is_a_conflict(
    two: Bench, deletes: bool
) -> None:
    two.put_here("demo/both", "of demo")
    two.put_here("static/both", "of static")
    two.sync()
    two.drop_here("demo/both")
    result = two.sync(delete_orphaned=deletes)
    assert [one.path for one in result.conflicts] == ["both"]
    assert reasons(result, "both") == ["the one in static waits, for that in demo is gone"]
    assert two.here()["static/both"] == b"of static"
    assert two.there().get("both") != b"of static", "the other root's went up unasked"
    if deletes:
        assert "both" not in two.there()


def test_a_deletion_in_the_bucket_that_brings_another_roots_file_to_light_is_a_conflict(
    two: Bench,
) -> None:
    two.put_here("demo/both", "of demo")
    two.put_here("static/both", "of static")
    two.sync()
    two.drop_there("both")
    result = two.sync(delete_orphaned=True)
    assert [one.path for one in result.conflicts] == ["both"]
    assert "both" not in two.there(), "the other root's went up unasked"
    assert two.here()["static/both"] == b"of static"
    assert "demo/both" not in two.here()


def test_of_a_key_that_is_only_uploaded_the_version_here_alone_can_be_kept(two: Bench) -> None:
    two.put_there("static-only", "edited there")
    with two.client() as client:
        with pytest.raises(ConfigError, match=r"goes one way only \(push\)"):
            client.resolve("static-only", "remote")
        assert client.resolve("static-only", "local").exit_code == 0
    assert two.there()["static-only"] == b"static"


def test_through_which_root_a_key_comes_nobody_is_asked(two: Bench) -> None:
    two.put_here("demo/both", "of demo")
    two.put_here("static/both", "of static")
    two.sync()
    two.drop_here("demo/both")
    with two.client() as client:
        assert [one.path for one in client.status().conflicts] == ["both"]
        assert client.conflicts() == ()


@pytest.mark.parametrize("deletes", [True, False])
def test_an_uploaded_file_whose_name_became_a_folder_in_the_bucket_waits_in_every_run(
    made: Made, deletes: bool
) -> None:
    bench = made(memory(flat=False), paths=["demo", "static"])
    bench.put_here("demo/keep", "k")
    bench.put_here("static/name", "mine")
    bench.done()
    bench.drop_there("name")
    bench.put_there("name/below", "theirs")
    for _ in range(3):
        result = bench.sync(delete_orphaned=deletes)
        assert not result.failed
        assert reasons(result, "name")
    assert bench.here() == {"demo/keep": b"k", "static/name": b"mine", "demo/name/below": b"theirs"}
    assert bench.there() == {"keep": b"k", "name/below": b"theirs"}


@pytest.mark.parametrize("policy", ["remote_wins", "ask"])
def test_what_would_lie_below_a_file_waits_until_both_sides_hold_the_same_file(
    made: Made, policy: str
) -> None:
    bench = made(memory(flat=False), paths=["demo", "static"])
    bench.put_here("demo/name", "agreed")
    bench.put_here("static/keep", "k")
    bench.done()
    bench.put_here("demo/name", "mine")
    bench.put_there("name", "theirs")
    bench.put_here("static/name/below", "below")
    result = bench.sync(conflict_resolution=policy)
    assert not result.failed
    assert reasons(result, "name/below")
    assert bench.there()["name"] == b"theirs"
    assert not bench.sync(conflict_resolution="remote_wins").failed
    bench.done()
    assert bench.there()["name/below"] == b"below"
    assert sorted(bench.there().values()) == [b"below", b"k", b"theirs"]


def test_after_such_a_deletion_the_other_roots_key_is_new(two: Bench) -> None:
    two.put_here("demo/both", "of demo")
    two.put_here("static/both", "of static")
    two.sync()
    two.drop_here("demo/both")
    two.sync(delete_orphaned=True)
    two.sync(delete_orphaned=True)
    assert two.there()["both"] == b"of static"
    assert two.origins()["both"] == "static"


def test_an_entry_may_stand_for_a_part_of_the_bucket(made: Made) -> None:
    bench = made(
        paths=[
            "demo",
            {"path": "data", "to": "data/"},
            {"path": "two-way", "to": "two/", "direction": "both"},
        ]
    )
    bench.put_here("demo/a", "a")
    bench.put_here("data/b", "b")
    bench.put_here("two-way/c", "c")
    bench.done()
    assert bench.there().keys() == {"a", "data/b", "two/c"}
    bench.put_there("two/new", "from there")
    bench.put_there("data/new", "to the first root, since data is only uploaded")
    bench.done()
    assert bench.here()["two-way/new"] == b"from there"
    assert "data/new" not in bench.here()
    assert "demo/data/new" in bench.here()


def test_the_longest_place_that_lets_a_key_in_gets_it(made: Made) -> None:
    both = {"direction": "both"}
    bench = made(
        paths=["all", {"path": "x", "to": "x/", **both}, {"path": "xy", "to": "x/y/", **both}]
    )
    for root in ("all", "x", "xy"):
        (bench.root / root).mkdir(parents=True)
    for key in ("k", "x/k", "x/y/k"):
        bench.put_there(key, key)
    bench.done()
    assert bench.here() == {"all/k": b"k", "x/k": b"x/k", "xy/k": b"x/y/k"}


def test_one_folder_may_stand_for_two_parts_of_the_bucket(made: Made) -> None:
    bench = made(paths=[{"path": "src", "to": "one/"}, {"path": "src", "to": "two/"}])
    bench.put_here("src/a", "a")
    bench.done()
    assert bench.there() == {"one/a": b"a", "two/a": b"a"}
    bench.put_here("src/a", "edited")
    bench.done()
    assert bench.there() == {"one/a": b"edited", "two/a": b"edited"}


def test_the_buckets_direction_narrows_that_of_a_root(made: Made) -> None:
    bench = made(paths=["demo", {"path": "extra", "to": "extra/", "direction": "both"}])
    bench.put_here("demo/a", "a")
    bench.put_here("extra/b", "b")
    bench.done()
    bench.put_there("extra/b", "edited there")
    bench.put_here("demo/a", "edited here")
    bench.done(direction="push")
    assert bench.there() == {"a": b"edited here", "extra/b": b"b"}
    bench.put_there("extra/b", "edited there")
    bench.done(direction="pull")
    assert bench.here()["extra/b"] == b"edited there"


def test_a_root_that_is_only_pulled_is_never_uploaded(made: Made) -> None:
    bench = made(paths=[{"path": "copy", "direction": "pull"}])
    bench.put_here("copy/mine", "mine")
    bench.put_there("theirs", "theirs")
    bench.done()
    assert bench.there() == {"theirs": b"theirs"}
    assert bench.here() == {"copy/mine": b"mine", "copy/theirs": b"theirs"}


def test_a_mirror_of_push_roots_deletes_what_none_of_them_has(made: Made) -> None:
    bench = made(paths=["a", "b"])
    for key in ("a/1", "b/2"):
        bench.put_here(key, key)
    bench.put_there("stranger", "s")
    bench.done(direction="push", delete_orphaned=True)
    assert bench.there().keys() == {"1", "2"}
    assert [one.key for one in bench.trash()] == ["stranger"]


def test_a_conflict_copy_lies_in_the_root_of_its_key(made: Made) -> None:
    bench = made(paths=["demo", {"path": "extra", "to": "extra/", "direction": "both"}])
    bench.put_here("demo/a", "a")
    bench.put_here("extra/b", "b")
    bench.done()
    bench.put_here("extra/b", "edited here")
    bench.put_there("extra/b", "edited there")
    result = bench.done(conflict_resolution="keep_both")
    [conflict] = result.conflicts
    assert conflict.kept is not None
    assert bench.here()[conflict.kept] == b"edited here"
    assert bench.there()[conflict.kept] == b"edited here"


@pytest.mark.parametrize("direction", ["both", "push"])
@pytest.mark.parametrize(
    ("paths", "file", "below"),
    [
        (["one", "two"], "one/a", "two/a/b"),
        (["one", "two"], "two/a", "one/a/b"),
        (["one", {"path": "two", "to": "a/"}], "one/a", "two/b"),
    ],
    ids=["first root", "second root", "part"],
)
def test_a_file_and_a_folder_of_one_name_in_two_roots_are_no_clash(
    made: Made, direction: str, paths: list[Any], file: str, below: str
) -> None:
    bench = made(paths=paths)
    bench.put_here(file, "the file")
    bench.put_here(below, "in the folder")
    result = bench.done(direction=direction)
    assert bench.there() == {"a": b"the file", "a/b": b"in the folder"}
    assert bench.here() == {file: b"the file", below: b"in the folder"}
    assert not result.conflicts


def test_a_rename_from_one_root_to_another_keeps_the_bytes_in_the_bucket(two: Bench) -> None:
    two.put_here("demo/big", b"b" * 100_000)
    two.done()
    two.rename_here("demo/big", "static/moved")
    result = two.done(delete_orphaned=True)
    assert (result.renamed, result.bytes_up) == (1, 0)
    assert two.there().keys() == {"demo-only", "static-only", "moved"}
    assert two.origins()["moved"] == "static"


def test_a_rename_in_the_bucket_across_roots_comes_to_the_folders(made: Made) -> None:
    bench = made(paths=["demo", {"path": "extra", "to": "extra/", "direction": "both"}])
    bench.put_here("demo/a", "bytes of a")
    bench.put_here("extra/b", "b")
    bench.done()
    bench.put_there("extra/a", "bytes of a")
    bench.drop_there("a")
    result = bench.done(delete_orphaned=True)
    assert result.renamed == 1
    assert bench.here() == {"extra/a": b"bytes of a", "extra/b": b"b"}


def test_an_emptied_root_stops_the_run_though_the_other_is_full(two: Bench) -> None:
    two.drop_here("static/static-only")
    before = two.there()
    with pytest.raises(GuardStopped, match="static"):
        two.sync(delete_orphaned=True)
    assert two.there() == before


def test_a_root_that_vanished_stops_the_run(two: Bench) -> None:
    shutil.rmtree(two.root / "static")
    before = two.there()
    with pytest.raises(GuardStopped, match="static"):
        two.sync()
    assert two.there() == before
    assert not (two.root / "static").exists()


def test_a_root_that_is_taken_out_of_the_configuration_deletes_nothing(two: Bench) -> None:
    with two.client(paths=["demo"]) as client:
        result = client.sync(delete_orphaned=True)
    assert not result.deleted
    assert {"demo-only", "static-only"} <= two.there().keys()
    assert two.here()["static/static-only"] == b"static"


def test_another_first_root_is_another_folder_than_last_time(two: Bench) -> None:
    here, there = two.here(), two.there()
    with two.client(paths=["static", "demo"]) as client:
        with pytest.raises(GuardStopped):
            client.sync(delete_orphaned=True)
        assert (two.here(), two.there()) == (here, there)
        client.sync(delete_orphaned=True, force=True)
    assert there.items() <= two.there().items()
    assert here.items() <= two.here().items()


def test_the_state_lies_beside_the_roots_and_in_none_of_them(two: Bench) -> None:
    assert two.state.is_dir()
    assert not (two.root / "demo" / ".buckia.state").exists()


def test_a_root_that_cannot_be_looked_at_is_an_error_and_no_missing_one(
    two: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.stat

    def refused(where: Any, **how: Any) -> os.stat_result:
        if str(where) == str(two.root / "static"):
            raise PermissionError(13, "Permission denied", str(where))
        return real(where, **how)

    monkeypatch.setattr(os, "stat", refused)
    with pytest.raises(AccessDenied, match="static") as caught:
        two.sync(delete_orphaned=True, force=True)
    assert caught.value.hint
