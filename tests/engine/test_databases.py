"""Databases travel as a whole, also while an app writes to them, and nothing beside them does."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.databases import installing
from buckia.databases.header import plainly
from buckia.errors import Unavailable, Unsound
from buckia.results import SyncResult
from buckia.testing.faults import Corrupts
from tests.engine.bench import Bench, actions, skipped, whenever

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


def failed(result: SyncResult) -> list[tuple[str, str]]:
    return [(one.path, one.error) for one in result.failed]


def damaged(data: bytes) -> bytes:
    return data[:8192] + b"\xff" * 4096 + data[12288:]


@pytest.mark.parametrize("spoil", [damaged, lambda _: b"no database at all", lambda _: b""])
def test_what_is_no_sound_database_never_takes_the_place_of_one(
    busy: Bench, spoil: Callable[[bytes], bytes]
) -> None:
    database(busy, *map(str, range(3000)))
    busy.sync()
    busy.put_there("App.sqlite", spoil(busy.there()["App.sqlite"]))
    assert failed(busy.sync()) == [("App.sqlite", "Unsound")]
    assert len(words(busy)) == 3002


def test_one_that_a_program_has_open_is_not_deleted(busy: Bench) -> None:
    busy.sync()
    busy.drop_there("App.sqlite")
    assert failed(busy.sync(delete_orphaned=True)) == [("App.sqlite", "Unavailable")]
    assert words(busy) == ["agreed", "in the log"]


def without_tables() -> bytes:
    """A database of a single page."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE gone (word)")
        connection.execute("DROP TABLE gone")
        connection.execute("VACUUM")
        return connection.serialize()


def test_one_without_tables_does_not_come_while_a_program_has_it_open(busy: Bench) -> None:
    busy.sync()
    busy.put_there("App.sqlite", without_tables())
    assert failed(busy.sync()) == [("App.sqlite", "Unavailable")]
    assert words(busy) == ["agreed", "in the log"]


def test_one_without_tables_comes_when_no_program_has_it_open(bench: Bench) -> None:
    database(bench, "agreed")
    bench.done()
    bench.put_there("App.sqlite", without_tables())
    bench.done()
    assert plainly(bench.here()["App.sqlite"]) == plainly(without_tables())
    (kept,) = bench.trash()
    assert b"agreed" in kept.data


def test_one_does_not_come_beside_the_log_of_another(bench: Bench) -> None:
    database(bench, "agreed")
    data = (bench.root / "App.sqlite").read_bytes()
    bench.drop_here("App.sqlite")
    bench.put_here("App.sqlite-wal", "of another time")
    bench.put_there("App.sqlite", data)
    assert failed(bench.sync()) == [("App.sqlite", "InvalidKey")]
    assert "App.sqlite" not in bench.here()


def test_a_copy_of_one_has_its_permissions(busy: Bench) -> None:
    (busy.root / "App.sqlite").chmod(0o640)
    replaced(busy, "from there")
    busy.sync(conflict_resolution="keep_both")
    (copy,) = (key for key in busy.here() if "conflict" in key)
    assert (busy.root / copy).stat().st_mode & 0o777 == 0o640


@pytest.fixture
def named(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path, databases={"App.sqlite": "data/App.sqlite"}, paths=["files"])
    bench.put_here("files/rest", "rest")
    return bench


