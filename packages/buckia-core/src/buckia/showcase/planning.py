"""What the demo's database would change in the user's, found by looking at both."""

# ruff: noqa: S608 - names are quoted, and values are literals of our own making
from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from buckia.errors import Unmergeable, Unsound
from buckia.merging.sql import joined, listed, quoted
from buckia.showcase.rules import Deed, Owner, Row, RowRule, concerned, deed, needed
from buckia.showcase.tables import Reference, Table, references, tables

DEMO = "demo"
"""The name under which the demo's database is attached."""
_OWNERS = {0: Owner.NOBODY, 1: Owner.DEMO, 2: Owner.USER}
_SHOWN = 60


class Planned(msgspec.Struct, frozen=True):
    """Keys of rows, by table."""

    tables: Sequence[Table]
    inserts: Sequence[tuple[Table, tuple[object, ...]]]
    updates: Sequence[tuple[Table, tuple[object, ...]]]
    deletes: Sequence[tuple[Table, tuple[object, ...]]]
    left: Sequence[str]
    """Rows that the demo no longer has and that the user's refer to, as a person reads them."""

    def __bool__(self) -> bool:
        return bool(self.inserts or self.updates or self.deletes)


def plan(connection: sqlite3.Connection, rule: RowRule) -> Planned:
    """`Unsound` where the demo's database does not fit, `Unmergeable` where a key is taken."""
    here = tables(connection)
    parts = concerned(rule, tables(connection, DEMO), here)
    found: dict[Deed, list[tuple[Table, tuple[object, ...]]]] = {one: [] for one in Deed}
    count = 0
    for table in parts:
        _insist_on_keys(connection, table, rule)
        for key, owner, same in _demo_rows(connection, table, rule):
            found[deed(in_demo=True, owner=owner, same=same)].append((table, key))
            count += 1
        for key in _others(connection, table, rule):
            done = deed(in_demo=False, owner=Owner.DEMO, same=False)
            found[done].append((table, key))
    if not count:
        raise Unsound(
            "the demo's database holds no row of the demo",
            hint="look at `demo.rows`, and at the database that the demo team has published",
        )
    for table, key in found[Deed.CLASH]:
        raise Unmergeable(
            f"a row of the demo has the key of a row of the user's: {shown(table, key)}",
            hint="the demo team gives it another key; nothing was changed",
        )
    gone = {(table.name.lower(), key) for table, key in found[Deed.DELETE]}
    kept = (
        needed(gone, _uses(connection, references(connection, here), parts, rule)) if gone else ()
    )
    return Planned(
        tables=parts,
        inserts=found[Deed.INSERT],
        updates=found[Deed.UPDATE],
        deletes=[one for one in found[Deed.DELETE] if _row(*one) not in kept],
        left=[shown(*one) for one in found[Deed.DELETE] if _row(*one) in kept],
    )


def shown(table: Table, key: tuple[object, ...]) -> str:
    said = ", ".join(repr(value)[:_SHOWN] for value in key)
    return f"{table.name} {said}"


def _row(table: Table, key: tuple[object, ...]) -> Row:
    return table.name.lower(), key


def meets(table: Table) -> str:
    """Whether a row `m` of the user's database and one `d` of the demo's have one key."""
    return joined("AND", [f"m.{quoted(key)} = d.{quoted(key)}" for key in table.keys])


def _insist_on_keys(connection: sqlite3.Connection, table: Table, rule: RowRule) -> None:
    empty = joined("OR", [f"d.{quoted(key)} IS NULL" for key in table.keys])
    rows = f"FROM {DEMO}.{quoted(table.name)} AS d WHERE {rule.condition(table, 'd')}"
    if connection.execute(f"SELECT 1 {rows} AND {empty} LIMIT 1").fetchone():
        raise Unsound(
            f"the demo's database does not fit: a row of table {table.name!r} has an empty key",
            hint="the demo team gives it one",
        )


def _demo_rows(
    connection: sqlite3.Connection, table: Table, rule: RowRule
) -> Iterator[tuple[tuple[object, ...], Owner, bool]]:
    name = quoted(table.name)
    ours = rule.condition(table, "m")
    owner = f"CASE WHEN m.{quoted(table.keys[0])} IS NULL THEN 0 WHEN {ours} THEN 1 ELSE 2 END"
    same = joined("AND", [_alike(column) for column in table.columns])
    count = len(table.keys)
    for row in connection.execute(
        f"SELECT {listed(table.keys, 'd')}, {owner}, {same}"
        f" FROM {DEMO}.{name} AS d LEFT JOIN main.{name} AS m ON {meets(table)}"
        f" WHERE {rule.condition(table, 'd')}"
    ):
        yield tuple(row[:count]), _OWNERS[row[count]], bool(row[count + 1])


def _alike(column: str) -> str:
    one, other = f"d.{quoted(column)}", f"m.{quoted(column)}"
    return f"({one} IS {other} COLLATE BINARY AND typeof({one}) = typeof({other}))"


def _others(
    connection: sqlite3.Connection, table: Table, rule: RowRule
) -> Iterator[tuple[object, ...]]:
    """Rows of the demo here that its own database does not have any more."""
    name = quoted(table.name)
    there = (
        f"SELECT 1 FROM {DEMO}.{name} AS d WHERE {meets(table)} AND {rule.condition(table, 'd')}"
    )
    yield from connection.execute(
        f"SELECT {listed(table.keys, 'm')} FROM main.{name} AS m"
        f" WHERE {rule.condition(table, 'm')} AND NOT EXISTS ({there})"
    )


def _uses(
    connection: sqlite3.Connection,
    known: Sequence[Reference],
    parts: Sequence[Table],
    rule: RowRule,
) -> Iterator[tuple[Row, Row | None]]:
    """Rows of the demo here, and who refers to each."""
    for one in known:
        if one.parent not in parts:
            continue
        is_demo = rule.condition(one.child, "c") if one.child in parts else "0"
        user_keys = one.child.keys if one.child in parts else ()
        selected = [listed(one.parent.keys, "p"), is_demo]
        selected += [listed(user_keys, "c")] if user_keys else []
        # With the plus, it is the parent's column alone that says how values are compared.
        on = joined(
            "AND",
            [
                f"p.{quoted(target)} = +c.{quoted(column)}"
                for target, column in zip(one.targets, one.columns, strict=True)
            ],
        )
        count = len(one.parent.keys)
        for row in connection.execute(
            f"SELECT {', '.join(selected)} FROM main.{quoted(one.child.name)} AS c"
            f" JOIN main.{quoted(one.parent.name)} AS p ON {on}"
            f" WHERE {rule.condition(one.parent, 'p')}"
        ):
            user = (one.child.name.lower(), tuple(row[count + 1 :])) if row[count] else None
            yield (one.parent.name.lower(), tuple(row[:count])), user
