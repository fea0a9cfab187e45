"""A write or a deletion took place, and then somebody else's: what was replaced is still kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from buckia.errors import StorageError, Unavailable, VersionMismatch
from buckia.protocols import Body, Entry, Expected
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from tests.engine.bench import Bench
from tests.engine.test_changes_meanwhile import UNCONDITIONAL, WAITING


class Overtaken(MemoryStore):
    """`then` happens once, right behind the next change; `after` is what is heard of that."""

    def __init__(self, *lacks: str) -> None:
        super().__init__(traits=msgspec.structs.replace(ROOMY, lacks=frozenset(lacks)))
        self.then: Callable[[], object] | None = None
        self.after: type[StorageError] | None = None

    def is_waiting(self) -> bool:
        return self.then is not None

    def write(self, key: str, body: Body) -> Entry:
        made = super().write(key, body)
        self._behind(key)
        return made

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        made = super().write_if(key, body, expect=expect)
        self._behind(key)
        return made

    def delete(self, key: str) -> None:
        super().delete(key)
        self._behind(key)

    def delete_if(self, key: str, *, expect: str) -> None:
        super().delete_if(key, expect=expect)
        self._behind(key)

    def _behind(self, key: str) -> None:
        then, self.then = (self.then, None) if key == "a" else (None, self.then)
        if then is not None:
            then()
            if self.after is not None:
                raise self.after("the answer was lost, or is that to a second one", key=key)


CASES = {
    "conditions, lost": (Unavailable, ()),
    "conditions, sent twice by somebody between": (VersionMismatch, ()),
    "conditions, lost and waited for": (Unavailable, WAITING),
    "no conditions, lost": (Unavailable, UNCONDITIONAL),
    "no conditions": (None, UNCONDITIONAL),
}


@pytest.fixture(params=tuple(CASES.values()), ids=tuple(CASES))
def store(request: pytest.FixtureRequest) -> Overtaken:
    after, lacks = request.param
    store = Overtaken(*lacks)
    store.after = after
    return store


@pytest.fixture
def bench(tmp_path: Path, store: Overtaken) -> Bench:
    bench = Bench(tmp_path, store)
    bench.put_here("a", "v0")
    bench.put_here("rest", "rest")
    bench.done()
    return bench


def found(bench: Bench) -> set[bytes]:
    """Wherever a person can find it."""
    kept = {one.data for one in bench.trash()}
    return {*bench.here().values(), *bench.there().values(), *kept}


@pytest.mark.parametrize("third", ["v3", None], ids=["a third version", "a deletion"])
def test_a_version_that_was_replaced_stays_in_the_trash(
    bench: Bench, store: Overtaken, third: str | None
) -> None:
    bench.put_here("a", "v1")
    bench.put_there("a", "v2")
    store.then = lambda: bench.put_there("a", third) if third else bench.drop_there("a")
    bench.sync(conflict_resolution="local_wins")
    bench.sync(conflict_resolution="local_wins")
    assert not store.is_waiting(), "or nothing came in between"
    assert found(bench) >= {b"v1", b"v2", *([third.encode()] if third else [])}


def test_a_version_that_was_deleted_stays_in_the_trash(bench: Bench, store: Overtaken) -> None:
    bench.drop_here("a")
    bench.put_there("a", "v2")
    store.then = lambda: bench.put_there("a", "v3")
    for _ in range(2):
        bench.sync(direction="push", delete_orphaned=True)
    assert not store.is_waiting(), "or nothing came in between"
    assert found(bench) >= {b"v2", b"v3"}


def test_where_nothing_was_sent_nothing_is_kept(tmp_path: Path) -> None:
    """A copy of what somebody else has replaced by himself is no version that we took away."""
    bench = Bench(tmp_path, Overtaken(*UNCONDITIONAL))
    bench.put_here("a", "v0")
    bench.put_here("rest", "rest")
    bench.done()
    bench.put_here("a", "v1")
    bench.put_there("a", "v2")
    bench.between = lambda: bench.put_there("a", "v3")
    bench.sync(conflict_resolution="local_wins")
    bench.between = lambda: None
    assert [one.data for one in bench.trash()] == [b"v3"]
    assert bench.there()["a"] == b"v1"
