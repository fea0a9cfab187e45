"""The tables of the base, and the steps by which an older one becomes a newer one."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from buckia.errors import ConfigError
from buckia.state import files
from buckia.state.connections import connect
from buckia.state.seam import file_errors, sqlite_errors

APPLICATION_ID = 0x42756B61
"""Stands in the file's header: this database is one of ours."""

Steps = Sequence[Sequence[str]]

STEPS: Steps = (
    # 1: keys are compared byte by byte, which for UTF-8 is the order of code points. A row is
    # stored in the tree of its key, once; `origins` says each root's name once.
    (
        """CREATE TABLE agreed (
            key TEXT PRIMARY KEY, left TEXT NOT NULL, right TEXT NOT NULL,
            size INTEGER NOT NULL, digests NOT NULL, origin INTEGER NOT NULL) WITHOUT ROWID""",
        "CREATE TABLE origins (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """CREATE TABLE intents (
            key TEXT, side TEXT, digests NOT NULL, size INTEGER NOT NULL,
            source TEXT NOT NULL, origin TEXT NOT NULL, PRIMARY KEY (key, side)) WITHOUT ROWID""",
        """CREATE TABLE known (
            key TEXT, origin TEXT, version TEXT NOT NULL, digests NOT NULL,
            used INTEGER NOT NULL, PRIMARY KEY (key, origin)) WITHOUT ROWID""",
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    ),
)
"""Step n makes version n + 1 of version n. A step that was published never changes."""

TABLES = frozenset({"agreed", "origins", "intents", "known", "meta"})
"""What the newest version has."""

_FRESH = ".new-"


def newer(path: Path, version: int) -> ConfigError:
    return ConfigError(
        f"the state {path} was written by a newer Buckia (version {version} of its form)",
        hint="update Buckia on this device; nothing was changed",
    )


def version(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def migrate(connection: sqlite3.Connection, steps: Steps = STEPS) -> None:
    """Take the steps that are missing: each whole or not at all."""
    for number in range(version(connection), len(steps)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in steps[number]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number + 1}")
            connection.execute("COMMIT")
        except BaseException:  # nothing of the step may stay; the error goes on its way
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def make(path: Path, steps: Steps = STEPS) -> None:
    """A new, empty base of the newest version; it appears under its name when it is complete.

    So an empty or half-made file of that name is never the beginning of one, but damage.
    """
    fresh = path.with_name(f"{path.name}{_FRESH}{secrets.token_hex(4)}")
    with file_errors("written", path.parent), sqlite_errors("written", path):
        try:
            files.create(fresh)
            connection = connect(fresh, "rw")
            try:
                # Rows of some two hundred bytes fill larger pages better.
                connection.execute("PRAGMA page_size=8192")
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                migrate(connection, steps)
                connection.execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()
            fresh.replace(path)
            files.sync_folder(path.parent)
        finally:
            sweep(path)


def sweep(path: Path) -> None:
    """Remove what a kill left of a base in the making."""
    for leftover in path.parent.glob(f"{path.name}{_FRESH}*"):
        leftover.unlink(missing_ok=True)
