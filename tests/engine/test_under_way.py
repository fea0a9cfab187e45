"""Many requests under way by one thread: none is forgotten, however a run ends."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.errors import BuckiaError, StorageError
from buckia.protocols import Begun, Body, Entry, Expected, Reading
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import StateError
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import (
    At,
    Breaks,
    Call,
    Corrupts,
    Fails,
    LosesAnswer,
    Pauses,
    Storm,
    Truncates,
    denied,
    unavailable,
)
from tests.engine.bench import READS, WRITES, Bench, whenever

Made = Callable[..., Bench]
KEYS = [f"{n:02}" for n in range(24)]


class Asked:
    """A request that remembers how it was left."""

    def __init__(self, begun: Begun[Any]) -> None:
        self.begun = begun
        self.is_over = False
        self.readings: list[Watched] = []

    def end(self) -> Any:
        assert not self.is_over, "ended twice, or after it was closed"
        self.is_over = True
        found = self.begun.end()
        if not hasattr(found, "read"):
            return found
        self.readings.append(Watched(found))
        return self.readings[0]

    def close(self) -> None:
        self.is_over = True
        self.begun.close()


class Watched:
    """A reading that remembers whether it was closed."""

    def __init__(self, reading: Reading) -> None:
        self.inner = reading
        self.entry = reading.entry
        self.is_closed = False

    def read(self, size: int = -1, /) -> bytes:
        return self.inner.read(size)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.inner)

    def close(self) -> None:
        self.is_closed = True
        self.inner.close()


class Counting(MemoryStore):
    """Knows every request that was begun."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        return self._counted(super().begin_write(key, body, expect=expect))

    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        return self._counted(super().begin_read(key, version=version))

    def _counted(self, begun: Begun[Any]) -> Asked:
        self.asked.append(Asked(begun))
        return self.asked[-1]

    def forgotten(self) -> int:
        """How many requests, and what they brought, still hold on to their connection."""
        open_ones = [one for one in self.asked if not one.is_over]
        readings = [one for asked in self.asked for one in asked.readings if not one.is_closed]
        return len(open_ones) + len(readings)


def busy(made: Made, **config: Any) -> tuple[Bench, Counting]:
    """As many files to send as to fetch, half of them new."""
    store = Counting()
    bench = made(store, **config)
    for key in KEYS[::2]:
        bench.put_here(f"up/{key}", f"agreed {key}")
        bench.put_there(f"down/{key}", f"agreed {key}")
    bench.sync()
    for key in KEYS:
        bench.put_here(f"up/{key}", f"edited {key}")
        bench.put_there(f"down/{key}", f"edited {key}")
    store.asked.clear()
    return bench, store


def settles(bench: Bench, store: Counting) -> None:
    """Nothing was forgotten, nothing lies about, and the next run does what this one did not."""
    assert store.forgotten() == 0
    assert not list(bench.root.rglob(".buckia-tmp-*"))
    bench.script()
    result = bench.done(conflict_resolution="ask")
    assert not result.conflicts
    bench.agreed({f"{way}/{key}": f"edited {key}" for way in ("up", "down") for key in KEYS})
    assert store.forgotten() == 0


@pytest.mark.parametrize("workers", [1, 4, 32])
def test_all_that_was_begun_is_ended(made: Made, workers: int) -> None:
    bench, store = busy(made)
    result = bench.sync(max_workers=workers)
    assert (result.uploaded, result.downloaded) == (24, 24)
    assert len(store.asked) == 48
    settles(bench, store)


