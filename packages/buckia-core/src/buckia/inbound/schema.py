"""Tables as the database itself describes them: the only source of names in SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec

from buckia.inbound.changes import Change, Row
from buckia.inbound.trouble import InboundError, Refused, shown
from buckia.inbound.values import Kind, fits, kind

_ORDINARY = "table"
_COMPUTED = frozenset({2, 3})
"""What the database says of columns whose values it makes itself."""
_MISSING = "start the app once, to bring its database up to date, or correct `inbound.tables`"


class Table(msgspec.Struct, frozen=True):
    name: str
    columns: Mapping[str, Kind]
    """All that can be written, the key among them."""
    computed: frozenset[str]
    key: frozenset[str]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def sql(*words: str) -> str:
    """A statement. Names in it are those that were found in the database's schema, and quoted."""
    return " ".join(words)


def table(connection: sqlite3.Connection, name: str, *, where: str = "main") -> Table:
    """The table that has exactly this name; `Refused` where it is of a kind that nobody writes."""
    row = connection.execute(
        "SELECT type, strict FROM pragma_table_list WHERE schema = ? AND name = ?", (where, name)
    ).fetchone()
    if row is None:
        raise InboundError(f"the database has no table {shown(name)}", hint=_MISSING)
    sort, strict = row
    if sort != _ORDINARY:
        raise Refused(f"{shown(name)} is no ordinary table: {sort}")
    found = connection.execute(
        "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?, ?)", (name, where)
    ).fetchall()
    key = frozenset(column for column, _, place, _ in found if place)
    if not key:
        raise Refused(f"the table {shown(name)} has no primary key")
    return Table(
        name,
        {
            column: kind(declared, strict=bool(strict))
            for column, declared, _, hidden in found
            if hidden not in _COMPUTED
        },
        frozenset(column for column, _, _, hidden in found if hidden in _COMPUTED),
        key,
    )


def check(known: Table, change: Change, *, named: bool) -> None:
    """Raise `Refused` for what this table cannot hold.

    With `named` the permission names each column, so one that is missing is no fault of the file.
    """
    for row in (change.key, change.values):
        _check_columns(known, row, named=named)
    if change.key.keys() != known.key:
        columns = ", ".join(map(shown, sorted(known.key)))
        raise Refused(f"the key of {shown(known.name)} is {columns}")


def _check_columns(known: Table, row: Row, *, named: bool) -> None:
    for column, value in row.items():
        name = f"{shown(known.name)}.{shown(column)}"
        if column in known.computed:
            raise Refused(f"the database computes {name} itself")
        if column not in known.columns:
            if named:
                raise InboundError(f"the database has no column {name}", hint=_MISSING)
            raise Refused(f"there is no column {name}")
        if not fits(value, known.columns[column]):
            held = known.columns[column]
            raise Refused(f"the value does not fit into {name}, which is {held}")
