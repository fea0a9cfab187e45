"""The app's database: a connection beside the app's own, and what its errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from buckia.databases import opening
from buckia.databases.faults import code, sqlite_faults
from buckia.errors import StorageError
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
def connected(database: Path, wait: float) -> Iterator[sqlite3.Connection]:
    """A connection to a database that is there, without transactions of Python's making.

    Raises `InboundError` for what SQLite raises.
    """
    if sqlite3.sqlite_version_info < _LEAST:
        raise InboundError(
            f"SQLite {sqlite3.sqlite_version} is too old to apply changes",
            hint="use a Python with SQLite 3.37 or newer",
        )
    if not database.exists():
        raise InboundError(
            f"there is no database {database} to apply changes to",
            hint="start the app once, so that it makes its database, or correct the path",
        )
    try:
        with (
            sqlite_faults(database.name),
            closing(opening.connect(database, "rw", patience=wait)) as connection,
        ):
            # An app may have stored bytes in a text that are none; they are compared, not shown.
            connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
            for setting in _SETTINGS:
                connection.execute(setting)
            yield connection
    except StorageError as error:
        said = f"the changes could not be applied: {error.message}"
        raise InboundError(said, hint=error.hint or _UNUSABLE) from error


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
def judging(what: str) -> Iterator[None]:
    """Raise `Refused` for errors that come from the values of a file; others go on their way."""
    try:
        yield
    except sqlite3.Error as error:
        if code(error) not in _OF_THE_FILE:
            raise
        raise Refused(f"{what}: {str(error)[:200]}") from error
