"""Copies of databases that others go on writing."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from buckia.databases import copying, opening
from buckia.databases.header import MAGIC, plain
from buckia.errors import StorageError, Unavailable, Unsound
from tests.databases.conftest import Open, filled, words


def beside(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if "-shm" not in path.name}


def test_what_is_committed_is_copied_though_it_is_in_the_log(
    live: sqlite3.Connection, tmp_path: Path
) -> None:
    before = beside(tmp_path)
    live.execute("BEGIN IMMEDIATE")
    live.execute("INSERT INTO words (word) VALUES ('not yet')")
    copying.copy(tmp_path / "App.sqlite", tmp_path / "copy", "k")
    live.execute("COMMIT")
    assert words(tmp_path / "copy") == ["here"]
    assert words(live) == ["here", "not yet"]
    assert before["App.sqlite"] == (tmp_path / "App.sqlite").read_bytes()


@pytest.mark.parametrize("journal", ["wal", "delete", "truncate", "persist"])
def test_looking_leaves_nothing_behind(tmp_path: Path, opened: Open, journal: str) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    filled(opened(folder / "App.sqlite", journal), "here").close()
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    copying.copy(folder / "App.sqlite", tmp_path / "copy", "k")
    assert words(tmp_path / "copy") == ["here"]
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_log_that_a_dead_app_has_left_is_read_and_left(
    live: sqlite3.Connection, tmp_path: Path
) -> None:
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"App.sqlite{ending}", tmp_path / f"left.sqlite{ending}")
    copying.copy(tmp_path / "left.sqlite", tmp_path / "copy", "k")
    assert words(tmp_path / "copy") == ["here"]
    assert (tmp_path / "left.sqlite-wal").stat().st_size
    assert live.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_half_a_transaction_of_a_dead_app_is_undone(tmp_path: Path, opened: Open) -> None:
    app = filled(opened(tmp_path / "App.sqlite", "delete"), "here")
    app.execute("CREATE TABLE large (x)")
    app.execute("PRAGMA cache_size=2")
    app.execute("BEGIN")
    app.execute("UPDATE words SET word = 'half'")
    app.executemany("INSERT INTO large VALUES (zeroblob(4000))", [()] * 100)
    for ending in ("", "-journal"):
        shutil.copy(tmp_path / f"App.sqlite{ending}", tmp_path / f"left.sqlite{ending}")
    app.execute("ROLLBACK")
    copying.copy(tmp_path / "left.sqlite", tmp_path / "copy", "k")
    assert words(tmp_path / "copy") == ["here"]


def test_two_devices_make_the_same_copy_of_the_same_content(tmp_path: Path, opened: Open) -> None:
    first = filled(opened(tmp_path / "a.sqlite"), "one", "two")
    copying.copy(tmp_path / "a.sqlite", tmp_path / "copied", "k")
    with closing(sqlite3.connect(tmp_path / "copied")) as source:
        source.backup(opened(tmp_path / "b.sqlite"))
    filled(opened(tmp_path / "b.sqlite"), "three").execute("DELETE FROM words WHERE word = 'three'")
    filled(first, "three").execute("DELETE FROM words WHERE word = 'three'")
    for name in "ab":
        copying.copy(tmp_path / f"{name}.sqlite", tmp_path / f"copy {name}", "k")
    assert (tmp_path / "copy a").read_bytes() == (tmp_path / "copy b").read_bytes()


def test_the_plain_header_is_plain_already(live: sqlite3.Connection, tmp_path: Path) -> None:
    copying.copy(tmp_path / "App.sqlite", tmp_path / "copy", "k")
    data = (tmp_path / "copy").read_bytes()
    assert data.startswith(MAGIC)
    assert plain(data[:100], len(data)) == data[:100]
    assert live.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_damaged_one_is_not_copied(tmp_path: Path, opened: Open) -> None:
    app = filled(opened(tmp_path / "App.sqlite", "delete"), *map(str, range(5000)))
    app.close()
    with (tmp_path / "App.sqlite").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    with pytest.raises(Unsound, match="k: the database is damaged"):
        copying.copy(tmp_path / "App.sqlite", tmp_path / "copy", "k")
    assert not (tmp_path / "copy").exists()


def test_functions_and_orders_of_the_app_are_stood_in_for(tmp_path: Path, opened: Open) -> None:
    app = filled(opened(tmp_path / "App.sqlite"), "here")
    app.create_collation("own", lambda one, other: (one > other) - (one < other))
    app.create_function("twice", 1, lambda text: text * 2, deterministic=True)
    app.execute("CREATE TABLE own (x TEXT COLLATE own CHECK (x IS NOT NULL))")
    app.execute("CREATE INDEX by_own ON own (x)")
    app.execute("CREATE INDEX by_twice ON own (twice(x))")
    app.execute("INSERT INTO own VALUES ('x')")
    copying.copy(tmp_path / "App.sqlite", tmp_path / "copy", "k")
    assert words(tmp_path / "copy") == ["here"]


def test_a_copy_that_a_writer_spoils_is_begun_anew_and_then_told(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database without a log, and somebody who writes between any two steps."""
    app = filled(opened(tmp_path / "App.sqlite", "delete"), *("x" * 3000 for _ in range(50)))
    real, tries = copying.patient, 0

    def writing(key: str, copied: object) -> copying.Progress:
        nonlocal tries
        tries += 1
        watch = real(key, copied)  # type: ignore[arg-type]  # passed on

        def step(status: int, remaining: int, total: int) -> None:
            app.execute("INSERT INTO words (word) VALUES ('again')")
            watch(status, remaining, total)

        return step

    monkeypatch.setattr(copying, "patient", writing)
    monkeypatch.setattr(copying, "_STEP", 4096)
    with pytest.raises(StorageError, match="written so often that no whole copy"):
        copying.copy(tmp_path / "App.sqlite", tmp_path / "copy", "k")
    assert tries == 5
    assert not (tmp_path / "copy").exists()


def test_one_that_stays_locked_is_told(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    app = filled(opened(tmp_path / "App.sqlite", "delete"), "here")
    app.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="k: another program keeps the database locked"):
        copying.copy(tmp_path / "App.sqlite", tmp_path / "copy", "k")
    assert not (tmp_path / "copy").exists()
