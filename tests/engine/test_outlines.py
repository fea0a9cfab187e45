"""Large files for a store that has to know them beforehand: read once for that, and once to go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buckia.body import KnownBody
from buckia.digests import unpack
from buckia.engine.execute import desk
from buckia.events import BytesMoved
from buckia.protocols import Body
from buckia.state.manifest import SqliteManifest
from buckia.stores.local.store import LocalStore
from buckia.stores.memory import MemoryStore
from tests.engine.bench import OLD, Bench, lacking, memory
from tests.engine.test_limits import interrupted_at

TEXT = "more than a few bytes"


@pytest.fixture(autouse=True)
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "SMALL", 8)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The local files that are read, as often as they are."""
    found: list[str] = []
    real = LocalStore.read

    def noted(self: LocalStore, key: str, **how: Any) -> Any:
        if key != ".buckiaignore":
            found.append(key)
        return real(self, key, **how)

    monkeypatch.setattr(LocalStore, "read", noted)
    return found  # type: ignore[return-value]  # nothing is to be done afterwards


def digests_in(bench: Bench) -> set[str]:
    [row] = [row for manifest in bench._manifests() for block in manifest.scan() for row in block]
    return {*unpack(row.digests)}


def test_a_large_file_is_read_twice_and_counted_once(tmp_path: Path, read: list[str]) -> None:
    bench = Bench(tmp_path, memory(lists=[]))
    bench.put_here("a", TEXT, OLD)
    result = bench.sync()
    assert read == ["a", "a"]
    assert result.bytes_up == len(TEXT)
    assert sum(one.count for one in bench.told(BytesMoved)) == len(TEXT)
    assert bench.there() == {"a": TEXT.encode()}
    assert digests_in(bench) == {"sha256"}


def test_a_digest_that_the_outline_does_not_tell_is_computed_before_it_goes(
    tmp_path: Path, read: list[str]
) -> None:
    bench = Bench(tmp_path, memory(lists=[]), checksum_algorithm="blake2b")
    bench.put_here("a", TEXT, OLD)
    assert not bench.sync().failed
    assert "blake2b" in digests_in(bench)
    assert read == ["a"] * 3


def test_a_store_without_outlines_is_sent_what_was_read_before(
    tmp_path: Path, read: list[str]
) -> None:
    bench = Bench(tmp_path, lacking("Outlines", lists=[]))
    bench.put_here("a", TEXT, OLD)
    assert not bench.sync().failed
    assert read == ["a", "a"]
    assert digests_in(bench) == {"sha256"}


def test_what_is_about_to_be_sent_is_written_down_with_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill after it leaves a wish that the next run can hold against what is there."""
    wishes: list[str] = []
    note = SqliteManifest.note

    def noted(self: SqliteManifest, intents: Any, changes: Any) -> None:
        wishes.extend(intent.digests for intent in intents)
        note(self, intents, changes)

    monkeypatch.setattr(SqliteManifest, "note", noted)
    bench = Bench(tmp_path, memory(lists=[]))
    bench.put_here("a", TEXT, OLD)
    bench.sync()
    assert [wish.partition(":")[0] for wish in wishes] == ["sha256"]


class Edits(MemoryStore):
    """Somebody edits the file just after it was outlined."""

    file: Path | None = None

    def outline(self, body: Body, **how: Any) -> Body | None:
        outlined = super().outline(body)
        if self.file is not None:
            self.file.write_text("edited in the meantime")
            self.file = None
        return outlined


def test_an_edit_behind_the_outline_goes_in_the_same_run(tmp_path: Path) -> None:
    store = Edits(lists=[])
    bench = Bench(tmp_path, store)
    bench.put_here("a", TEXT, OLD)
    store.file = bench.root / "a"
    assert not bench.sync().failed
    assert bench.there() == {"a": b"edited in the meantime"}
    os.utime(bench.root / "a", ns=(OLD, OLD))
    assert not bench.status().actions


class Wrong(MemoryStore):
    """Vouches for what it does not look at."""

    def outline(self, body: Body, **how: Any) -> Body | None:
        return KnownBody(body, {"sha256": "0" * 64})


def test_an_outline_of_other_bytes_is_never_agreed_upon(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Wrong(lists=[], tells=["sha256"]))
    bench.put_here("a", TEXT, OLD)
    assert [one.path for one in bench.sync(retries=1).failed] == ["a"]
    assert not bench.there()
    assert "a" not in bench.rows()


class Finishes(MemoryStore):
    """Remembers which outlines came to their end."""

    finished = 0

    def outline(self, body: Body, **how: Any) -> Body | None:
        outlined = super().outline(body)
        self.finished += 1
        return outlined


def test_who_asks_to_stop_need_not_wait_for_an_outline(tmp_path: Path) -> None:
    """That of a file of many gigabytes takes minutes, and nothing has happened yet."""
    store = Finishes(lists=[])
    bench = Bench(tmp_path, store)
    bench.put_here("a", TEXT, OLD)
    assert interrupted_at(bench, "outline", 1).interrupted
    assert store.finished == 0
    assert not bench.there()
