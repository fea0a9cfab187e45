"""How many more or fewer of each row there are on a side than in the base."""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from buckia.merging.catalog import Table
from buckia.merging.model import Row
from buckia.merging.rows import Reader
from buckia.merging.sql import different, groups, listed, numbered, quoted

if TYPE_CHECKING:
    from apsw import Connection

NET = "temp.buckia_net"
_MOVED = "temp.buckia_moved"
_WANTED = """CASE WHEN local >= 0 AND remote >= 0 THEN max(local - remote, 0)
 WHEN local <= 0 AND remote <= 0 THEN min(local - remote, 0) ELSE local END"""
"""What the remote side still lacks, or has too many of. A row that came, or went, on both sides
did so once: where both sides are equal, so is the result.
"""


def names_of(table: Table) -> list[str]:
    return numbered(len(table.columns), "c")


def count(db: Connection, table: Table, sides: Sequence[str] = ("local", "remote")) -> None:
    """Fill the temporary table: each different row once, with how many came or went."""
    names = names_of(table)
    columns = ", ".join(
        f"x.{quoted(column)} AS {name}" for column, name in zip(table.columns, names, strict=True)
    )
    db.execute(f"DROP TABLE IF EXISTS {_MOVED}")
    db.execute(f"DROP TABLE IF EXISTS {NET}")
    # Made from the table, the columns compare as those of the table do.
    db.execute(
        f"CREATE TABLE {_MOVED} AS SELECT {columns}, 0 AS local, 0 AS remote"
        f" FROM {table.at('main', 'x')} WHERE 0"
    )
    for side in sides:
        for here, there, step in ((side, "base", 1), ("base", side, -1)):
            db.execute(f"INSERT INTO {_MOVED} {_moved(table, here, there)}", _steps(side, step))
    chosen = ", ".join(names)
    db.execute(
        f"CREATE TABLE {NET} AS SELECT *, {_WANTED} AS wanted FROM (SELECT {chosen},"
        f" sum(local) AS local, sum(remote) AS remote FROM {_MOVED} GROUP BY {groups(names)})"
        " WHERE local <> 0 OR remote <> 0"
    )
    by = ", ".join(f"{name} COLLATE BINARY" for name in names)
    db.execute(f"CREATE INDEX temp.buckia_net_by ON buckia_net ({by})")


def _steps(side: str, step: int) -> tuple[int, int]:
    return (step, 0) if side == "local" else (0, step)


def _moved(table: Table, here: str, there: str) -> str:
    """Rows that are not elsewhere under the same number, which saves looking at most of them."""
    return (
        f"SELECT {listed(table.columns, 'x')}, ?, ? FROM {table.at(here, 'x')}"
        f" LEFT JOIN {table.at(there, 'y')} ON y.{table.rowid} = x.{table.rowid}"
        f" WHERE y.{table.rowid} IS NULL"
        f" OR {different(('x', table.columns), ('y', table.columns))}"
    )


def ours(db: Connection, table: Table, number: int) -> Row:
    source = f"FROM {NET} AS x WHERE x.rowid = ?"
    row = Reader(db).row(table.columns, source, names_of(table), number)
    assert row is not None
    return row


def tally(db: Connection) -> tuple[int, int]:
    """How many rows came or went as only one side had it, of each."""
    found: list[Any] = db.execute(
        f"SELECT coalesce(sum(abs(wanted)), 0), coalesce(sum(abs(remote)), 0)"
        f" - coalesce(sum(CASE WHEN local * remote > 0 THEN min(abs(local), abs(remote)) END), 0)"
        f" FROM {NET}"
    ).fetchall()
    [(local, remote)] = found
    return local, remote
