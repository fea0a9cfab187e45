"""Databases of an app's, on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

Open = Callable[..., sqlite3.Connection]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens a database as an app does, and closes it at the end of the test."""
    with ExitStack() as stack:

        def open_(path: Path, journal: str = "wal") -> sqlite3.Connection:
            connection = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            connection.execute(f"PRAGMA journal_mode={journal}")
            return connection

        yield open_


@pytest.fixture
def live(tmp_path: Path, opened: Open) -> sqlite3.Connection:
    """One with a log, open in an app."""
    return filled(opened(tmp_path / "App.sqlite"), "here")


def filled(connection: sqlite3.Connection, *found: str) -> sqlite3.Connection:
    connection.execute("CREATE TABLE IF NOT EXISTS words (id INTEGER PRIMARY KEY, word TEXT)")
    connection.executemany("INSERT INTO words (word) VALUES (?)", [(word,) for word in found])
    return connection


def words(source: sqlite3.Connection | Path) -> list[str]:
    if isinstance(source, Path):
        with closing(sqlite3.connect(source)) as connection:
            return words(connection)
    return [word for (word,) in source.execute("SELECT word FROM words ORDER BY id")]
