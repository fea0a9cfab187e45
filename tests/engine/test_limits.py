"""How a run is limited: in tries, bytes, time and pace, and by somebody who interrupts it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from buckia.errors import ConfigError
from buckia.events import Finished, Retrying
from buckia.protocols import Body, Expected
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia.testing.faults import At, Fails, Pauses, denied, unavailable
from tests.engine.bench import READS, WRITES, Bench, lacking, memory, whenever

Made = Callable[..., Bench]
KEYS = [f"{n:02}" for n in range(8)]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody really waits: what would be waited for is noted, and moves the clock."""
    noted: list[float] = []
    now = [1000.0]

    def wait(_self: object, seconds: float) -> None:
        noted.append(seconds)
        now[0] += seconds

    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("buckia.engine.limits.time", clock)
    monkeypatch.setattr("buckia.engine.limits.Stop.wait", wait)
    return noted


# Tries


@pytest.mark.parametrize("tries", [0, 1, 2, 4])
def test_a_request_is_made_as_often_as_was_configured(made: Made, tries: int) -> None:
    bench = made(retries=tries)
    bench.put_here("a", "a")
    bench.script(whenever(WRITES, unavailable()))
    assert bench.sync().exit_code == 1
    assert len(bench.store.called("write_if")) == max(1, tries)
    assert len(bench.told(Retrying)) == max(1, tries) - 1


def test_a_retry_is_told_with_its_key_and_its_number(made: Made) -> None:
    bench = made(retries=3)
    bench.put_here("a", "a")
    bench.script(whenever(WRITES, unavailable(), nth=range(1, 3)))
    bench.sync()
    told = bench.told(Retrying)
    assert [(one.path, one.attempt) for one in told] == [("a", 1), ("a", 2)]
    assert all(one.message for one in told)
    assert {one.bucket for one in told} == {bench.name}


# Pace


@pytest.mark.parametrize("lacks", [(), ("WritesConditionally",)], ids=["plain", "checked"])
def test_requests_come_no_faster_than_was_configured(
    made: Made, waits: list[float], lacks: tuple[str, ...]
) -> None:
    bench = made(lacking(*lacks), requests_per_second=2, max_workers=1)
    for key in KEYS:
        bench.put_here(key, key)
    bench.sync()
    requests = bench.asked().total()
    assert requests == (26 if lacks else 10)
    # What was not used in the second before may be used at once.
    assert sum(waits) == pytest.approx(requests / 2 - 1)


def test_without_a_limit_nobody_waits(made: Made, waits: list[float]) -> None:
    bench = made()
    for key in KEYS:
        bench.put_here(key, key * 1000)
        bench.put_there(f"there {key}", key * 1000)
    bench.sync()
    assert waits == []


@pytest.mark.parametrize("size", [40_000, 9 << 20], ids=["small", "large"])
@pytest.mark.parametrize("way", ["up", "down", "trash"])
def test_bytes_go_no_faster_than_was_configured_and_no_slower(
    made: Made, waits: list[float], size: int, way: str
) -> None:
    bench = made(bandwidth=size // 4, max_workers=1)
    data = bytes(size)
    if way == "up":
        bench.put_here("a", data)
    else:
        bench.put_there("a", data)
    if way == "trash":
        bench.put_here("a", "other")
    with bench.client() as client:
        client.sync(conflict_resolution="local_wins" if way == "trash" else None)
    # Four seconds' worth, of which one may go at once.
    assert sum(waits) == pytest.approx(3, abs=0.01)


def test_reading_and_hashing_local_files_is_not_slowed_down(made: Made, waits: list[float]) -> None:
    bench = made(bandwidth=1000, requests_per_second=1)
    for key in KEYS:
        bench.put_here(key, key * 1000)
        bench.put_there(key, key * 1000)
    bench.sync()
    assert sum(waits) <= 2


def test_a_timetable_holds_at_its_time_of_the_day(made: Made, waits: list[float]) -> None:
    bench = made(bandwidth="00:00 1kB/s, 00:01 1kB/s")
    bench.put_here("a", bytes(5000))
    bench.sync()
    assert 3.5 <= sum(waits) <= 5.1
    waits.clear()
    bench.put_here("a", bytes(5001))
    bench.sync(bandwidth="00:00 off, 00:01 off")
    assert waits == []


# Amounts


@pytest.mark.parametrize("side", ["here", "there"])
def test_no_transfer_is_begun_beyond_the_bytes_allowed(bench: Bench, side: str) -> None:
    for key in KEYS:
        (bench.put_here if side == "here" else bench.put_there)(key, bytes(100))
    result = bench.sync(max_transfer=350, max_workers=1)
    assert result.bytes_up + result.bytes_down == 300
    assert len(result.failed) == 5
    assert {one.error for one in result.failed} == {"Incomplete"}
    assert result.exit_code == 1
    assert bench.sync(max_transfer="1kB").exit_code == 0
    assert bench.here() == bench.there()


def test_nothing_at_all_may_be_transferred(bench: Bench) -> None:
    for key in ("old", "gone", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.rename_here("old", "new")
    bench.put_here("edited", "x")
    bench.drop_here("gone")
    result = bench.sync(max_transfer=0, delete_orphaned=True)
    assert result.renamed == 1, "a rename inside the bucket moves no bytes"
    assert "gone" in bench.there(), "nothing is deleted while transfers are open"
    assert "edited" not in bench.there()


def test_no_transfer_is_begun_after_the_time_allowed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0], time_ns=time.time_ns)
    monkeypatch.setattr("buckia.engine.execute.execution.time", clock)
    for key in KEYS:
        bench.put_here(key, key)

    def pass_time(_call: object) -> None:
        now[0] += 10

    bench.script(whenever(WRITES, Pauses(pass_time)))
    result = bench.sync(max_duration="35s", max_workers=1)
    assert result.uploaded == 4
    assert {one.error for one in result.failed} == {"Incomplete"}
    assert bench.sync(max_duration=3600).exit_code == 0


