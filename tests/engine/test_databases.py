"""Databases travel as a whole, also while an app writes to them, and nothing beside them does."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.databases import installing
from tests.engine.bench import Bench, actions, skipped

SIDE = ("App.sqlite-wal", "App.sqlite-journal", "App.sqlite-shm")


def database(bench: Bench, *rows: str, name: str = "App.sqlite") -> None:
    with closing(sqlite3.connect(bench.root / name)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word)")
        connection.executemany("INSERT INTO words VALUES (?)", [(row,) for row in rows])


def words(bench: Bench) -> list[str]:
    return rows_of(bench.root / "App.sqlite")


def rows_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [word for (word,) in connection.execute("SELECT word FROM words")]


def uploaded(bench: Bench) -> list[str]:
    """The rows of the database in the bucket."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(bench.there()["App.sqlite"])
        return [word for (word,) in connection.execute("SELECT word FROM words")]


def replaced(bench: Bench, *found: str) -> None:
    """Somebody else uploads another content."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE words (word)")
        connection.executemany("INSERT INTO words VALUES (?)", [(word,) for word in found])
        connection.commit()
        bench.put_there("App.sqlite", connection.serialize())


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


def test_a_database_in_use_travels_with_what_is_in_its_log(busy: Bench) -> None:
    assert actions(busy.sync()) == {("upload", "App.sqlite")}
    assert uploaded(busy) == ["agreed", "in the log"]
    assert not skipped(busy.sync())
    assert not busy.sync().actions


def test_what_only_moved_from_the_log_into_the_file_is_not_sent_again(busy: Bench) -> None:
    busy.sync()
    with closing(sqlite3.connect(busy.root / "App.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    result = busy.sync()
    assert not result.actions
    assert result.unchanged == 2


def test_an_app_that_has_it_open_gets_what_came(busy: Bench) -> None:
    busy.sync()
    replaced(busy, "from there")
    with closing(sqlite3.connect(busy.root / "App.sqlite")) as app:
        assert app.execute("SELECT count(*) FROM words").fetchone() == (2,)
        busy.done()
        assert [word for (word,) in app.execute("SELECT word FROM words")] == ["from there"]
        with app:
            app.execute("INSERT INTO words VALUES ('and on')")
    busy.done()
    assert uploaded(busy) == words(busy) == ["from there", "and on"]


def test_what_is_replaced_is_in_the_trash_with_all_of_its_log(busy: Bench) -> None:
    busy.sync()
    replaced(busy, "from there")
    busy.done()
    (kept,) = busy.trash()
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(kept.data)
        assert [word for (word,) in connection.execute("SELECT word FROM words")] == [
            "agreed",
            "in the log",
        ]


def test_of_two_edits_that_which_loses_is_kept(busy: Bench) -> None:
    replaced(busy, "from there")
    result = busy.sync()
    (conflict,) = result.conflicts
    assert conflict.kept
    assert rows_of(Path(conflict.kept)) == ["from there"]
    assert uploaded(busy) == words(busy) == ["agreed", "in the log"]


def test_of_two_edits_both_can_be_kept(busy: Bench) -> None:
    replaced(busy, "from there")
    busy.sync(conflict_resolution="keep_both")
    assert words(busy) == ["from there"]
    (copy,) = (key for key in busy.here() if "conflict" in key)
    assert rows_of(busy.root / copy) == ["agreed", "in the log"]
    assert busy.there()[copy] == busy.here()[copy]
    busy.done()


@pytest.mark.parametrize("data", [b"no database at all", b""])
def test_what_is_no_database_never_takes_the_place_of_one(busy: Bench, data: bytes) -> None:
    busy.sync()
    busy.put_there("App.sqlite", data)
    result = busy.sync()
    assert [(one.path, one.error) for one in result.failed] == [("App.sqlite", "Unsound")]
    assert words(busy) == ["agreed", "in the log"]


def test_a_damaged_one_never_takes_the_place_of_a_sound_one(busy: Bench) -> None:
    database(busy, *map(str, range(3000)))
    busy.sync()
    data = busy.there()["App.sqlite"]
    busy.put_there("App.sqlite", data[:8192] + b"\xff" * 4096 + data[12288:])
    result = busy.sync()
    assert [(one.path, one.error) for one in result.failed] == [("App.sqlite", "Unsound")]
    assert len(words(busy)) == 3002


def test_one_that_a_program_has_open_is_not_deleted(busy: Bench) -> None:
    busy.sync()
    busy.drop_there("App.sqlite")
    result = busy.sync(delete_orphaned=True)
    assert [(one.path, one.error) for one in result.failed] == [("App.sqlite", "Unavailable")]
    assert words(busy) == ["agreed", "in the log"]


def test_one_that_no_program_has_open_is_deleted_with_all_that_lies_beside_it(bench: Bench) -> None:
    database(bench, "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    with closing(sqlite3.connect(bench.root / "App.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    bench.done()
    bench.drop_there("App.sqlite")
    bench.done(delete_orphaned=True)
    assert bench.here().keys() == {"rest"}


def test_an_edit_that_falls_into_the_run_is_not_replaced(
    busy: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy.sync()
    replaced(busy, "from there")
    real = installing.install

    def late(*arguments: Any) -> None:
        database(busy, "at the last moment")
        real(*arguments)

    monkeypatch.setattr(installing, "install", late)
    busy.sync()
    assert "at the last moment" in words(busy)


def test_a_name_with_no_room_for_an_ending_is_one_like_others(bench: Bench) -> None:
    name = "x" * 252
    bench.put_here(name, "text")
    bench.done()
    bench.put_there(name, "edited there")
    bench.put_here(name, "edited here")
    assert not bench.sync(conflict_resolution="keep_both").failed


def test_what_was_replaced_is_kept_also_when_the_run_breaks_off_right_behind_it(
    busy: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy.sync()
    replaced(busy, "from there")
    real = installing.install

    def interrupted(*arguments: Any) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(installing, "install", interrupted)
    with pytest.raises(KeyboardInterrupt):
        busy.sync()
    assert words(busy) == ["from there"]
    (kept,) = busy.trash()
    assert b"in the log" in kept.data


def test_a_writer_without_pause_does_not_keep_it_from_travelling(bench: Bench) -> None:
    """Each copy holds the first so many of its commits, and the writer sees no error."""
    database(bench, "0")
    stop, errors = threading.Event(), []

    def write() -> None:
        with closing(sqlite3.connect(bench.root / "App.sqlite", timeout=5)) as app:
            app.execute("PRAGMA journal_mode=WAL")
            for number in itertools.count(1):
                if stop.is_set():
                    return
                try:
                    with app:
                        app.execute("INSERT INTO words VALUES (?)", (str(number),))
                except sqlite3.Error as error:
                    errors.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            result = bench.sync()
            assert not result.failed
            found = [int(word) for word in uploaded(bench)]
            assert found == list(range(len(found)))
    finally:
        stop.set()
        writer.join()
    assert not errors
    bench.done()
    assert uploaded(bench) == words(bench)


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