odd = Fails(lambda key: StorageError("not today", key=key))


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize(
    "scenes",
    [
        whenever(f"{WRITES} {READS}", denied()),
        whenever(f"{WRITES} {READS}", unavailable()),
        whenever(f"{WRITES} {READS}", odd),
        whenever(f"{WRITES} {READS}", unavailable(), nth=range(1, 9)),
        whenever(f"{WRITES} {READS}", odd, nth=range(3, 12)),
        whenever(WRITES, LosesAnswer()),
        whenever(WRITES, Breaks(3), nth=range(1, 5)),
        whenever(READS, Breaks(3)),
        whenever(READS, Truncates(3)),
        whenever(READS, Corrupts(3), nth=range(2, 9)),
    ],
    ids=lambda scenes: f"{type(scenes[0].fault).__name__} {scenes[0].operation} {scenes[0].nth}",
)
def test_requests_that_fail_are_not_forgotten(made: Made, workers: int, scenes: list[At]) -> None:
    bench, store = busy(made)
    bench.script(scenes)
    with suppress(BuckiaError):
        bench.sync(max_workers=workers)
    assert any(call.is_begun for call in bench.store.calls)
    settles(bench, store)


@pytest.mark.parametrize("nth", [1, 7, 23])
@pytest.mark.parametrize("operation", [WRITES, READS])
@pytest.mark.parametrize("workers", [1, 8])
def test_an_interrupt_forgets_no_request(
    made: Made, workers: int, operation: str, nth: int
) -> None:
    bench, store = busy(made)
    with bench.client() as client:
        ask = Pauses(lambda _call: client.interrupt())
        bench.script(whenever(operation, ask, nth=nth))
        assert client.sync(max_workers=workers).interrupted
    settles(bench, store)


@pytest.mark.parametrize("nth", [1, 7, 23])
@pytest.mark.parametrize("operation", ["write_if", "read"])
def test_an_impatient_interrupt_forgets_no_request(made: Made, operation: str, nth: int) -> None:
    def impatient(_call: Call) -> None:
        raise KeyboardInterrupt

    bench, store = busy(made)
    bench.script(At(operation, Pauses(impatient), nth=nth))
    with pytest.raises(KeyboardInterrupt):
        bench.sync(max_workers=8)
    settles(bench, store)


@pytest.mark.parametrize("nth", [1, 4, 9])
@pytest.mark.parametrize("error", [StateError("the disk is full"), OSError(errno.EIO, "disk")])
def test_what_could_not_be_written_down_forgets_no_request(
    made: Made, monkeypatch: pytest.MonkeyPatch, error: Exception, nth: int
) -> None:
    bench, store = busy(made)
    real, count = SqliteManifest.note, [0]

    def note(self: SqliteManifest, intents: Iterable[Any], changes: Iterable[Any]) -> None:
        count[0] += 1
        if count[0] >= nth:
            raise error
        real(self, intents, changes)

    with monkeypatch.context() as patching:
        patching.setattr(SqliteManifest, "note", note)
        with pytest.raises(type(error)):
            bench.sync(max_workers=8)
    settles(bench, store)


@pytest.mark.parametrize("seed", range(6))
def test_in_a_storm_no_request_is_forgotten(made: Made, seed: int) -> None:
    bench, store = busy(made)
    faults = (unavailable(), LosesAnswer(), Breaks(2), Truncates(2), Corrupts(1))
    bench.store.plan = Storm(seed, 0.2, *faults)
    with suppress(BuckiaError):
        bench.sync(max_workers=8)
    assert store.asked
    settles(bench, store)


def test_files_that_change_while_they_are_under_way_forget_no_request(made: Made) -> None:
    bench, store = busy(made)

    def edit(call: Call) -> None:
        if call.nth_here == 1:
            bench.put_here(call.key, "edited meanwhile" if call.key < "up" else "edited again")

    bench.script(whenever(f"{WRITES} {READS}", Pauses(edit)))
    bench.sync(max_workers=8)
    assert store.asked
    assert store.forgotten() == 0


class Overtaking(Counting):
    """Somebody else writes right behind each write."""

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        entry = super().write_if(key, body, expect=expect)
        self.write(key, BytesBody(data=b"a stranger's"))
        return entry


def test_the_entry_of_a_begun_write_is_what_is_recorded(made: Made) -> None:
    """Somebody else's version, which is there by the time it is ended, is not what was agreed."""
    bench = made(Overtaking())
    for key in KEYS:
        bench.put_here(key, f"mine {key}")
    assert bench.sync().uploaded == 24
    assert bench.done().downloaded == 24
    assert set(bench.here().values()) == {b"a stranger's"}