@pytest.mark.parametrize(
    "how", [{"max_transfer": "ten"}, {"max_duration": "soon"}, {"bandwidth": 0}], ids=str
)
def test_a_limit_that_is_none_is_an_error_before_anything_begins(
    bench: Bench, how: dict[str, Any]
) -> None:
    bench.put_here("a", "a")
    with pytest.raises(ConfigError):
        bench.sync(**how)
    assert not bench.store.calls


def meeting(bench: Bench, workers: int, nth: range | None = None) -> list[int]:
    """Writes wait for each other; where they are waited for, each of them has a thread."""
    lock, under_way, most = threading.Lock(), [0], [0]
    together = threading.Barrier(workers)

    def meet(_call: object) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        together.wait(20)
        with lock:
            under_way[0] -= 1

    bench.script(At("write_if", Pauses(meet), nth=nth))
    return most


class Counting(MemoryStore):
    """Counts the requests that are under way, of which one thread may have many."""

    under_way = most = 0

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        return self._counted(super().begin_write(key, body, expect=expect))

    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        return self._counted(super().begin_read(key, version=version))

    def _counted(self, begun: Any) -> Any:
        self.under_way += 1
        self.most = max(self.most, self.under_way)

        def end() -> Any:
            self.under_way -= 1
            return begun.end()

        return SimpleNamespace(end=end, close=begun.close)


@pytest.mark.parametrize("workers", [1, 3])
def test_so_many_transfers_go_at_once_as_were_asked_for(made: Made, workers: int) -> None:
    bench = made(lacking("BeginsWrites"))
    for key in KEYS:
        bench.put_here(key, key)
    # Eight keys are no multiple of three: the last ones meet nobody.
    most = meeting(bench, workers, nth=range(1, workers * 2 + 1))
    bench.sync(max_workers=workers)
    assert most[0] == workers


@pytest.mark.parametrize("side", ["here", "there"])
@pytest.mark.parametrize("workers", [1, 3])
def test_so_many_requests_are_under_way_as_were_asked_for(
    made: Made, workers: int, side: str
) -> None:
    store = Counting()
    bench = made(store)
    for key in KEYS:
        (bench.put_here if side == "here" else bench.put_there)(key, key)
    result = bench.sync(max_workers=workers)
    assert result.uploaded + result.downloaded == 8
    assert (store.most, store.under_way) == (workers, 0)


def test_without_a_wish_the_bucket_says_how_many_at_once_are_useful(made: Made) -> None:
    bench = made(lacking("BeginsWrites", concurrency=2))
    for key in KEYS:
        bench.put_here(key, key)
    meeting(bench, 2)
    assert bench.sync().uploaded == 8
    store = Counting(traits=msgspec.structs.replace(ROOMY, concurrency=2))
    bench = made(store)
    for key in KEYS:
        bench.put_here(f"more {key}", key)
    assert bench.sync().uploaded == 16
    assert store.most == 2


# Interrupts


def interrupted_at(bench: Bench, operation: str, nth: int, **how: Any) -> Any:
    with bench.client() as client:
        ask = Pauses(lambda _call: client.interrupt())
        bench.script(whenever(operation, ask, nth=nth))
        result = client.sync(max_workers=1, **how)
    bench.script()
    return result


