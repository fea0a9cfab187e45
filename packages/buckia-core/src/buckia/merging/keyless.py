"""Tables without a primary key: whole rows that come and go, the same ones perhaps several times.

The number that SQLite gives such a row says nothing: two devices give one number to two rows.
"""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buckia.merging.blocking import in_the_way
from buckia.merging.catalog import Table
from buckia.merging.counted import NET, count, names_of, ours, tally
from buckia.merging.model import Row, RowConflict, Taken
from buckia.merging.rows import Reader
from buckia.merging.rules import Clash, Rule, weighed
from buckia.merging.sql import identical, listed

if TYPE_CHECKING:
    from apsw import Connection


def merge_keyless(db: Connection, table: Table, rule: Rule) -> Taken:
    count(db, table)
    _remove(db, table)
    blocked = _add(db, table)
    clashes = _clashes(db, table, blocked)
    kept = weighed(clashes, rule, set())
    conflicts = tuple(
        RowConflict(table.name, {}, None, clash.local, clash.remote, side, "unique")
        for clash, side in zip(clashes, kept, strict=True)
    )
    if "none yet" in kept:
        return Taken(conflicts)
    lost = {clash.ours[1] for clash, side in zip(clashes, kept, strict=True) if side == "remote"}
    beaten = {clash.theirs[1] for clash, side in zip(clashes, kept, strict=True) if side == "local"}
    for number in beaten:
        db.execute(f"DELETE FROM {table.at('main', 'm')} WHERE m.{table.rowid} = ?", (number,))
    for number in set(blocked) - lost:
        db.execute(f"INSERT OR ABORT {_row(table)}", (number,))
    local, remote = tally(db)
    return Taken(conflicts, local - len(lost), remote - len(beaten))


def _remove(db: Connection, table: Table) -> None:
    """As many copies of each row as are to go, and no matter which."""
    if not db.execute(f"SELECT 1 FROM {NET} WHERE wanted < 0 LIMIT 1").fetchall():
        return
    same = identical(("d", names_of(table)), ("m", table.columns))
    db.execute(
        f"DELETE FROM main.{table.quoted} WHERE {table.rowid} IN (SELECT at FROM"
        f" (SELECT m.{table.rowid} AS at, d.wanted AS wanted,"
        f" row_number() OVER (PARTITION BY d.rowid ORDER BY m.{table.rowid}) AS nth"
        f" FROM {table.at('main', 'm')} CROSS JOIN {NET} AS d ON {same} WHERE d.wanted < 0)"
        " WHERE nth <= -wanted)"
    )


def _row(table: Table) -> str:
    return (
        f"INTO {table.into} SELECT {listed(names_of(table), 'd')} FROM {NET} AS d WHERE d.rowid = ?"
    )


def _add(db: Connection, table: Table) -> list[int]:
    """Bring the rows in that are to come; returns those that could not."""
    blocked = []
    how = "IGNORE" if table.unique else "ABORT"
    coming: list[Any] = db.execute(f"SELECT rowid, wanted FROM {NET} WHERE wanted > 0").fetchall()
    for number, times in coming:
        for _ in range(times):
            db.execute(f"INSERT OR {how} {_row(table)}", (number,))
            if not db.changes():
                blocked.append(number)
    return blocked


def _clashes(db: Connection, table: Table, blocked: list[int]) -> list[Clash]:
    if not blocked:
        return []
    found = in_the_way(db, table, f"VALUES (OLD.{table.rowid})", _row(table), blocked)
    clashes = []
    for number, others in found:
        local = ours(db, table, number)
        clashes += [
            Clash(("local", number), ("remote", rival), local, _theirs(db, table, rival))
            for rival in others
        ]
    return clashes


def _theirs(db: Connection, table: Table, number: int) -> Row:
    source = f"FROM {table.at('main', 'x')} WHERE x.{table.rowid} = ?"
    row = Reader(db).row(table.columns, source, table.columns, number)
    assert row is not None
    return row