def test_a_database_may_have_a_key_of_its_own(named: Bench) -> None:
    database(named, "agreed")
    named.done()
    assert named.there().keys() == {"data/App.sqlite", "rest"}
    with closing(sqlite3.connect(named.root / "App.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        with connection:
            connection.execute("INSERT INTO words VALUES ('in the log')")
        named.done()
        assert b"in the log" in named.there()["data/App.sqlite"]
        named.put_there("data/App.sqlite", b"text")
        assert failed(named.sync()) == [("data/App.sqlite", "Unsound")]
    assert words(named) == ["agreed", "in the log"]


def test_what_is_named_and_is_no_database_does_not_travel(named: Bench) -> None:
    named.put_here("App.sqlite", "text")
    assert failed(named.sync()) == [("data/App.sqlite", "Unsound")]
    assert named.there().keys() == {"rest"}
    named.put_there("data/App.sqlite", b"other text")
    named.drop_here("App.sqlite")
    assert failed(named.sync()) == [("data/App.sqlite", "Unsound")]
    assert not (named.root / "App.sqlite").exists()


def test_what_is_named_may_lie_outside(tmp_path: Path) -> None:
    bench = Bench(tmp_path, databases={"../App.sqlite": "App.sqlite"})
    (tmp_path / "App.sqlite").write_bytes(b"text")
    assert failed(bench.sync()) == [("App.sqlite", "Unsound")]


def test_what_is_named_may_be_empty_yet(named: Bench) -> None:
    named.put_here("App.sqlite", b"")
    named.done()
    assert named.there()["data/App.sqlite"] == b""


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


def raw(bench: Bench) -> bytes:
    """The file as it is, which another tool would upload."""
    return (bench.root / "App.sqlite").read_bytes()


def test_what_another_tool_uploaded_byte_by_byte_is_found_equal(bench: Bench) -> None:
    database(bench, "one")
    database(bench, "two")
    data = raw(bench)
    assert data != plainly(data)
    bench.put_there("App.sqlite", data)
    result = bench.sync()
    assert result.adopted == 1
    assert not result.conflicts
    assert not bench.status().actions
    bench.put_there("App.sqlite", data.replace(b"one", b"six"))
    bench.done()
    assert words(bench) == ["six", "two"]


def test_what_another_tool_uploaded_of_another_content_is_kept_both(bench: Bench) -> None:
    database(bench, "one")
    bench.put_there("App.sqlite", raw(bench).replace(b"one", b"six"))
    assert [one.resolution for one in bench.sync().conflicts] == ["keep_both"]
    assert words(bench) == ["six"]


def test_a_database_that_cannot_be_compared_is_no_equal_one(bench: Bench) -> None:
    database(bench, "one")
    database(bench, "two")
    bench.put_there("App.sqlite", raw(bench))
    bench.script(whenever("read", Corrupts(at=3000)))
    result = bench.sync()
    assert not result.adopted
    assert failed(result) == [("App.sqlite", "Corrupted")]
    assert words(bench) == ["one", "two"]


def test_what_is_put_of_a_database_is_all_that_is_committed(busy: Bench) -> None:
    with busy.client() as client:
        client.upload_file(busy.root / "App.sqlite", "App.sqlite", force=True)
    assert uploaded(busy) == ["agreed", "in the log"]
    assert not [one for one in busy.sync().actions if one.action == "conflict"]


def test_what_is_got_enters_a_database_that_an_app_has_open(busy: Bench) -> None:
    replaced(busy, "from there")
    with closing(sqlite3.connect(busy.root / "App.sqlite")) as app, busy.client() as client:
        assert app.execute("SELECT count(*) FROM words").fetchone() == (2,)
        client.download_file("App.sqlite", busy.root / "App.sqlite", force=True)
        assert [word for (word,) in app.execute("SELECT word FROM words")] == ["from there"]
    assert words(busy) == ["from there"]


def test_one_without_tables_is_got_only_when_no_app_has_it_open(busy: Bench) -> None:
    busy.put_there("App.sqlite", without_tables())
    with busy.client() as client, pytest.raises(Unavailable):
        client.download_file("App.sqlite", busy.root / "App.sqlite", force=True)
    assert words(busy) == ["agreed", "in the log"]


def test_what_is_got_replaces_no_database_with_anything_else(busy: Bench) -> None:
    busy.put_there("App.sqlite", b"text")
    with busy.client() as client, pytest.raises(Unsound, match="no database"):
        client.download_file("App.sqlite", busy.root / "App.sqlite", force=True)
    assert words(busy) == ["agreed", "in the log"]
