"""The app's database: a connection beside the app's own, and what its errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from buckia.inbound.trouble import InboundError, Refused

_LEAST = (3, 37)
"""Older ones do not tell an ordinary table from one that belongs to a virtual table."""
_SETTINGS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA cell_size_check=ON",
    # What is reported as applied may be deleted elsewhere, so it has to outlast a power cut, also
    # where the journal is a file that is deleted and macOS keeps written data in the drive's cache.
    "PRAGMA synchronous=EXTRA",
    "PRAGMA fullfsync=ON",
    "PRAGMA checkpoint_fullfsync=ON",
)
_HINTS = {
    sqlite3.SQLITE_FULL: "free some space below {folder}",
    sqlite3.SQLITE_BUSY: "try again when the app is not writing",
    sqlite3.SQLITE_LOCKED: "try again when the app is not writing",
    sqlite3.SQLITE_READONLY: "look at the permissions of {folder}",
    sqlite3.SQLITE_PERM: "look at the permissions of {folder}",
    sqlite3.SQLITE_CANTOPEN: "look whether {database} is there, and at the permissions of {folder}",
    sqlite3.SQLITE_IOERR: "look at the disk that holds {folder}",
    sqlite3.SQLITE_CORRUPT: "let the app check and restore its database",
    sqlite3.SQLITE_NOTADB: "give the path of the app's database",
}
_UNUSABLE = (
    "look at the app's triggers, indexes and references: only the app can follow one of them"
)
_OF_THE_FILE = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG,
    }
)
"""What a statement that could be prepared says when its values are to blame."""


@contextmanager
def connected(database: Path, busy: float) -> Iterator[sqlite3.Connection]:
    """A connection to a database that is there, without transactions of Python's making."""
    if sqlite3.sqlite_version_info < _LEAST:
        raise InboundError(
            f"SQLite {sqlite3.sqlite_version} is too old to apply changes",
            hint="use a Python with SQLite 3.37 or newer",
        )
    address = f"{database.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=busy, isolation_level=None)
    try:
        # An app may have stored bytes in a text that are none; they are compared, not shown.
        connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        for setting in _SETTINGS:
            connection.execute(setting)
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: who comes to the end has committed, everybody else has changed nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:  # nothing of what was begun may stay; it goes on its way
        # A rule of the app may have ended the transaction, and a broken disk cannot; it is the
        # first error that is told, and closing the connection does what was not done here.
        with suppress(sqlite3.Error):
            connection.rollback()
        raise


@contextmanager
def stopping(database: Path) -> Iterator[None]:
    """Raise `InboundError` for what SQLite raises."""
    try:
        yield
    except sqlite3.Error as error:
        hint = _HINTS.get(_code(error), _UNUSABLE)
        raise InboundError(
            f"the changes could not be applied to {database}: {error}",
            hint=hint.format(folder=database.parent, database=database),
        ) from error


@contextmanager
def judging(what: str) -> Iterator[None]:
    """Raise `Refused` for errors that come from the values of a file; others go on their way."""
    try:
        yield
    except sqlite3.Error as error:
        if _code(error) not in _OF_THE_FILE:
            raise
        raise Refused(f"{what}: {str(error)[:200]}") from error


def _code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
