"""Tables with a primary key: which keys each side changed, and whose version is to be taken.

All keys that a side touched stand in a temporary table, each with the side whose row goes into
the result. The keys themselves never leave SQLite, so they stay what they are.
"""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from buckia.merging.catalog import Table
from buckia.merging.model import Row, RowConflict
from buckia.merging.rows import Reader
from buckia.merging.rules import Rule, decided
from buckia.merging.sql import different, equal_keys, listed, numbered, quoted

if TYPE_CHECKING:
    from apsw import Connection

KEYS = "temp.buckia_keys"
SIDES = ("local", "remote")


def by_number(table: Table) -> list[str]:
    return numbered(len(table.keys), "k")


def held(table: Table, alias: str) -> str:
    """Whether a row has the key that `c`, a row of the temporary table, has."""
    return equal_keys((alias, table.keys), ("c", by_number(table)), table.collations)


def note(db: Connection, table: Table, sides: Sequence[str] = SIDES) -> None:
    """Fill the temporary table with what is not in the sides as it is in the base."""
    names = by_number(table)
    keys = ", ".join(
        f"x.{quoted(key)} AS {name}" for key, name in zip(table.keys, names, strict=True)
    )
    db.execute(f"DROP TABLE IF EXISTS {KEYS}")
    # Made from the table, the columns compare as those of the table do.
    db.execute(
        f"CREATE TABLE {KEYS} AS SELECT {keys}, 0 AS local, 0 AS remote, 0 AS conflict,"
        f" 'remote' AS side, 0 AS moved FROM {table.at('main', 'x')} WHERE 0"
    )
    by = ", ".join(
        f"{name} COLLATE {quoted(collation)}"
        for name, collation in zip(names, table.collations, strict=True)
    )
    db.execute(f"CREATE UNIQUE INDEX temp.buckia_keys_by ON buckia_keys ({by})")
    for side in sides:
        db.execute(
            f"INSERT INTO {KEYS} ({', '.join(names)}, local, remote, conflict, side, moved)"
            f" SELECT {', '.join(names)}, {side == 'local':d}, {side == 'remote':d}, 0, 'remote', 0"
            f" FROM ({_changed(table, side)}) WHERE true"
            f" ON CONFLICT DO UPDATE SET {side} = 1"
        )


def _changed(table: Table, side: str) -> str:
    names = by_number(table)
    new, old = (
        ", ".join(
            f"{alias}.{quoted(key)} AS {name}" for key, name in zip(table.keys, names, strict=True)
        )
        for alias in "xb"
    )
    same = equal_keys(("b", table.keys), ("x", table.keys), table.collations)
    back = equal_keys(("x", table.keys), ("b", table.keys), table.collations)
    return (
        f"SELECT {new} FROM {table.at(side, 'x')} LEFT JOIN {table.at('base', 'b')} ON {same}"
        f" WHERE b.{quoted(table.keys[0])} IS NULL"
        f" OR {different(('x', table.columns), ('b', table.columns))}"
        f" UNION ALL SELECT {old} FROM {table.at('base', 'b')}"
        f" WHERE NOT EXISTS (SELECT 1 FROM {table.at(side, 'x')} WHERE {back})"
    )


def choose(db: Connection, table: Table, rule: Rule) -> list[RowConflict]:
    """Choose a side for every touched key; what both changed differently is a conflict."""
    db.execute(f"UPDATE {KEYS} SET side = 'local' WHERE local AND NOT remote")
    conflicts = []
    for number in _disputed(db, table):
        base, local, remote = (version(db, table, side, number) for side in ("base", *SIDES))
        kept = decided(rule, local, remote)
        row = local or remote
        assert row is not None
        conflicts.append(RowConflict(table.name, key_of(table, row), base, local, remote, kept))
        side = "local" if kept == "local" else "remote"
        db.execute(f"UPDATE {KEYS} SET conflict = 1, side = ? WHERE rowid = ?", (side, number))
    return conflicts


def _disputed(db: Connection, table: Table) -> list[int]:
    first = quoted(table.keys[0])
    found: list[Any] = db.execute(
        f"SELECT c.rowid FROM {KEYS} AS c LEFT JOIN {table.at('local', 'x')} ON {held(table, 'x')}"
        f" LEFT JOIN {table.at('remote', 'y')} ON {held(table, 'y')}"
        f" WHERE c.local AND c.remote AND ((x.{first} IS NULL) <> (y.{first} IS NULL)"
        f" OR (x.{first} IS NOT NULL AND {different(('x', table.columns), ('y', table.columns))}))"
        f" ORDER BY {listed(by_number(table), 'c')}"
    ).fetchall()
    return [number for (number,) in found]


def version(db: Connection, table: Table, schema: str, number: int) -> Row | None:
    """The row that a database has of the key of this number."""
    source = (
        f"FROM {KEYS} AS c CROSS JOIN {table.at(schema, 'x')} ON {held(table, 'x')}"
        " WHERE c.rowid = ?"
    )
    return Reader(db).row(table.columns, source, table.columns, number)


def key_of(table: Table, row: Row) -> Row:
    return {key: row[key] for key in table.keys}


def counts(db: Connection) -> tuple[int, int]:
    """How many rows are as only one side has them, of each."""
    found: list[Any] = db.execute(
        "SELECT count(*) FILTER (WHERE side = 'local' AND local),"
        " count(*) FILTER (WHERE side = 'remote' AND remote AND (conflict OR NOT local))"
        f" FROM {KEYS}"
    ).fetchall()
    [(local, remote)] = found
    return local, remote
