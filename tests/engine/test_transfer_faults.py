"""Requests about single objects that fail, lie or lose their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from buckia.errors import AccessDenied, StorageError, Unavailable
from buckia.events import Retrying
from buckia.model import BasicEntry
from buckia.protocols import Entry
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import (
    At,
    Breaks,
    Corrupts,
    Fails,
    Fault,
    LosesAnswer,
    Storm,
    Truncates,
    denied,
    unavailable,
)
from tests.engine.bench import DELETES, READS, WRITES, Bench, lacking, memory, whenever

Made = Callable[..., Bench]


def changed_everywhere(bench: Bench) -> None:
    """Something of every kind is to be done, and `rest` agrees."""
    for key in ("up", "down", "gone-here", "gone-there", "old", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_here("up", "edited here")
    bench.put_there("down", "edited there")
    bench.drop_here("gone-here")
    bench.drop_there("gone-there")
    bench.rename_here("old", "new")


WANTED = {"up": "edited here", "down": "edited there", "new": "agreed old", "rest": "agreed rest"}


@pytest.mark.parametrize(
    "scene",
    [
        *whenever(f"{WRITES} {DELETES} copy move", LosesAnswer()),
        *whenever(f"stat {WRITES} {READS} {DELETES} copy move", unavailable()),
        *whenever(f"{WRITES} {READS}", Breaks(3)),
    ],
    ids=lambda one: f"{type(one.fault).__name__} {one.operation}",
)
@pytest.mark.parametrize(
    "lacks",
    [
        (),
        ("BeginsReads", "BeginsWrites"),
        ("WritesConditionally", "CopiesInside", "CopiesConditionally", "MovesInside"),
    ],
    ids=["with abilities", "waiting for each answer", "without"],
)
def test_what_failed_for_good_in_one_run_is_done_by_the_next_without_a_conflict(
    made: Made, scene: At, lacks: tuple[str, ...]
) -> None:
    bench = made(lacking(*lacks))
    changed_everywhere(bench)
    bench.script(scene)
    first = bench.sync(delete_orphaned=True)
    assert not first.conflicts
    bench.script()
    second = bench.done(delete_orphaned=True)
    assert not second.conflicts
    assert not bench.trash() or {one.key for one in bench.trash()} <= {"gone-there", "down"}
    bench.agreed(WANTED)


@pytest.mark.parametrize("seed", range(4))
def test_a_store_of_500s_delays_and_changes_nothing_else(made: Made, seed: int) -> None:
    bench = made(memory(page_size=2, lists=[]), retries=6)
    changed_everywhere(bench)
    bench.store.plan = Storm(seed, 0.25, unavailable(), LosesAnswer(), Breaks(2))
    for _ in range(10):
        try:
            result = bench.sync(delete_orphaned=True)
        except Unavailable:
            continue
        assert not result.conflicts
        if result.exit_code == 0:
            break
    bench.script()
    bench.done(delete_orphaned=True)
    bench.agreed(WANTED)


@pytest.mark.parametrize("fault", [Truncates(3), Corrupts(2), Breaks(3)], ids=str)
def test_bytes_that_came_wrong_are_fetched_again(made: Made, fault: Fault) -> None:
    bench = made(memory())
    bench.put_there("a", "the whole text")
    bench.script(whenever(READS, fault, nth=1))
    result = bench.done()
    assert not result.failed
    assert len(bench.told(Retrying)) == 1
    bench.agreed({"a": "the whole text"})


@pytest.mark.parametrize("fault", [Truncates(3), Truncates(0), Corrupts(2), Breaks(3)], ids=str)
@pytest.mark.parametrize("old", [None, "the old text"])
def test_bytes_that_never_come_right_never_get_the_name(
    made: Made, fault: Fault, old: str | None
) -> None:
    bench = made(memory())
    if old is not None:
        bench.put_here("a", old)
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_there("a", "the whole text")
    bench.script(whenever(READS, fault, key="a"))
    result = bench.sync()
    assert [(one.path, one.error) for one in result.failed] == [
        ("a", "Unavailable" if isinstance(fault, Breaks) else "Corrupted")
    ]
    assert bench.here().get("a") == (None if old is None else old.encode())
    assert not list(bench.root.rglob(".buckia-tmp*"))
    bench.script()
    bench.done()
    bench.agreed({"a": "the whole text", "rest": "rest"})


def test_without_a_digest_bytes_that_came_short_are_noticed(made: Made) -> None:
    bench = made(lacking("Digests", lists=[]))
    bench.put_there("a", "the whole text")
    bench.script(whenever(READS, Truncates(3)))
    assert bench.sync().exit_code == 1
    assert "a" not in bench.here()


@pytest.mark.parametrize("told", ["sha256", "md5"])
def test_bytes_are_held_against_the_digest_that_comes_with_them(made: Made, told: str) -> None:
    bench = made(memory(lists=[], tells=[told]))
    bench.put_there("a", "the whole text")
    bench.script(whenever(READS, Corrupts(2)))
    result = bench.sync()
    assert [(one.path, one.error) for one in result.failed] == [("a", "Corrupted")]
    assert bench.here() == {}
    bench.script(whenever(READS, Corrupts(2), nth=1))
    bench.done()
    assert bench.here() == {"a": b"the whole text"}


def test_a_loser_is_held_against_the_digest_that_comes_with_it(made: Made) -> None:
    bench = made(memory(lists=[], tells=["sha256"]))
    bench.put_here("a", "agreed")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_here("a", "edited here")
    bench.put_there("a", "edited there")
    bench.script(whenever(READS, Corrupts(2)))
    result = bench.sync(conflict_resolution="local_wins")
    assert [one.path for one in result.failed] == ["a"]
    assert bench.there()["a"] == b"edited there"


def test_what_is_read_to_compare_and_came_short_is_not_taken_for_different(made: Made) -> None:
    bench = made(lacking("Digests", lists=[]))
    bench.put_here("a", "the same text")
    bench.put_there("a", "the same text")
    bench.put_here("rest", "rest")
    bench.script(At("read", Truncates(3)))
    result = bench.sync()
    assert [one.path for one in result.failed] == ["a"]
    assert not result.conflicts
    bench.script()
    assert bench.sync().adopted == 1


def test_a_version_that_cannot_be_kept_whole_is_not_replaced(made: Made) -> None:
    bench = made(memory())
    bench.put_here("a", "agreed")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_here("a", "edited here")
    bench.put_there("a", "edited there")
    bench.script(whenever(READS, Truncates(3), key="a"))
    result = bench.sync(conflict_resolution="local_wins")
    assert [one.path for one in result.failed] == ["a"]
    assert bench.there()["a"] == b"edited there"
    assert not bench.trash()
    bench.script()
    bench.done(conflict_resolution="local_wins")
    assert [one.data for one in bench.trash()] == [b"edited there"]


class Liar(MemoryStore):
    """Says of every object called `lie` that it has other bytes."""

    def _lied(self, entry: Entry) -> Entry:
        if entry.key != "lie":
            return entry
        assert isinstance(entry, BasicEntry)
        return msgspec.structs.replace(entry, digests={"sha256": "0" * 64})

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        for page in super().scan(prefix):
            yield [self._lied(entry) for entry in page]

    def stat(self, key: str) -> Entry:
        return self._lied(super().stat(key))

    def _put(self, key: str, stored: object) -> Entry:
        return self._lied(super()._put(key, stored))  # type: ignore[arg-type]  # passed on


def test_a_store_that_lies_about_a_digest_is_not_believed_in_an_upload(made: Made) -> None:
    bench = made(Liar())
    bench.put_here("lie", "the truth")
    bench.put_here("rest", "rest")
    result = bench.sync()
    assert [(one.path, one.error) for one in result.failed] == [("lie", "Corrupted")]
    assert bench.rows().keys() == {"rest"}
    assert bench.here()["lie"] == b"the truth"


def test_a_store_that_lies_about_a_digest_is_not_believed_in_a_download(made: Made) -> None:
    bench = made(Liar())
    bench.put_there("lie", "the truth")
    bench.put_there("rest", "rest")
    for _ in range(2):
        result = bench.sync(delete_orphaned=True)
        assert [(one.path, one.error) for one in result.failed] == [("lie", "Corrupted")]
        assert bench.here() == {"rest": b"rest"}
    assert bench.rows().keys() == {"rest"}
    assert "lie" in bench.there()


def test_a_store_that_lies_costs_no_side_its_bytes_in_a_conflict(made: Made) -> None:
    bench = made(Liar())
    bench.put_here("lie", "here")
    bench.put_there("lie", "away")
    bench.put_here("rest", "rest")
    result = bench.sync(conflict_resolution="remote_wins")
    assert result.exit_code == 1
    assert bench.here()["lie"] == b"here"
    assert bench.there()["lie"] == b"away"


MANY = [f"{n:03}" for n in range(60)]


@pytest.mark.parametrize("fault", [denied(), unavailable()], ids=["denied", "unavailable"])
def test_when_everything_is_refused_the_run_gives_up(made: Made, fault: Fails) -> None:
    bench = made(retries=1)
    for key in MANY:
        bench.put_here(key, key)
    bench.script(whenever(WRITES, fault))
    with pytest.raises(AccessDenied if fault == denied() else StorageError) as caught:
        bench.sync(max_workers=2)
    assert caught.value.exit_code in {3, 4}
    assert 20 <= len(bench.store.called("write_if")) <= 30
    assert not bench.there()
    bench.script()
    assert bench.done().uploaded == 60


def test_when_one_key_is_refused_all_others_are_done(made: Made) -> None:
    bench = made()
    for key in MANY:
        bench.put_here(key, key)
    bench.script(whenever(WRITES, denied(), key="007"))
    result = bench.sync()
    assert [(one.path, one.error) for one in result.failed] == [("007", "AccessDenied")]
    assert result.uploaded == 59
    assert result.exit_code == 1


def test_some_refusals_between_successes_do_not_end_the_run(made: Made) -> None:
    bench = made()
    for key in MANY:
        bench.put_here(key, key)
    refused = MANY[::2]
    bench.script(*(whenever(WRITES, denied(), key=key) for key in refused))
    result = bench.sync(max_workers=1)
    assert {one.path for one in result.failed} == set(refused)
    assert result.uploaded == 30


def test_keys_that_cannot_be_held_are_no_sign_that_all_is_lost(made: Made) -> None:
    bench = made(memory())
    for key in MANY:
        bench.put_here(key, key)
    odd = Fails(lambda key: StorageError("this one not", key=key))
    bench.script(*(whenever(WRITES, odd, key=key) for key in MANY[:40]))
    result = bench.sync()
    assert len(result.failed) == 40
    assert result.uploaded == 20


@pytest.mark.parametrize("operation", [WRITES, READS])
def test_deletions_wait_where_a_transfer_failed(made: Made, operation: str) -> None:
    bench = made()
    changed_everywhere(bench)
    refused = Fails(lambda key: StorageError("not today", key=key))
    bench.script(whenever(operation, refused, nth=range(1, 3)))
    result = bench.sync(delete_orphaned=True)
    assert result.exit_code == 1
    assert result.deleted == 0
    assert "gone-here" in bench.there()
    assert "gone-there" in bench.here()
    bench.script()
    bench.done(delete_orphaned=True)
    bench.agreed(WANTED)


def test_a_deletion_that_failed_is_tried_by_the_next_run(made: Made) -> None:
    bench = made()
    changed_everywhere(bench)
    bench.script(whenever(DELETES, denied()))
    result = bench.sync(delete_orphaned=True)
    assert [one.path for one in result.failed] == ["gone-here"]
    bench.script()
    assert bench.done(delete_orphaned=True).deleted_remote == 1
    bench.agreed(WANTED)


def test_a_result_with_failures_raises_when_it_is_asked_to(made: Made) -> None:
    from buckia.errors import Incomplete

    bench = made()
    bench.put_here("a", "a")
    bench.script(whenever(WRITES, denied()))
    with pytest.raises(Incomplete, match="a"):
        bench.sync().raise_for_failures()
    bench.script()
    bench.sync().raise_for_failures()


def test_an_error_names_its_key_as_the_engine_knows_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, prefix="some/where/")
    bench.put_here("a", "a")
    bench.script(whenever(WRITES, denied()))
    assert [one.path for one in bench.sync().failed] == ["a"]
