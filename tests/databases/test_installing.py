"""New content for a database that an app has open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from buckia.databases import copying, installing, opening
from buckia.errors import StorageError, Unavailable, Unsound, VersionMismatch
from tests.databases.conftest import Open, filled, words


@pytest.fixture
def coming(tmp_path: Path, opened: Open) -> Path:
    return copied(opened(tmp_path / "there.sqlite"), tmp_path)


def copied(connection: sqlite3.Connection, folder: Path) -> Path:
    """A private copy, as one that was downloaded."""
    filled(connection, "there")
    (path,) = (row[2] for row in connection.execute("PRAGMA database_list"))
    copying.copy(Path(path), folder / "coming", "k")
    return folder / "coming"


def always() -> bool:
    return True


@pytest.mark.parametrize("journal", ["wal", "delete", "truncate", "persist"])
def test_an_app_that_has_it_open_sees_the_new_content_and_goes_on(
    tmp_path: Path, coming: Path, opened: Open, journal: str
) -> None:
    app = filled(opened(tmp_path / "App.sqlite", journal), "here")
    assert words(app) == ["here"]
    installing.install(coming, tmp_path / "App.sqlite", "k", always)
    assert words(app) == ["there"]
    filled(app, "and on")
    assert app.execute("PRAGMA journal_mode").fetchone() == (journal,)
    assert app.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert words(tmp_path / "App.sqlite") == ["there", "and on"]


def test_a_reader_keeps_what_it_began_to_read(
    live: sqlite3.Connection, tmp_path: Path, coming: Path
) -> None:
    live.execute("BEGIN")
    assert words(live) == ["here"]
    installing.install(coming, tmp_path / "App.sqlite", "k", always)
    assert words(live) == ["here"]
    live.execute("COMMIT")
    assert words(live) == ["there"]


def test_what_is_not_as_expected_stays(
    live: sqlite3.Connection, tmp_path: Path, coming: Path
) -> None:
    with pytest.raises(VersionMismatch):
        installing.install(coming, tmp_path / "App.sqlite", "k", lambda: False)
    assert words(live) == ["here"]
    filled(live, "and on")


def test_nobody_writes_between_the_question_and_the_end(
    live: sqlite3.Connection, tmp_path: Path, coming: Path
) -> None:
    live.execute("PRAGMA busy_timeout=0")

    def unchanged() -> bool:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            live.execute("INSERT INTO words (word) VALUES ('late')")
        return True

    installing.install(coming, tmp_path / "App.sqlite", "k", unchanged)
    assert words(live) == ["there"]


@pytest.mark.parametrize(
    ("pragma", "why"),
    [
        ("application_id=7", "it belongs to another app .application_id 0, not 7"),
        ("user_version=3", "its schema is that of user_version 0, and the one here is at 3"),
    ],
)
def test_what_does_not_fit_stays_out(
    live: sqlite3.Connection, tmp_path: Path, coming: Path, pragma: str, why: str
) -> None:
    live.execute(f"PRAGMA {pragma}")
    with pytest.raises(Unsound, match=why):
        installing.install(coming, tmp_path / "App.sqlite", "k", always)
    assert words(live) == ["here"]


def test_text_of_another_encoding_stays_out(tmp_path: Path, opened: Open, coming: Path) -> None:
    app = opened(tmp_path / "App.sqlite", "delete")
    app.execute("PRAGMA encoding='UTF-16le'")
    filled(app, "here")
    with pytest.raises(Unsound, match="its text is in UTF-8, and here it is in UTF-16le"):
        installing.install(coming, tmp_path / "App.sqlite", "k", always)


def test_pages_of_another_size_enter_only_where_there_is_no_log(
    tmp_path: Path, opened: Open, coming: Path
) -> None:
    for journal in ("wal", "delete"):
        app = opened(tmp_path / f"{journal}.sqlite", "delete")
        app.execute("PRAGMA page_size=8192")
        filled(app, "here")
        app.execute(f"PRAGMA journal_mode={journal}")
    with pytest.raises(Unsound, match="has pages of 4096 bytes and the one here of 8192"):
        installing.install(coming, tmp_path / "wal.sqlite", "k", always)
    installing.install(coming, tmp_path / "delete.sqlite", "k", always)
    assert words(tmp_path / "wal.sqlite") == ["here"]
    assert words(tmp_path / "delete.sqlite") == ["there"]


def test_one_that_stays_locked_is_told(
    live: sqlite3.Connection, tmp_path: Path, coming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    live.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"):
        installing.install(coming, tmp_path / "App.sqlite", "k", always)
    live.execute("COMMIT")
    assert words(live) == ["here"]


def test_a_calm_one_is_all_in_its_file(tmp_path: Path, opened: Open) -> None:
    live = filled(opened(tmp_path / "App.sqlite"), "here")
    with pytest.raises(Unavailable, match="locked"):
        installing.calm(tmp_path / "App.sqlite", "k", lambda _connection: True)
    live.close()
    installing.calm(tmp_path / "App.sqlite", "k", lambda _connection: True)
    assert [path.name for path in tmp_path.iterdir()] == ["App.sqlite"]
    assert words(tmp_path / "App.sqlite") == ["here"]
