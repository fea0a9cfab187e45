"""Connections to SQLite: how they are set up, and a few idle ones kept for reading."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from buckia.state.seam import StateError, sqlite_errors

_WAIT = 30.0
_IDLE = 4
_SETTINGS = ("PRAGMA cell_size_check=ON", "PRAGMA trusted_schema=OFF")
_DURABLE = (
    "PRAGMA synchronous=FULL",
    # macOS keeps written data in the drive's cache unless it is told otherwise.
    "PRAGMA fullfsync=ON",
    "PRAGMA checkpoint_fullfsync=ON",
    # A long scan keeps the log from being emptied; afterwards the disk gets its space back.
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA cache_size=-8000",
)


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in autocommit mode: `ro` or `rw` of what is there, `rwc` also makes it."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_WAIT,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
    except BaseException:  # the connection must be closed; the error goes on its way
        connection.close()
        raise
    return connection


def writing(path: Path) -> sqlite3.Connection:
    """The connection whose commits are on the disk when they return."""
    connection = connect(path, "rw")
    try:
        for setting in _DURABLE:
            connection.execute(setting)
        _keep_log(connection, path)
    except BaseException:  # the connection must be closed; the error goes on its way
        connection.close()
        raise
    return connection


def _keep_log(connection: sqlite3.Connection, path: Path) -> None:
    """Write to a log beside the database, which is what lets others read meanwhile."""
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise StateError(
            f"this file system cannot hold the state {path}",
            hint="set `state_dir` to a folder on a local disk",
        )


class Readers:
    """Read-only connections to one database, one for each reader at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] | None = []

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection on which everything is seen as it is at the first read."""
        with sqlite_errors("read", self._path):
            connection = self._take()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._idle is None:
                raise StateError("the state is closed")
            if self._idle:
                return self._idle.pop()
        return connect(self._path, "ro")

    def _give_back(self, connection: sqlite3.Connection) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:
            # It is of no more use, and why is told by the error of the reader, if it had one.
            connection.close()
            return
        with self._lock:
            if self._idle is not None and len(self._idle) < _IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle or [], None
        for connection in idle:
            connection.close()
