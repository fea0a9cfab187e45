"""Opening a database that others may be working with, so that nobody notices."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from buckia.databases.faults import code

PATIENCE = 5.0
"""Seconds to wait for a lock that another program holds."""
BESIDE = ("-wal", "-journal")
"""While one of these is not empty, the database file alone is not the database."""


def connect(path: Path, mode: str, *, patience: float | None = None) -> sqlite3.Connection:
    """In SQLite's own words for `mode`: ro, rw; never is a file made."""
    where = f"{path.absolute().as_uri()}?mode={mode}"
    wait = PATIENCE if patience is None else patience
    return sqlite3.connect(where, uri=True, timeout=wait, isolation_level=None)


@contextmanager
def reading(path: Path, *, patience: float | None = None) -> Iterator[sqlite3.Connection]:
    """To look at what is committed.

    The last one to close a database clears its log away, which would be a change made by looking:
    so where a log is, it is opened for reading only. Where none is, opening for reading only would
    leave an empty one behind. And a transaction that died half-way can only be undone by writing.
    """
    connection = connect(path, "ro" if has_beside(path) else "rw", patience=patience)
    with closing(connection):
        try:
            connection.execute("PRAGMA schema_version").fetchall()
        except sqlite3.OperationalError as error:
            if code(error) != sqlite3.SQLITE_READONLY:
                raise
        else:
            yield connection
            return
    with closing(connect(path, "rw", patience=patience)) as connection:
        connection.execute("PRAGMA schema_version").fetchall()
        yield connection


def has_beside(path: Path) -> bool:
    """Whether there is more to the database than the file."""
    return any(_size(path.with_name(path.name + ending)) for ending in BESIDE)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def is_logged(connection: sqlite3.Connection) -> bool:
    """Whether changes go to a log first, so that readers and writers do not wait for each other."""
    return bool(connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal")


def size(path: Path) -> int:
    """Bytes of the database as it would be without a log."""
    with reading(path, patience=0.1) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (each,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages) * int(each)
