"""The list of changes that were applied, in the very database that they were applied to."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from buckia.inbound.trouble import InboundError
from buckia.keys import LEDGER

_COLUMNS = ["id", "applied_at", "digest"]
_MAKE = """
    CREATE TABLE main.buckia_applied (
        id TEXT NOT NULL PRIMARY KEY, applied_at TEXT NOT NULL, digest TEXT NOT NULL
    ) WITHOUT ROWID
"""


def digest_of(connection: sqlite3.Connection, change_id: str) -> str | None:
    """The digest of the bytes that were applied under this ID; None if none were."""
    if not _is_there(connection):
        return None
    row = connection.execute(
        "SELECT digest FROM main.buckia_applied WHERE id = ?", (change_id,)
    ).fetchone()
    return None if row is None else str(row[0])


def add(connection: sqlite3.Connection, change_id: str, digest: str) -> None:
    """Write it down, in the transaction that applies it; the first one makes the table."""
    if not _is_there(connection):
        connection.execute(_MAKE)
    connection.execute(
        "INSERT INTO main.buckia_applied (id, applied_at, digest) VALUES (?, ?, ?)",
        (change_id, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", digest),
    )


def _is_there(connection: sqlite3.Connection) -> bool:
    found = connection.execute(f"PRAGMA main.table_info({LEDGER})").fetchall()
    if found and [row[1] for row in found] != _COLUMNS:
        raise InboundError(
            f"the database has a table {LEDGER} that is not ours",
            hint="rename that table: its name belongs to Buckia",
        )
    return bool(found)
