"""Tables as a database describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    # Who reads a configuration need not wait for it.
    import sqlite3

_OURS = "buckia_"
_COMPUTED = frozenset({2, 3})
"""What SQLite says of columns whose values it makes itself."""


class Table(msgspec.Struct, frozen=True):
    name: str
    columns: tuple[str, ...]
    """All that can be written, those of the key among them."""
    keys: tuple[str, ...]
    is_numbered: bool
    """Its key is a single whole number."""

    def has(self, column: str) -> bool:
        return column.lower() in {one.lower() for one in self.columns}


class Reference(msgspec.Struct, frozen=True):
    """Rows of the child belong to those rows of the parent whose columns hold the same."""

    child: Table
    parent: Table
    columns: tuple[str, ...]
    targets: tuple[str, ...]


def tables(connection: sqlite3.Connection, schema: str = "main") -> Mapping[str, Table]:
    """The ordinary tables, by their names in small letters; not those of SQLite's and of ours."""
    names = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'table'", (schema,)
    )
    return {
        name.lower(): _table(connection, schema, name)
        for (name,) in names.fetchall()
        if not name.lower().startswith(("sqlite_", _OURS))
    }


def _table(connection: sqlite3.Connection, schema: str, name: str) -> Table:
    found = connection.execute(
        "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?, ?)", (name, schema)
    ).fetchall()
    keys = sorted((place, column, kind) for column, kind, place, _ in found if place)
    return Table(
        name=name,
        columns=tuple(column for column, _, _, hidden in found if hidden not in _COMPUTED),
        keys=tuple(column for _, column, _ in keys),
        is_numbered=len(keys) == 1 and "INT" in keys[0][2].upper(),
    )


def references(connection: sqlite3.Connection, known: Mapping[str, Table]) -> tuple[Reference, ...]:
    """All references between these tables, columns that are left out filled in."""
    found: dict[tuple[str, int], list[tuple[str, str, str | None]]] = {}
    for child in known.values():
        rows = connection.execute(
            'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq',
            (child.name,),
        )
        for number, parent, column, target in rows.fetchall():
            found.setdefault((child.name.lower(), number), []).append((parent, column, target))
    made = []
    for (name, _), parts in found.items():
        parent = known.get(parts[0][0].lower())
        if parent is None:
            continue
        columns = tuple(column for _, column, _ in parts)
        targets = tuple(target for _, _, target in parts if target is not None) or parent.keys
        if len(columns) == len(targets):
            made.append(Reference(known[name], parent, columns, targets))
    return tuple(made)
