"""Whether bytes are the same is proven, by the cheapest proof that there is."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from buckia.errors import StorageError
from buckia.events import Comparing, Planned
from buckia.state import cache
from buckia.state.cache import DigestCache, Known
from buckia.testing.faults import At, Fails
from tests.engine.bench import (
    ASKED_ONCE,
    OLD,
    SECOND,
    Bench,
    actions,
    lacking,
    memory,
)

EQUAL = {f"d{n % 3}/{n:02}": f"the same {n}" for n in range(12)}


def filled(bench: Bench, *, mtime_ns: int | None = OLD) -> None:
    for key, text in EQUAL.items():
        bench.put_here(key, text, mtime_ns)
        bench.put_there(key, text, mtime_ns)


def about_objects(bench: Bench) -> dict[str, int]:
    return {name: n for name, n in bench.asked().items() if name not in ASKED_ONCE}


@pytest.mark.parametrize(
    ("facts", "asked", "reads"),
    [
        ({}, {}, 0),
        ({"lists": ["md5"]}, {}, 0),
        ({"lists": ["blake2b"]}, {}, 0),
        ({"lists": [], "hints": ["md5"]}, {}, 0),
        ({"lists": [], "tells": ["sha256"]}, {"stat": 12}, 0),
        ({"lists": [], "tells": ["md5"]}, {"stat": 12}, 0),
        ({"lists": []}, {"stat": 12, "digest": 12}, 0),
        ({"lists": [], "lacks": frozenset({"Digests"})}, {"stat": 12, "read": 12}, 12),
    ],
    ids=str,
)
def test_a_first_sync_of_equal_trees_transfers_nothing(
    tmp_path: Path, facts: dict[str, Any], asked: dict[str, int], reads: int
) -> None:
    bench = Bench(tmp_path, memory(**facts))
    filled(bench)
    bench.script()
    result = bench.sync()
    assert about_objects(bench) == asked
    assert (result.adopted, result.bytes_up, result.bytes_down) == (12, 0, 0)
    assert actions(result) == {("adopt", key) for key in EQUAL}
    compared = bench.told(Comparing)
    assert len(compared) == reads
    if compared:
        assert compared[-1].objects == reads
        assert compared[-1].size == sum(map(len, EQUAL.values()))
        assert bench.events.index(compared[-1]) < bench.events.index(bench.told(Planned)[0])
    bench.script()
    again = bench.sync()
    assert again.unchanged == 12
    assert not about_objects(bench)


def test_of_another_size_nothing_has_to_be_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lacking("Digests", lists=[]))
    bench.put_here("a", "short")
    bench.put_there("a", "of another length")
    bench.script()
    bench.status()
    assert not bench.told(Comparing)
    assert bench.asked()["read"] == 0


def test_digests_of_what_is_adopted_are_written_with_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a file that differs are kept besides, so that it is not read again."""
    kept: list[str] = []

    def write(_self: object, _connection: object, fresh: Sequence[Known], _hit: object) -> None:
        kept.extend(known.key for known in fresh)

    monkeypatch.setattr(DigestCache, "_write", write)
    # Digests of files as new as these would not be kept at all.
    monkeypatch.setattr(cache, "UNSETTLED", "another sign")
    bench = Bench(tmp_path)
    filled(bench)
    bench.put_here("differs", "here", OLD)
    bench.put_there("differs", "away", OLD)
    assert bench.sync(conflict_resolution="ask").adopted == 12
    assert kept == ["differs"]


def test_a_hint_that_differs_proves_nothing(tmp_path: Path) -> None:
    """As an ETag of parts is no MD5: what it is compared with may still be the same."""
    bench = Bench(tmp_path, memory(lists=[], hints=["md5"]))
    filled(bench)
    for stored in bench.bucket._shelf._objects.values():
        stored.entry.hints["md5"] = stored.listed.hints["md5"] = "0" * 32  # type: ignore[index]  # a dict here
    result = bench.sync()
    assert result.adopted == 12
    assert not result.conflicts


@pytest.mark.parametrize("hint", ["md5", "md5/4"])
def test_an_object_that_was_written_anew_is_proven_by_the_file_here(
    tmp_path: Path, hint: str
) -> None:
    """Reading the file costs less than fetching the object. Other bytes are seen all the same."""
    bench = Bench(tmp_path, lacking("Digests", lists=[], hints=[hint]))
    bench.put_here("same", "the same")
    bench.put_here("other", "1 agreed")
    bench.sync()
    bench.put_there("same", "the same")
    bench.put_there("other", "2 edited")
    bench.script()
    result = bench.sync()
    assert bench.store.called("read") == ["other", "other"]
    assert (result.downloaded, bench.here()["same"]) == (1, b"the same")
    assert bench.here()["other"] == b"2 edited"
    bench.script()
    bench.sync()
    assert not about_objects(bench)


def test_an_object_that_is_read_to_be_compared_is_read_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lacking("Digests", lists=[]))
    bench.put_here("a", "1 here")
    bench.put_there("a", "1 away")
    bench.sync(conflict_resolution="ask")
    bench.script()
    result = bench.sync(conflict_resolution="ask")
    assert result.exit_code == 5
    assert bench.asked()["read"] == 0, "the digest of the same version is known by now"


