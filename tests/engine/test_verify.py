"""Comparing the bytes of both sides, and deciding conflicts one at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.errors import (
    ConfigError,
    Unavailable,
)
from buckia.testing.faults import At, denied, unavailable
from tests.engine.bench import (
    Bench,
    lacking,
    memory,
    picture,
    untouched,
)

Made = Callable[..., Bench]


@pytest.fixture
def uneven(bench: Bench) -> Bench:
    for key in ("same", "differs", "size", "here", "there"):
        bench.put_here(key, f"agreed {key}")
    bench.put_here(".buckiaignore", "*.log\n")
    bench.sync()
    bench.put_here("differs", "AGREED differs")
    bench.put_here("size", "longer than it was")
    bench.put_here("only-here", "x")
    bench.put_there("only-there", "x")
    bench.put_here("a.log", "ignored")
    return bench


@pytest.mark.parametrize("fast", [True, False])
def test_verify_finds_all_that_differs_and_changes_nothing(uneven: Bench, fast: bool) -> None:
    before = picture(uneven)
    uneven.script()
    with uneven.client() as client:
        found = client.verify(fast=fast)
    assert {one.path for one in found.differing} == {"differs", "size", "only-here", "only-there"}
    assert found.equal == 4
    assert found.exit_code == 1
    assert not uneven.changes()
    untouched(uneven, before)


@pytest.mark.parametrize(("fast", "read"), [(True, 0), (False, 8)])
def test_verify_reads_bytes_only_where_it_is_to(made: Made, fast: bool, read: int) -> None:
    bench = made(lacking("Digests"))
    bench.put_here("a", "1234")
    bench.put_here("b", "5678")
    bench.sync()
    bench.script()
    with bench.client() as client:
        found = client.verify(fast=fast)
    assert (found.equal, found.differing, found.exit_code) == (2, (), 0)
    assert found.bytes_read == read
    assert bench.asked()["read"] == (0 if fast else 2)


def test_verify_reads_nothing_to_see_that_sizes_differ(made: Made) -> None:
    bench = made(lacking("Digests", lists=[]))
    bench.put_here("a", "1234")
    bench.put_there("a", "12345")
    bench.script()
    with bench.client() as client:
        [one] = client.verify().differing
    assert "4 bytes here, 5 in the bucket" in one.reason
    assert bench.asked()["read"] == 0


def test_verify_trusts_no_digest_that_is_only_told(made: Made) -> None:
    bench = made(lacking("Digests"))
    bench.put_here("a", "1234")
    bench.sync()
    shelf = bench.bucket._shelf
    rotten = bench.bucket.stored("a")
    import msgspec

    shelf.put(msgspec.structs.replace(rotten, data=b"12X4"))
    with bench.client() as client:
        assert client.verify(fast=True).exit_code == 0
        assert [one.path for one in client.verify().differing] == ["a"]


def test_verify_says_where_nothing_can_be_compared_without_reading(made: Made) -> None:
    bench = made(lacking("Digests", lists=[]))
    bench.put_here("a", "1234")
    bench.sync()
    with bench.client() as client:
        [one] = client.verify(fast=True).differing
        assert "no digest" in one.reason
        assert client.verify().exit_code == 0


def test_verify_asks_each_object_where_only_that_tells_a_digest(made: Made) -> None:
    bench = made(memory(lists=[], tells=["sha256"]))
    bench.put_here("a", "1234")
    bench.sync()
    bench.script()
    with bench.client() as client:
        assert client.verify(fast=True).exit_code == 0
    assert bench.asked()["read"] == 0


def test_verify_works_in_several_roots_and_with_mappings(made: Made) -> None:
    bench = made(paths=["demo", "static"], files={"s.json": "conf/s.json"})
    for key in ("demo/a", "static/b", "s.json"):
        bench.put_here(key, key)
    bench.sync()
    with bench.client() as client:
        assert client.verify().equal == 3
        bench.put_here("s.json", "S.json")
        assert [one.path for one in client.verify().differing] == ["conf/s.json"]


def test_verify_does_not_call_a_broken_listing_a_difference(uneven: Bench) -> None:
    uneven.script(At("scan", unavailable()))
    with uneven.client() as client, pytest.raises(Unavailable):
        client.verify()


def test_verify_names_an_object_that_cannot_be_read(made: Made) -> None:
    bench = made(lacking("Digests"))
    for key in ("a", "b"):
        bench.put_here(key, key)
    bench.sync()
    bench.script(At("read", denied(), key="a"))
    with bench.client() as client:
        found = client.verify()
    assert [one.path for one in found.differing] == ["a"]
    assert found.equal == 1


# Conflicts


@pytest.fixture
def disputed(bench: Bench) -> Bench:
    for key in ("a", "b", "ab", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    for key in ("a", "b"):
        bench.put_here(key, f"edited here {key}")
        bench.put_there(key, f"edited there {key}")
    bench.put_here("ab", "edited, and no conflict")
    return bench


def test_conflicts_are_those_that_both_sides_changed(disputed: Bench) -> None:
    before = picture(disputed)
    with disputed.client(conflict_resolution="ask") as client:
        found = client.conflicts()
    assert [(one.path, one.resolution) for one in found] == [("a", "ask"), ("b", "ask")]
    untouched(disputed, before)


@pytest.mark.parametrize(
    ("keep", "here", "there"),
    [
        ("local", b"edited here a", b"edited here a"),
        ("remote", b"edited there a", b"edited there a"),
        ("both", b"edited there a", b"edited there a"),
    ],
)
def test_a_conflict_is_resolved_alone(
    disputed: Bench, keep: str, here: bytes, there: bytes
) -> None:
    with disputed.client(conflict_resolution="ask") as client:
        result = client.resolve("a", keep)
        assert [one.path for one in result.conflicts] == ["a"]
        assert [one.path for one in client.conflicts()] == ["b"]
    assert (disputed.here()["a"], disputed.there()["a"]) == (here, there)
    assert disputed.here()["b"] == b"edited here b"
    assert disputed.there()["ab"] == b"agreed ab", "only what was asked for is done"
    copies = [key for key in disputed.there() if ".conflict-" in key]
    assert len(copies) == (keep == "both")


@pytest.mark.parametrize(("keep", "other"), [("local", "remote"), ("remote", "local")])
def test_of_a_file_that_one_side_deleted_only_the_other_version_can_be_kept(
    disputed: Bench, keep: str, other: str
) -> None:
    deleting = disputed.drop_here if keep == "local" else disputed.drop_there
    deleting("a")
    before = picture(disputed)
    with disputed.client() as client:
        with pytest.raises(ConfigError, match=r"a was deleted .*: there is only the other") as told:
            client.resolve("a", keep)
        assert told.value.hint.startswith(f"--keep {other}")
        untouched(disputed, before)
        assert client.resolve("a", other).exit_code == 0
    assert disputed.here()["a"] == disputed.there()["a"]


@pytest.mark.parametrize("path", ["ab", "rest", "nothing"])
def test_what_is_no_conflict_cannot_be_resolved(disputed: Bench, path: str) -> None:
    with disputed.client() as client, pytest.raises(ConfigError, match="not in conflict"):
        client.resolve(path, "local")


def test_a_resolution_is_one_of_three_words(disputed: Bench) -> None:
    with disputed.client() as client, pytest.raises(ConfigError, match="local, remote, both"):
        client.resolve("a", "mine")


@pytest.mark.parametrize(("direction", "keep"), [("pull", "local"), ("push", "remote")])
def test_a_resolution_against_the_direction_is_refused(
    disputed: Bench, direction: str, keep: str
) -> None:
    before = picture(disputed)
    with disputed.client(direction=direction) as client, pytest.raises(ConfigError):
        client.resolve("a", keep)
    untouched(disputed, before)