@pytest.mark.parametrize("direction", ["up", "down"])
def test_an_interrupted_run_ends_early_and_has_recorded_what_was_done(
    bench: Bench, direction: str
) -> None:
    for key in KEYS:
        (bench.put_here if direction == "up" else bench.put_there)(key, key)
    result = interrupted_at(bench, WRITES if direction == "up" else READS, 3)
    assert result.interrupted
    assert result.exit_code == 130
    done = result.uploaded + result.downloaded
    assert 2 <= done <= 3
    assert len(bench.rows()) == done
    assert bench.told(Finished)[-1].error == ""
    rest = bench.done()
    assert rest.uploaded + rest.downloaded + rest.adopted <= 8 - done + 1
    assert not rest.conflicts
    assert bench.here() == bench.there()


def test_an_interrupt_during_the_listing_changes_nothing(made: Made) -> None:
    bench = made(memory(page_size=1))
    for key in KEYS:
        bench.put_here(key, key)
    result = interrupted_at(bench, "scan", 1)
    assert result.interrupted
    assert not bench.there()


def test_an_interrupt_keeps_the_deletions_for_the_next_run(bench: Bench) -> None:
    for key in KEYS:
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    for key in KEYS[:4]:
        bench.put_here(key, f"edited {key}")
    bench.drop_here(KEYS[7])
    result = interrupted_at(bench, WRITES, 2, delete_orphaned=True)
    assert result.interrupted
    assert KEYS[7] in bench.there()
    bench.done(delete_orphaned=True)
    assert KEYS[7] not in bench.there()


def test_an_interrupt_from_another_thread_ends_a_wait_for_the_bucket(made: Made) -> None:
    bench = made(retries=5)
    bench.put_here("a", "a")
    waiting = threading.Event()
    bench.script(whenever(WRITES, unavailable(wait=3600)))

    def hear(event: object) -> None:
        if isinstance(event, Retrying):
            waiting.set()

    with bench.client() as client:
        client._on_event = hear

        def ask() -> None:
            waiting.wait(20)
            client.interrupt()

        thread = threading.Thread(target=ask)
        thread.start()
        began = time.monotonic()
        result = client.sync()
        thread.join()
    assert result.interrupted
    assert time.monotonic() - began < 60


def test_an_interrupted_large_transfer_leaves_nothing_half_done(bench: Bench) -> None:
    bench.put_there("large", bytes(9 << 20))
    with bench.client() as client:
        moved = [0]

        def hear(event: Any) -> None:
            if type(event).__name__ == "BytesMoved":
                moved[0] += 1
                client.interrupt()

        client._on_event = hear
        assert client.sync().interrupted
    assert moved[0] <= 3
    assert bench.here() == {}
    assert not list(bench.root.rglob(".buckia-tmp-*"))
    bench.done()


def test_after_an_interrupted_run_the_same_client_can_sync_again(bench: Bench) -> None:
    for key in KEYS:
        bench.put_here(key, key)
    with bench.client() as client:
        bench.script(whenever(WRITES, Pauses(lambda _call: client.interrupt()), nth=1))
        assert client.sync(max_workers=1).interrupted
        bench.script()
        result = client.sync()
    assert not result.interrupted
    assert bench.there().keys() == set(KEYS)


def test_an_interrupt_that_comes_just_before_a_run_is_not_lost(bench: Bench) -> None:
    bench.put_here("a", "a")
    with bench.client() as client:
        client.interrupt()
        assert client.sync().interrupted
        assert not bench.there()
        assert client.sync().uploaded == 1


def test_an_interrupted_run_that_failed_too_is_called_interrupted(bench: Bench) -> None:
    for key in KEYS:
        bench.put_here(key, key)
    with bench.client() as client:
        bench.script(
            whenever(WRITES, denied(), key="00"),
            whenever(WRITES, Pauses(lambda _call: client.interrupt()), key="03"),
        )
        result = client.sync(max_workers=1)
    assert result.exit_code == 130
    assert [one.path for one in result.failed] == ["00"]


def test_a_fault_of_the_store_during_an_interrupt_is_no_traceback(
    bench: Bench, tmp_path: Path
) -> None:
    from buckia.errors import StorageError

    for key in KEYS:
        bench.put_here(key, key)
    with bench.client() as client:

        def refuse(key: str) -> StorageError:
            client.interrupt()
            return StorageError("refused at the same moment", key=key)

        bench.script(whenever(WRITES, Fails(refuse), nth=2))
        result = client.sync(max_workers=1)
    assert result.interrupted
    assert bench.sync().exit_code == 0