def test_an_object_that_cannot_be_read_is_neither_same_nor_different(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lacking("Digests", lists=[]))
    filled(bench)
    bench.put_here("only-here", "x")
    refused = Fails(lambda key: StorageError("it does not want to", key=key))
    bench.script(At("read", refused, key="d0/00"))
    result = bench.sync(delete_orphaned=True)
    assert [one.path for one in result.failed] == ["d0/00"]
    assert result.exit_code == 1
    assert "d0/00" not in bench.rows()
    assert bench.there()["only-here"] == b"x"
    bench.script()
    assert bench.sync().adopted == 1


def newer(bench: Bench, side: str) -> None:
    """Both sides changed since they agreed, one of them ten seconds later."""
    bench.put_here("a", "agreed", OLD)
    bench.put_here("rest", "rest", OLD)
    bench.sync()
    bench.put_here("a", "edited here", OLD + (20 if side == "here" else 10) * SECOND)
    bench.put_there("a", "edited there", OLD + (10 if side == "here" else 20) * SECOND)


@pytest.mark.parametrize(
    "facts",
    [{}, {"lists_mtime": False}, {"lists_mtime": False, "lists": []}, {"lists": []}],
    ids=str,
)
@pytest.mark.parametrize("side", ["here", "there"])
def test_the_newest_wins_where_times_are_stored(
    tmp_path: Path, facts: dict[str, Any], side: str
) -> None:
    bench = Bench(tmp_path, memory(**facts))
    newer(bench, side)
    result = bench.done(conflict_resolution="newest_wins")
    won = f"edited {side}".encode()
    assert bench.here()["a"] == bench.there()["a"] == won
    [conflict] = result.conflicts
    assert conflict.resolution == ("local_wins" if side == "here" else "remote_wins")
    assert Path(conflict.kept or "").read_bytes().startswith(b"edited")


def test_times_that_only_objects_tell_are_asked_for_where_they_matter(tmp_path: Path) -> None:
    bench = Bench(tmp_path, memory(lists_mtime=False))
    newer(bench, "there")
    bench.script()
    bench.status(conflict_resolution="newest_wins")
    assert bench.store.called("stat") == ["a"]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (OLD, OLD),
        (OLD, OLD + 2 * SECOND),
        (OLD + SECOND, OLD),
        (OLD, None),
        (OLD, time.time_ns() + 3600 * SECOND),
        (time.time_ns() + 3600 * SECOND, OLD),
    ],
    ids=["equal", "2 s", "1 s", "none there", "in the future there", "in the future here"],
)
def test_times_that_tell_nothing_let_both_versions_be_kept(
    bench: Bench, here: int, there: int | None
) -> None:
    bench.put_here("a", "agreed", OLD)
    bench.put_here("rest", "rest", OLD)
    bench.sync()
    bench.put_here("a", "edited here", here)
    bench.put_there("a", "edited there", there)
    told = bench.status(conflict_resolution="newest_wins")
    [step] = told.actions
    assert "both are kept" in step.reason
    result = bench.done(conflict_resolution="newest_wins")
    assert [one.resolution for one in result.conflicts] == ["keep_both"]
    assert b"edited here" in bench.there().values()
    assert bench.here()["a"] == b"edited there"


def test_on_a_store_that_keeps_no_times_both_are_kept_and_the_plan_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, memory(keeps_mtime=False))
    newer(bench, "here")
    [step] = bench.status(conflict_resolution="newest_wins").actions
    assert "no time is stored" in step.reason
    result = bench.done(conflict_resolution="newest_wins")
    assert [one.resolution for one in result.conflicts] == ["keep_both"]


def test_without_a_base_both_are_kept_unless_a_policy_was_given(tmp_path: Path) -> None:
    for name, how, resolution in (
        ("none", {}, "keep_both"),
        ("given", {"conflict_resolution": "local_wins"}, "local_wins"),
    ):
        bench = Bench(tmp_path / name)
        bench.put_here("a", "here")
        bench.put_there("a", "there")
        result = bench.done(**how)
        assert [one.resolution for one in result.conflicts] == [resolution]
    assert len(bench.there()) == 1


@pytest.mark.parametrize("lists", [["sha256"], ["md5"], []])
def test_a_file_that_was_merely_touched_transfers_nothing(tmp_path: Path, lists: list[str]) -> None:
    bench = Bench(tmp_path, lacking("Digests", lists=lists))
    filled(bench)
    bench.sync()
    for key in EQUAL:
        os.utime(bench.root / key)
    bench.script()
    result = bench.sync()
    assert not result.actions
    assert not about_objects(bench)


@pytest.mark.parametrize("algorithm", ["sha256", "md5", "sha1", "blake2b"])
def test_the_chosen_digest_is_enough_to_know_the_bytes_again(
    tmp_path: Path, algorithm: str
) -> None:
    bench = Bench(tmp_path, lacking("Digests", lists=[]), checksum_algorithm=algorithm)
    bench.put_here("a", "a")
    bench.sync()
    os.utime(bench.root / "a")
    bench.script()
    assert not bench.sync().actions
    assert not about_objects(bench)


def test_another_algorithm_than_last_time_costs_no_transfer(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lacking("Digests", lists=[]), checksum_algorithm="md5")
    filled(bench)
    bench.sync()
    os.utime(bench.root / "d0/00")
    bench.put_there("d1/01", EQUAL["d1/01"])
    with bench.client(checksum_algorithm="sha256") as client:
        result = client.sync()
    assert not result.actions
    assert not result.conflicts
