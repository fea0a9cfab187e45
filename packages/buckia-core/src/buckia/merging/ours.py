"""The table of Buckia's own in an app's database: rows only ever come, so both sides' are kept.

It is made when the first row comes, which may be after both sides agreed; that is no change of the
app's schema.
"""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buckia.errors import Unmergeable
from buckia.keys import LEDGER
from buckia.merging.sql import quoted

if TYPE_CHECKING:
    from apsw import Connection


def is_ours(table: str) -> bool:
    return table.lower() == LEDGER


def unite(db: Connection) -> int:
    """Bring those of the local side in; how many rows came."""
    there, count = _tables(db, "main"), 0
    for name, statement in _tables(db, "local").items():
        if name not in there:
            db.execute(statement)
        elif there[name] != statement:
            raise Unmergeable(
                f"The table {name!r} is not the same on both sides.",
                hint="Bring all devices to one version of Buckia.",
            )
        db.execute(f"INSERT OR IGNORE INTO main.{quoted(name)} SELECT * FROM local.{quoted(name)}")
        count += db.changes()
    return count


def _tables(db: Connection, schema: str) -> dict[str, str]:
    found: list[Any] = db.execute(
        f"SELECT name, sql FROM {schema}.sqlite_schema WHERE type = 'table'"
    ).fetchall()
    return {str(name): str(sql) for name, sql in found if is_ours(str(name))}
