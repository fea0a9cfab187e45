"""What looks like a disaster stops the run, however the sides are made up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buckia.client import BuckiaClient
from buckia.errors import BuckiaError, GuardStopped
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import Faulty
from tests.engine import provider
from tests.engine.bench import Bench, lacking, memory, picture, untouched

Made = Callable[..., Bench]
KEYS = [f"d/{n:03}" for n in range(40)]


def filled(bench: Bench, keys: list[str] = KEYS) -> Bench:
    for key in keys:
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    return bench


def stopped(bench: Bench, **how: Any) -> GuardStopped:
    before = picture(bench)
    bench.script()
    with pytest.raises(GuardStopped) as caught:
        bench.sync(**how)
    assert caught.value.exit_code == 6
    assert not bench.changes()
    untouched(bench, before)
    return caught.value


@pytest.mark.parametrize("facts", [{}, {"lists": []}, {"flat": False}], ids=str)
@pytest.mark.parametrize("side", ["here", "there"])
@pytest.mark.parametrize("direction", ["both", "mirror"])
def test_too_many_deletions_stop_the_run_on_any_store(
    made: Made, facts: dict[str, Any], side: str, direction: str
) -> None:
    bench = filled(made(memory(**facts)))
    (bench.drop_here if side == "here" else bench.drop_there)(*KEYS[:11])
    way = {"both": "both", "mirror": "push" if side == "here" else "pull"}[direction]
    error = stopped(bench, delete_orphaned=True, direction=way)
    assert "11 of 40" in error.message
    assert "25%" in error.message
    result = bench.sync(delete_orphaned=True, direction=way, force=True)
    assert result.deleted == 11
    assert bench.here() == bench.there()
    assert {one.key for one in bench.trash()} == set(KEYS[:11]), "what is forced is kept"


@pytest.mark.parametrize(
    ("limit", "gone", "stops"),
    [(11, 11, False), (10, 11, True), ("27.5%", 11, False), ("27%", 11, True), ("0%", 10, False)],
)
def test_the_limit_counts_what_it_says(
    made: Made, limit: int | str, gone: int, stops: bool
) -> None:
    bench = filled(made(max_delete=limit))
    bench.drop_here(*KEYS[:gone])
    if stops:
        stopped(bench, delete_orphaned=True)
    else:
        assert bench.sync(delete_orphaned=True).deleted == gone


def test_ten_deletions_are_few_even_of_eleven(bench: Bench) -> None:
    filled(bench, KEYS[:11])
    bench.drop_here(*KEYS[:10])
    assert bench.sync(delete_orphaned=True).deleted == 10


def test_a_number_holds_where_a_percentage_would_not(bench: Bench) -> None:
    filled(bench, KEYS[:11])
    bench.drop_here(*KEYS[:3])
    stopped(bench, delete_orphaned=True, max_delete=2)


def test_renames_by_transfer_are_no_deletions_either(made: Made) -> None:
    bench = filled(made(lacking("CopiesInside", "CopiesConditionally", "MovesInside")))
    (bench.root / "d").rename(bench.root / "e")
    bench.put_here("rest", "rest")
    result = bench.sync(delete_orphaned=True, max_delete=0)
    assert result.renamed == 40
    assert bench.here() == bench.there()


def test_deletions_that_do_not_travel_stop_nothing(bench: Bench) -> None:
    filled(bench)
    bench.drop_here(*KEYS[:30])
    assert bench.sync().downloaded == 30


def test_losers_of_conflicts_are_no_deletions(bench: Bench) -> None:
    filled(bench)
    for key in KEYS:
        bench.put_here(key, f"edited here {key}")
        bench.put_there(key, f"edited there {key}")
    assert len(bench.sync(max_delete=0, conflict_resolution="remote_wins").conflicts) == 40


@pytest.mark.parametrize("side", ["here", "there"])
def test_a_side_that_is_suddenly_empty_stops_the_run(made: Made, side: str) -> None:
    bench = filled(made(lacking("Identifies")), ["a", "b"])
    (bench.drop_here if side == "here" else bench.drop_there)("a", "b")
    for how in ({}, {"delete_orphaned": True}, {"direction": "push"}, {"direction": "pull"}):
        stopped(bench, **how)
    bench.sync(delete_orphaned=True, force=True)
    assert bench.here() == bench.there() == {}
    assert {one.data for one in bench.trash()} == {b"agreed a", b"agreed b"}


def test_an_empty_side_is_restored_by_force_where_deletions_do_not_travel(bench: Bench) -> None:
    filled(bench, ["a", "b"])
    bench.drop_here("a", "b")
    stopped(bench)
    assert bench.sync(force=True).downloaded == 2


@pytest.mark.parametrize("left", [".DS_Store.log", ".buckia.yaml", ".env"])
def test_what_takes_no_part_does_not_make_a_side_full(made: Made, left: str) -> None:
    bench = filled(made(exclude=["*.log"]), ["a", "b"])
    bench.drop_here("a", "b")
    bench.put_here(left, "x")
    stopped(bench, delete_orphaned=True)


@pytest.mark.parametrize("side", ["here", "there"])
def test_a_synced_folder_that_is_suddenly_empty_stops_the_run(made: Made, side: str) -> None:
    keys = ["one/a", "one/b", "two/a", "two/b"]
    bench = filled(made(folders=["one", "two"]), keys)
    (bench.drop_here if side == "here" else bench.drop_there)("two/a", "two/b")
    error = stopped(bench, delete_orphaned=True)
    assert "two/" in error.message
    assert "one/" not in error.message


def test_a_new_folder_that_is_empty_stops_nothing(made: Made) -> None:
    bench = filled(made(folders=["one", "two"]), ["one/a"])
    bench.put_here("one/b", "b")
    assert bench.sync(delete_orphaned=True).uploaded == 1


def test_a_narrowed_run_takes_no_untouched_folder_for_an_empty_one(made: Made) -> None:
    bench = filled(made(folders=["one", "two"]), ["one/a", "two/a"])
    bench.put_here("one/a", "edited")
    assert bench.sync(sync_paths=["one/"], delete_orphaned=True).uploaded == 1
    bench.put_here("one/a", "edited once more")
    assert bench.sync(include=["one/"], delete_orphaned=True).uploaded == 1


def test_the_last_key_of_a_narrowed_run_may_be_deleted(bench: Bench) -> None:
    filled(bench, ["a", "b"])
    bench.drop_here("a")
    assert bench.sync(sync_paths=["a"], delete_orphaned=True).deleted_remote == 1


@pytest.mark.parametrize("side", ["here", "there"])
def test_the_last_file_but_one_may_be_deleted(bench: Bench, side: str) -> None:
    filled(bench, ["a", "b"])
    (bench.drop_here if side == "here" else bench.drop_there)("a")
    assert bench.sync(delete_orphaned=True).deleted == 1


def test_a_root_that_is_gone_stops_the_run_though_the_state_is_elsewhere(
    made: Made, tmp_path: Path
) -> None:
    bench = made(paths=["root"])
    filled(bench, ["root/a", "root/b"])
    shutil.rmtree(bench.root / "root")
    error = stopped(bench, delete_orphaned=True)
    assert "root" in error.message
    assert not (bench.root / "root").exists()


def test_a_root_that_is_gone_is_made_before_any_base(made: Made) -> None:
    bench = made(paths=["root", "more"])
    bench.put_there("a", "a")
    assert not bench.status().failed
    assert not (bench.root / "root").exists()
    bench.sync()
    assert bench.here() == {"root/a": b"a"}


def test_a_root_that_is_a_file_is_an_error_of_ours(made: Made) -> None:
    bench = made(paths=["root"])
    bench.put_here("root", "a file")
    bench.put_there("a", "a")
    with pytest.raises(BuckiaError, match="root"):
        bench.sync()
    assert bench.here() == {"root": b"a file"}


def test_a_bucket_with_another_mark_stops_the_run(bench: Bench) -> None:
    filled(bench, ["a", "b"])
    other = MemoryStore()
    for key, data in bench.there().items():
        from buckia.body import BytesBody

        other.write(key, BytesBody(data=data))
    other.identity(create=True)
    bench.use(other)
    error = stopped(bench)
    assert "mark" in error.message
    bench.sync(force=True)
    assert not bench.sync().actions, "what was forced is known from now on"


def test_a_bucket_that_lost_its_mark_stops_the_run(bench: Bench) -> None:
    filled(bench, ["a", "b"])
    bench.bucket._identity = None
    stopped(bench)
    bench.sync(force=True)
    assert bench.bucket.identity() is not None
    assert not bench.sync().actions


def test_a_bucket_that_bears_no_mark_is_known_by_its_name_alone(made: Made) -> None:
    bench = filled(made(lacking("Identifies")), ["a", "b"])
    assert not bench.sync().actions
    assert bench.asked()["identity"] == 0


def from_file(bench: Bench, **keys: Any) -> Callable[..., Any]:
    """Syncs the bucket `pair` of a file that says this."""
    path = bench.root / ".buckia.json"
    given = {"provider": "bench", "bucket_name": bench.name, "retries": 1, **keys}
    path.write_text(json.dumps({"pair": given}))
    path.chmod(0o600)

    def sync(**how: Any) -> Any:
        with BuckiaClient.from_file(path, "pair", plugins=provider.plugins()) as client:
            return client.sync(**how)

    return sync


@pytest.mark.parametrize("key", ["bucket_name", "endpoint_url", "region", "domain", "paths"])
def test_another_bucket_or_folder_than_last_time_stops_the_run(bench: Bench, key: str) -> None:
    provider.stores["another"] = Faulty(MemoryStore())
    bench.put_here("root/a", "a")
    bench.put_here("other/a", "another file")
    from_file(bench, paths=["root"])()
    values = {"bucket_name": "another", "paths": ["other"]}
    more = {"paths": ["root"], key: values.get(key, "https://else.where")}
    sync = from_file(bench, **more)
    there = bench.there()
    with pytest.raises(GuardStopped, match="was last run with"):
        sync()
    assert bench.there() == there
    assert not provider.stores["another"].store.contents()  # type: ignore[attr-defined]  # a faulty MemoryStore
    assert not sync(force=True).failed
    sync()


def test_another_prefix_of_the_same_bucket_is_no_surprise(bench: Bench) -> None:
    bench.put_here("root/a", "a")
    from_file(bench, paths=["root"])()
    assert from_file(bench, paths=["root"], prefix="below/")().uploaded == 1


def test_secrets_and_limits_may_change_without_a_surprise(bench: Bench) -> None:
    bench.put_here("root/a", "a")
    from_file(bench, paths=["root"], token="one")()
    sync = from_file(bench, paths=["root"], token="two", retries=3, max_workers=2)
    assert not sync().actions


def test_all_that_looks_wrong_is_told_at_once(bench: Bench) -> None:
    filled(bench)
    bench.drop_here(*KEYS[:20])
    bench.drop_there(*KEYS[20:])
    error = stopped(bench, delete_orphaned=True)
    assert "20 of 40 files would be deleted here" in error.message
    assert "20 of 40 files would be deleted in the bucket" in error.message
    assert "buckia sync --no-delete-orphaned --force" in error.hint
    bench.sync(delete_orphaned=False, force=True)
    assert bench.here().keys() == bench.there().keys() == set(KEYS)


def test_force_leaves_a_run_without_anything_to_pass_as_it_is(bench: Bench) -> None:
    filled(bench, ["a", "b"])
    bench.put_here("a", "edited")
    assert bench.sync(force=True).uploaded == 1
    assert not bench.trash()


def test_force_does_not_pass_what_failed(bench: Bench) -> None:
    from buckia.testing.faults import At, denied

    filled(bench)
    bench.drop_here(*KEYS[:20])
    bench.put_here("new", "new")
    bench.script(At("write_if", denied(), key="new"))
    result = bench.sync(delete_orphaned=True, force=True)
    assert result.exit_code == 1
    assert result.deleted == 0
