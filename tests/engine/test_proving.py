"""Small files are read by one thread, and by many only where reading is waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from buckia import digests
from buckia.diff import Case
from buckia.engine import prove, waiting
from buckia.engine.prove import Prover
from buckia.engine.side import Side
from buckia.errors import StorageError
from buckia.model import Agreed, SideName
from buckia.stores.local import LocalStore, clock
from buckia.stores.memory import MemoryStore
from tests.engine.bench import Bench, memory
from tests.engine.passing import passing

Made = Callable[..., Bench]
KEYS = [f"folder {number % 3}/{number:02}" for number in range(24)]


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that read files here, one for each file."""
    found: list[str] = []
    real = Side.digests

    def digests(self: Side, *given: Any) -> Any:
        if self.name is SideName.LEFT:
            found.append(threading.current_thread().name)
        return real(self, *given)

    together = LocalStore.digests_together

    def digests_together(self: LocalStore, *given: Any) -> Any:
        told = together(self, *given)
        found.extend(threading.current_thread().name for one in told if one)
        return told

    monkeypatch.setattr(Side, "digests", digests)
    monkeypatch.setattr(LocalStore, "digests_together", digests_together)
    return found


def equal(made: Made, size: int = 3) -> Bench:
    bench = made()
    for key in KEYS:
        data = key.encode() * size
        bench.put_here(key, data)
        bench.put_there(key, data)
    return bench


def adopts(bench: Bench) -> None:
    result = bench.sync()
    assert (result.uploaded, result.downloaded, result.conflicts) == (0, 0, ())
    assert len(bench.rows()) == len(KEYS)


def busy(seconds: float) -> dict[str, Callable[[], float]]:
    """A machine that has three other things to do."""
    return {"perf_counter": passing(seconds), "thread_time": passing(seconds / 4)}


def test_small_files_are_read_by_the_thread_that_has_listed_them(
    made: Made, readers: list[str]
) -> None:
    adopts(equal(made))
    assert readers == [threading.current_thread().name] * len(KEYS)


def test_where_they_cannot_be_read_together_each_is_read_alone(
    made: Made, monkeypatch: pytest.MonkeyPatch, readers: list[str]
) -> None:
    def fail(*_given: object) -> None:
        raise StorageError("not together")

    monkeypatch.setattr(LocalStore, "digests_together", fail)
    adopts(equal(made))
    assert readers == [threading.current_thread().name] * len(KEYS)


def test_who_asks_to_stop_is_heard_before_files_are_read(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = equal(made)
    read: list[int] = []

    def asked(self: Prover, cases: Sequence[Case]) -> Sequence[Case]:
        self._sides[SideName.LEFT].limits.stop.ask()
        return real(self, cases)

    def together(_store: LocalStore, versions: Sequence[object], _names: object) -> list[None]:
        read.append(len(versions))
        return [None] * len(versions)

    real = Prover._read_together
    monkeypatch.setattr(Prover, "_read_together", asked)
    monkeypatch.setattr(LocalStore, "digests_together", together)
    assert bench.sync().interrupted
    assert read == []


def test_larger_ones_are_read_by_many(
    made: Made, monkeypatch: pytest.MonkeyPatch, readers: list[str]
) -> None:
    monkeypatch.setattr(prove, "_SMALL", 8)
    adopts(equal(made))
    assert len(readers) == len(KEYS)
    assert all(name.startswith("buckia-prove") for name in readers)


@pytest.mark.parametrize(("seconds", "alone"), [(0.4, 24), (0.6, 12)])
def test_where_reading_is_waiting_many_read_at_once(
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    readers: list[str],
    seconds: float,
    alone: int,
) -> None:
    """As from a disk on the other side of a network; after the first few that is known."""
    monkeypatch.setattr(prove, "_TOGETHER", 12)
    clocks = {"perf_counter": passing(seconds), "thread_time": passing(0.001)}
    monkeypatch.setattr(waiting, "time", SimpleNamespace(**clocks))
    adopts(equal(made))
    mine = [name for name in readers if not name.startswith("buckia-prove")]
    assert (len(readers), len(mine)) == (len(KEYS), alone)


def test_on_a_busy_machine_waiting_is_not_the_disk(
    made: Made, monkeypatch: pytest.MonkeyPatch, readers: list[str]
) -> None:
    monkeypatch.setattr(waiting, "time", SimpleNamespace(**busy(10.0)))
    adopts(equal(made))
    assert readers == [threading.current_thread().name] * len(KEYS)


def test_a_file_that_is_read_here_and_still_proves_nothing_is_read_once(
    made: Made, monkeypatch: pytest.MonkeyPatch, readers: list[str]
) -> None:
    """What is there is other than what is here; that takes a look at the bucket, too.

    Nor does the next run read it: its digest is remembered, though no row of the base can say it.
    """
    monkeypatch.setattr(clock, "TICK", 0)
    bench = equal(made)
    for key in KEYS:
        bench.put_there(key, key[::-1].encode() * 3)
    bench.sync(conflict_resolution="ask")
    assert len(readers) == len(KEYS)
    bench.sync(conflict_resolution="ask")
    assert len(readers) == len(KEYS)


def test_a_file_that_was_not_touched_is_not_read_where_only_the_bucket_changed(
    made: Made, monkeypatch: pytest.MonkeyPatch, readers: list[str]
) -> None:
    monkeypatch.setattr(clock, "TICK", 0)
    bench = made(MemoryStore(lists=[]))
    for key in KEYS:
        bench.put_here(key, key.encode() * 3)
    bench.sync()
    bench.sync()
    readers.clear()
    for key in KEYS:
        bench.put_there(key, key.encode() * 3)
    assert bench.sync().unchanged == len(KEYS)
    assert readers == []


@pytest.mark.parametrize("size", [3, 2000])
def test_of_a_file_with_a_new_time_one_digest_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The others that its row has are of the same bytes."""
    monkeypatch.setattr(prove, "_SMALL", 1000)
    bench = Bench(tmp_path, memory(lists=["md5", "sha256"]))
    bench.put_here("a", b"x" * size)
    bench.put_there("a", b"x" * size)
    assert bench.sync().adopted == 1
    [before] = rows(bench)
    assert set(digests.unpack(before.digests)) == {"md5", "sha256"}
    (bench.root / "a").touch()
    computed: list[str] = []
    for name, maker in digests._MAKERS.items():
        monkeypatch.setitem(digests._MAKERS, name, counted(computed, name, maker))
    assert bench.sync().unchanged == 1
    [after] = rows(bench)
    assert set(computed) == {"sha256"}
    assert after.digests == before.digests
    assert after.left != before.left


def test_a_digest_that_two_files_may_share_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, memory(lists=["md5", "sha256"]), checksum_algorithm="md5")
    bench.put_here("a", b"x")
    bench.put_there("a", b"x")
    assert bench.sync().adopted == 1
    (bench.root / "a").touch()
    asked: list[set[str]] = []
    together = LocalStore.digests_together

    def digests_together(self: LocalStore, versions: Any, algorithms: Any) -> Any:
        asked.append({*algorithms})
        return together(self, versions, algorithms)

    monkeypatch.setattr(LocalStore, "digests_together", digests_together)
    assert bench.sync().unchanged == 1
    assert asked == [{"md5", "sha256"}]


def rows(bench: Bench) -> list[Agreed]:
    return [row for manifest in bench._manifests() for block in manifest.scan() for row in block]


def counted(computed: list[str], name: str, maker: Any) -> Any:
    def made(*given: Any, **settings: Any) -> Any:
        computed.append(name)
        return maker(*given, **settings)

    return made
