"""Tables with a primary key: carrying rows over, and settling what must be unique."""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buckia.errors import Unmergeable
from buckia.merging.blocking import in_the_way
from buckia.merging.catalog import Table
from buckia.merging.model import RowConflict, Taken
from buckia.merging.rules import Clash, Name, Rule, name_of, other, weighed
from buckia.merging.sql import equal_keys, listed
from buckia.merging.touched import KEYS, by_number, choose, counts, held, key_of, note, version

if TYPE_CHECKING:
    from apsw import Connection


def merge_keyed(db: Connection, table: Table, rule: Rule) -> Taken:
    note(db, table)
    conflicts = choose(db, table, rule)
    if any(conflict.kept == "none yet" for conflict in conflicts):
        return Taken(tuple(conflicts))
    conflicts += _carry(db, table, rule)
    return Taken(tuple(conflicts), *counts(db))


def _carry(db: Connection, table: Table, rule: Rule) -> list[RowConflict]:
    """Bring the chosen rows in, until no row of one side stands in the way of one of the other.

    The row that gives way becomes what the other side has of its key, which may stand in the way
    of a third. Each key gives way once at most, so there is an end.
    """
    told: list[RowConflict] = []
    settled: set[Name] = set()
    if rule.kind == "newest":
        # Who is newer was decided for these, and they must not give way to a third row.
        disputed: list[Any] = db.execute(f"SELECT rowid FROM {KEYS} WHERE conflict").fetchall()
        settled |= {("", number) for (number,) in disputed}
    while True:
        _put(db, table)
        clashes = _clashes(db, table)
        if not clashes:
            return told
        for clash, kept in zip(clashes, weighed(clashes, rule, settled), strict=True):
            _, loser = clash.ours if kept == "none yet" else name_of(clash, other(kept))
            lost = clash.remote if kept == "local" else clash.local
            told.append(
                RowConflict(
                    table.name,
                    key_of(table, lost),
                    version(db, table, "base", loser),
                    clash.local,
                    clash.remote,
                    kept,
                    "unique",
                )
            )
            if kept != "none yet":
                db.execute(f"UPDATE {KEYS} SET side = ?, moved = 1 WHERE rowid = ?", (kept, loser))
        if any(conflict.kept == "none yet" for conflict in told):
            return told
        settled |= {name for clash in clashes for name in (clash.ours, clash.theirs)}


def _put(db: Connection, table: Table) -> None:
    """Rows go before any comes, so that values may change places."""
    db.execute(
        f"DELETE FROM {table.at('main', 'm')} WHERE EXISTS (SELECT 1 FROM {KEYS} AS c"
        f" WHERE {held(table, 'm')} AND (c.side = 'local' OR c.moved))"
    )
    db.execute(f"INSERT OR ABORT {_rows(table, 'remote')} AND c.moved")
    db.execute(f"INSERT OR {'IGNORE' if table.unique else 'ABORT'} {_rows(table, 'local')}")


def _rows(table: Table, side: str) -> str:
    return (
        f"INTO {table.into} SELECT {listed(table.columns, 'x')} FROM {KEYS} AS c"
        f" CROSS JOIN {table.at(side, 'x')} ON {held(table, 'x')} WHERE c.side = '{side}'"
    )


def _clashes(db: Connection, table: Table) -> list[Clash]:
    """Every pair of a local row that could not come in and a row that stands in its way."""
    if not table.unique:
        return []
    found: list[Any] = db.execute(
        f"SELECT c.rowid FROM {KEYS} AS c CROSS JOIN {table.at('local', 'x')} ON {held(table, 'x')}"
        f" WHERE c.side = 'local' AND NOT EXISTS"
        f" (SELECT 1 FROM {table.at('main', 'm')} WHERE {held(table, 'm')})"
        f" ORDER BY {listed(by_number(table), 'c')}"
    ).fetchall()
    if not found:
        return []
    noted = equal_keys(("c", by_number(table)), ("OLD", table.keys), table.collations)
    blocked = in_the_way(
        db,
        table,
        f"SELECT c.rowid FROM buckia_keys AS c WHERE {noted} AND c.side = 'remote'",
        f"{_rows(table, 'local')} AND c.rowid = ?",
        [number for (number,) in found],
    )
    clashes = []
    for number, others in blocked:
        local = version(db, table, "local", number)
        assert local is not None
        if not others:
            raise Unmergeable(
                f"Table {table.name!r} does not take the local row {key_of(table, local)}.",
                hint="The row breaks a constraint of the table; mend it in the app.",
            )
        for rival in others:
            remote = version(db, table, "remote", rival)
            assert remote is not None
            clashes.append(Clash(("", number), ("", rival), local, remote))
    return clashes
