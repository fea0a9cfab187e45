"""What is kept of objects elsewhere is cleared at the end of each run, and failures are told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from buckia.client import BuckiaClient
from buckia.errors import Incomplete
from buckia.events import Noticed
from buckia.results import Failure
from buckia.stores.memory import MemoryStore
from tests.engine.bench import Bench

STALE = Failure("https://cdn/a", "Unavailable", "the edge may still show what was there before")


class Publishing(MemoryStore):
    """Remembers what it held when it was asked to publish."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[frozenset[str]] = []
        self.failures: Sequence[Failure] = ()
        self.meanwhile: Callable[[Callable[[float], None]], object] = lambda _pause: None

    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        self.asked.append(frozenset(self.contents()))
        self.meanwhile(pause)
        return self.failures


@pytest.fixture
def store() -> Publishing:
    return Publishing()


@pytest.fixture
def bench(tmp_path: Path, store: Publishing) -> Bench:
    return Bench(tmp_path, store)


def test_it_is_asked_once_when_all_is_written(bench: Bench, store: Publishing) -> None:
    bench.put_here("a", "1")
    bench.put_here("b", "2")
    bench.done()
    assert store.asked == [{"a", "b"}]


def test_it_is_asked_also_by_a_run_without_anything_to_do(bench: Bench, store: Publishing) -> None:
    """The run before may have been killed before it came to this."""
    bench.done()
    assert store.asked == [frozenset()]


def test_a_status_and_a_dry_run_publish_nothing(bench: Bench, store: Publishing) -> None:
    bench.put_here("a", "1")
    bench.sync(dry_run=True)
    with bench.client() as client:
        client.status()
    assert store.asked == []


def test_what_fails_is_among_the_failures_though_all_is_stored(
    bench: Bench, store: Publishing
) -> None:
    store.failures = [STALE]
    bench.put_here("a", "1")
    result = bench.sync()
    assert (result.uploaded, result.failed, result.exit_code) == (1, (STALE,), 1)
    with pytest.raises(Incomplete):
        result.raise_for_failures()
    store.failures = []
    bench.done()
    bench.agreed({"a": "1"})


def test_an_interruption_ends_its_waits(bench: Bench, store: Publishing) -> None:
    bench.put_here("a", "1")
    with bench.client() as client:

        def meanwhile(pause: Callable[[float], None]) -> None:
            client.interrupt()
            pause(3600)

        store.meanwhile = meanwhile
        began = time.monotonic()
        result = client.sync()
    assert (result.interrupted, result.uploaded, result.exit_code) == (True, 1, 130)
    assert time.monotonic() - began < 600


@pytest.mark.parametrize("deed", ["put", "rm"])
def test_a_single_object_is_published_and_a_failure_only_told(
    bench: Bench, store: Publishing, tmp_path: Path, deed: str
) -> None:
    store.failures = [STALE]
    bench.put_there("b", "2")
    with bench.client() as client:
        _do(client, deed, tmp_path)
    assert store.asked == [{"put": frozenset({"a", "b"}), "rm": frozenset()}[deed]]
    [notice] = [event.message for event in bench.told(Noticed)]
    assert STALE.path in notice
    assert STALE.message in notice


def _do(client: BuckiaClient, deed: str, tmp_path: Path) -> None:
    if deed == "rm":
        client.delete_file("b")
        return
    file = tmp_path / "file"
    file.write_bytes(b"1")
    client.upload_file(file, "a")
