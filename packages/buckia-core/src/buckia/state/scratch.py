"""A throw-away SQLite file for what does not fit into memory."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from buckia.state.connections import connect
from buckia.state.seam import file_errors, sqlite_errors

_PREFIX = "scratch-"
_SETTINGS = (
    # Nobody will ever read it again after a crash.
    "PRAGMA journal_mode=OFF",
    "PRAGMA synchronous=OFF",
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA cache_size=-4000",
)


class Scratch:
    """A database of one table that vanishes with its process; safe to use from many threads.

    Where the system lets an open file be removed it has no name from the beginning, so not even
    a kill leaves it behind; elsewhere `close` removes it, or `sweep` in the next run. `folder` is
    where it lies; None is the system's own place for temporary files.
    """

    def __init__(self, folder: Path | None, table: str) -> None:
        self._lock = threading.Lock()
        with file_errors("written", folder or Path(tempfile.gettempdir())):
            handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".sqlite", dir=folder)
            os.close(handle)
        self._path = Path(name)
        try:
            with sqlite_errors("written", self._path):
                self._connection = _opened(self._path, table)
        except BaseException:  # the file must go; the error goes on its way
            self._path.unlink(missing_ok=True)
            raise
        if os.name != "nt":
            self._path.unlink()

    def write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with self._lock, sqlite_errors("written", self._path):
            self._connection.execute("BEGIN")
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")

    def read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of the answer at once: ask for no more than fits."""
        with self._lock, sqlite_errors("read", self._path):
            return self._connection.execute(query, values).fetchall()

    def close(self) -> None:
        """Give the space back; may be repeated."""
        with self._lock:
            self._connection.close()
            with file_errors("written", self._path):
                self._path.unlink(missing_ok=True)


def _opened(path: Path, table: str) -> sqlite3.Connection:
    connection = connect(path, "rw")
    try:
        for statement in (*_SETTINGS, table):
            connection.execute(statement)
    except BaseException:  # the connection must be closed; the error goes on its way
        connection.close()
        raise
    return connection


def sweep(folder: Path) -> None:
    """Remove what killed runs left; for the run that holds the lock of the pair."""
    with file_errors("written", folder):
        for leftover in folder.glob(f"{_PREFIX}*.sqlite"):
            # Refused only where somebody who looks at this pair has it open, which is no leftover.
            with suppress(PermissionError):
                leftover.unlink(missing_ok=True)
