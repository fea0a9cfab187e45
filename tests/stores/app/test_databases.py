"""A folder with a database that is written to between any two looks at it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.databases import copying, installing
from buckia.errors import VersionMismatch
from buckia.protocols import ABSENT
from buckia.stores.app import AppFolder, looks

KEY = "App.sqlite"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AppFolder]:
    (tmp_path / "root").mkdir()
    (tmp_path / "state").mkdir()
    with closing(AppFolder(tmp_path / "root", tag="me", probe=tmp_path / "state")) as made:
        yield made


@pytest.fixture
def app(store: AppFolder) -> Iterator[sqlite3.Connection]:
    """What an app has open, with words in its log."""
    with closing(sqlite3.connect(store.root / KEY, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE words (word)")
        write(made, "first")
        yield made


def write(app: sqlite3.Connection, word: str) -> None:
    app.execute("INSERT INTO words VALUES (?)", (word,))


def read(store: AppFolder, version: str | None = None) -> bytes:
    with store.read(KEY, version=version) as reading:
        return b"".join(reading)


def words(app: sqlite3.Connection) -> list[str]:
    return [word for (word,) in app.execute("SELECT word FROM words")]


def test_what_was_held_is_read_whatever_is_written_since(
    store: AppFolder, app: sqlite3.Connection
) -> None:
    entry = store.hold(KEY, version=store.stat(KEY).version)
    assert entry is not None
    write(app, "second")
    data = read(store, entry.version)
    assert b"first" in data
    assert b"second" not in data
    assert len(data) == entry.size
    assert b"second" in read(store)


def test_what_is_held_is_not_copied_again(
    store: AppFolder, app: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = store.hold(KEY, version=store.stat(KEY).version)
    assert entry is not None
    monkeypatch.setattr(copying, "copy", None)
    assert store.hold(KEY, version=entry.version) == entry
    assert read(store, entry.version)


def test_a_version_of_before_cannot_be_read(store: AppFolder, app: sqlite3.Connection) -> None:
    before = store.stat(KEY).version
    write(app, "second")
    with pytest.raises(VersionMismatch):
        store.read(KEY, version=before)


def test_another_version_is_neither_moved_nor_removed(
    store: AppFolder, app: sqlite3.Connection, tmp_path: Path
) -> None:
    before = store.stat(KEY).version
    write(app, "second")
    app.close()
    with pytest.raises(VersionMismatch):
        store.delete_if(KEY, expect=before)
    with pytest.raises(VersionMismatch):
        store.retire(KEY, expect=before, slot=tmp_path / "state" / "slot")
    with pytest.raises(VersionMismatch):
        store.move(KEY, "other", source_version=before)
    assert b"second" in read(store)


def test_what_is_written_at_the_last_moment_is_not_removed(
    store: AppFolder, app: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.close()
    version, real = store.stat(KEY).version, installing.calm

    def late(*arguments: Any) -> None:
        with closing(sqlite3.connect(store.root / KEY, isolation_level=None)) as another:
            write(another, "second")
        real(*arguments)

    monkeypatch.setattr(installing, "calm", late)
    with pytest.raises(VersionMismatch):
        store.delete_if(KEY, expect=version)
    assert b"second" in read(store)


@pytest.fixture
def blind(store: AppFolder, app: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> str:
    """A version that proves nothing, as on a disk whose clock stands still."""
    still = looks.look
    ground = store._ground
    with ground.alone_in(ground.place(KEY).folder):
        seen = still(ground.place(KEY).folder, KEY)
    assert seen is not None
    frozen = type(seen)(
        **{name: getattr(seen, name) for name in seen.__struct_fields__ if name != "newest"},
        newest=2**62,
    )
    monkeypatch.setattr(looks, "look", lambda *_where, **_how: frozen)
    entry = store.hold(KEY, version=store.stat(KEY).version)
    assert entry is not None
    assert entry.digests
    return entry.version


def coming(store: AppFolder) -> bytes:
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE words (word)")
        made.execute("INSERT INTO words VALUES ('from there')")
        made.commit()
        return made.serialize()


def test_where_looks_prove_nothing_the_bytes_do(
    store: AppFolder, app: sqlite3.Connection, blind: str
) -> None:
    store.stage(KEY, BytesBody(data=coming(store))).commit(expect=blind)
    assert words(app) == ["from there"]


def test_where_looks_prove_nothing_other_bytes_are_not_replaced(
    store: AppFolder, app: sqlite3.Connection, blind: str
) -> None:
    write(app, "second")
    with pytest.raises(VersionMismatch):
        store.stage(KEY, BytesBody(data=coming(store))).commit(expect=blind)
    assert words(app) == ["first", "second"]


def test_where_looks_prove_nothing_other_bytes_are_not_removed(
    store: AppFolder, app: sqlite3.Connection, blind: str
) -> None:
    write(app, "second")
    app.close()
    with pytest.raises(VersionMismatch):
        store.delete_if(KEY, expect=blind)
    assert (store.root / KEY).exists()


def test_a_name_that_was_free_is_not_taken_from_a_database(
    store: AppFolder, app: sqlite3.Connection
) -> None:
    with pytest.raises(VersionMismatch):
        store.stage(KEY, BytesBody(data=coming(store))).commit(expect=ABSENT)
    assert words(app) == ["first"]
