"""Endpoints are tried before they are written to, and only then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from buckia.errors import Unavailable
from buckia.results import Check
from buckia.stores.memory import MemoryStore
from tests.engine.bench import Bench


class Probing(MemoryStore):
    """Remembers where it was asked to try, and what it held then."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, bool, frozenset[str]]] = []
        self.failures = 0

    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        self.asked.append((folder, anew, frozenset(self.contents())))
        if self.failures:
            self.failures -= 1
            raise Unavailable("the network is down")
        return [Check("conditions", ok=True, message="honoured")]

    @property
    def places(self) -> list[str]:
        return [folder for folder, _, _ in self.asked]


@pytest.fixture
def store() -> Probing:
    return Probing()


def test_it_is_tried_before_the_first_object_is_written(tmp_path: Path, store: Probing) -> None:
    bench = Bench(tmp_path, store)
    bench.put_here("a", "1")
    bench.done()
    assert store.asked == [("", False, frozenset())]


def test_it_is_tried_where_this_bucket_may_write(tmp_path: Path, store: Probing) -> None:
    bench = Bench(tmp_path, store, prefix="below/", folders=["one", "two"])
    bench.put_here("two/a", "1")
    bench.sync()
    assert store.places == ["below/one/"]


@pytest.mark.parametrize("change", ["put_there", "nothing"])
def test_a_run_that_only_reads_tries_nothing(tmp_path: Path, store: Probing, change: str) -> None:
    bench = Bench(tmp_path, store)
    if change == "put_there":
        bench.put_there("a", "1")
    bench.done()
    assert store.asked == []


def test_a_dry_run_and_a_status_try_nothing(tmp_path: Path, store: Probing) -> None:
    bench = Bench(tmp_path, store)
    bench.put_here("a", "1")
    bench.sync(dry_run=True)
    assert store.asked == []


@pytest.mark.parametrize("deed", ["delete", "rename"])
def test_a_run_that_deletes_or_renames_there_tries_it(
    tmp_path: Path, store: Probing, deed: str
) -> None:
    bench = Bench(tmp_path, store)
    bench.put_here("a", "1")
    bench.put_here("rest", "2")
    bench.done()
    store.asked.clear()
    if deed == "delete":
        bench.drop_here("a")
    else:
        bench.rename_here("a", "b")
    bench.done(delete_orphaned=True)
    assert store.places == [""]


def test_an_endpoint_that_does_not_answer_is_asked_again(tmp_path: Path, store: Probing) -> None:
    store.failures = 2
    bench = Bench(tmp_path, store, retries=3)
    bench.put_here("a", "1")
    bench.done()
    assert store.places == ["", "", ""]


def test_an_endpoint_that_never_answers_is_not_written_to(tmp_path: Path, store: Probing) -> None:
    store.failures = 100
    bench = Bench(tmp_path, store)
    bench.put_here("a", "1")
    with pytest.raises(Unavailable):
        bench.sync()
    assert store.contents() == {}
    store.failures = 0
    bench.done()
    bench.agreed({"a": "1"})
