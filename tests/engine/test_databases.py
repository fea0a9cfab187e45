"""Databases: what SQLite keeps beside them never travels."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.engine.bench import Bench, actions, skipped

SIDE = ("App.sqlite-wal", "App.sqlite-journal", "App.sqlite-shm")


def database(bench: Bench, *rows: str, name: str = "App.sqlite") -> None:
    with closing(sqlite3.connect(bench.root / name)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word)")
        connection.executemany("INSERT INTO words VALUES (?)", [(row,) for row in rows])


def words(bench: Bench) -> list[str]:
    with closing(sqlite3.connect(bench.root / "App.sqlite")) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM words")]


@pytest.fixture
def busy(bench: Bench) -> Iterator[Bench]:
    """The database has been uploaded; since then a program writes to it."""
    database(bench, "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    with closing(sqlite3.connect(bench.root / "App.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        with connection:
            connection.execute("INSERT INTO words VALUES ('in the log')")
        assert (bench.root / "App.sqlite-wal").stat().st_size
        yield bench


def test_a_database_at_rest_travels_like_any_file(bench: Bench) -> None:
    database(bench, "one")
    bench.done()
    assert bench.there().keys() == {"App.sqlite"}
    bench.put_there("App.sqlite", bench.there()["App.sqlite"].replace(b"one", b"two"))
    bench.done()
    assert words(bench) == ["two"]


@pytest.mark.parametrize("direction", ["both", "push", "pull"])
def test_a_database_in_use_is_skipped_and_told(busy: Bench, direction: str) -> None:
    busy.put_there("App.sqlite", "edited there meanwhile")
    result = busy.sync(direction=direction, delete_orphaned=True)
    assert not result.actions
    assert skipped(result) >= {"App.sqlite", "App.sqlite-wal"}
    assert result.exit_code == 0
    assert words(busy) == ["agreed", "in the log"]
    assert busy.there()["App.sqlite"] == b"edited there meanwhile"


def test_a_database_in_use_withholds_nothing_else(busy: Bench) -> None:
    busy.drop_there("App.sqlite")
    busy.drop_here("rest")
    busy.put_here("new", "new")
    result = busy.sync(delete_orphaned=True)
    assert actions(result) == {("upload", "new"), ("delete_remote", "rest")}
    assert words(busy) == ["agreed", "in the log"]


def test_once_it_is_at_rest_again_all_of_it_travels(bench: Bench) -> None:
    database(bench, "agreed")
    bench.put_here("App.sqlite-journal", "half a transaction")
    assert "App.sqlite" in skipped(bench.sync())
    assert not bench.there()
    bench.drop_here("App.sqlite-journal")
    bench.done()
    assert bench.there().keys() == {"App.sqlite"}


def test_names_that_only_look_like_it_are_files_like_others(bench: Bench) -> None:
    for key in ("notes-wal", "App.text", "App.text-wal"):
        bench.put_here(key, key)
    bench.put_there("other-journal", "x")
    bench.done()
    assert bench.there().keys() == bench.here().keys()
    assert len(bench.there()) == 4


@pytest.mark.parametrize("direction", ["both", "pull"])
def test_side_files_of_the_bucket_do_not_come_beside_a_database_that_is_here(
    bench: Bench, direction: str
) -> None:
    database(bench, "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    for key in SIDE:
        bench.put_there(key, "of another time")
    result = bench.sync(direction=direction, delete_orphaned=True)
    assert skipped(result) == set(SIDE)
    assert bench.here().keys() == {"App.sqlite", "rest"}


def test_side_files_of_the_bucket_do_not_come_along_with_their_database(bench: Bench) -> None:
    database(bench, "agreed")
    data = (bench.root / "App.sqlite").read_bytes()
    bench.drop_here("App.sqlite")
    bench.put_there("App.sqlite", data)
    bench.put_there("App.sqlite-wal", "of another time")
    result = bench.sync()
    assert "App.sqlite-wal" not in bench.here()
    assert "App.sqlite-wal" in skipped(result)
