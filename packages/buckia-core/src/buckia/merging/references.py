"""Foreign keys: a merge must not leave a row without the row that it belongs to."""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from buckia.errors import Unmergeable
from buckia.merging.catalog import Table
from buckia.merging.rows import Reader
from buckia.merging.sql import equal_keys, identical, quoted

if TYPE_CHECKING:
    from apsw import Connection


class Reference(msgspec.Struct, frozen=True):
    child: Table
    parent: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    """Empty where the parent is no table at all."""


def refuse_orphans(db: Connection, tables: Sequence[Table]) -> None:
    """Rows that had no parent before, on one side, are that side's matter."""
    named = {table.name.lower(): table for table in tables}
    for child in tables:
        for number in _broken(db, child):
            _refuse(db, _reference(db, named, child, number))


def _broken(db: Connection, child: Table) -> list[int]:
    import apsw

    sql = "SELECT DISTINCT fkid FROM pragma_foreign_key_check(?, 'main')"
    try:
        found: list[Any] = db.execute(sql, (child.name,)).fetchall()
    except apsw.SQLError as error:
        # A reference to what is not unique: no app that heeds references can write such rows.
        if "foreign key mismatch" in str(error):
            return []
        raise
    return [number for (number,) in found]


def _reference(db: Connection, named: Mapping[str, Table], child: Table, number: int) -> Reference:
    parts = db.execute(
        'SELECT "table", "from", "to" FROM pragma_foreign_key_list(?, \'main\')'
        " WHERE id = ? ORDER BY seq",
        (child.name, number),
    ).fetchall()
    name = str(parts[0][0])
    parent = named.get(name.lower())
    targets: tuple[Any, ...] = ()
    if parent:
        implied = parent.keys
        targets = tuple(to or implied[n] for n, (_, _, to) in enumerate(parts))
    return Reference(child, name, tuple(str(column) for _, column, _ in parts), targets)


def _refuse(db: Connection, reference: Reference) -> None:
    child = reference.child
    broken = _orphaned(reference, "main", "x")
    before = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {child.at(side, 'y')} WHERE {_same(reference)}"
        f" AND {_orphaned(reference, side, 'y')})"
        for side in ("local", "remote")
    )
    source = f"FROM {child.at('main', 'x')} WHERE {broken} AND {before} LIMIT ?"
    shown = child.keys or child.columns
    row = Reader(db).row(shown, source, shown, 1)
    if row is not None:
        raise Unmergeable(
            f"Row {row} of table {child.name!r} would belong to a row of {reference.parent!r}"
            " that is not there.",
            hint="One side removed what the other side still needs; bring it back, or let it go.",
        )


def _orphaned(reference: Reference, schema: str, alias: str) -> str:
    terms = [f"{alias}.{quoted(column)} IS NOT NULL" for column in reference.columns]
    if reference.targets:
        # With the plus, it is the parent's column alone that says how values are compared.
        meets = " AND ".join(
            f"p.{quoted(target)} = +{alias}.{quoted(column)}"
            for column, target in zip(reference.columns, reference.targets, strict=True)
        )
        parent = f"{schema}.{quoted(reference.parent)} AS p"
        terms.append(f"NOT EXISTS (SELECT 1 FROM {parent} WHERE {meets})")
    return " AND ".join(terms)


def _same(reference: Reference) -> str:
    """Whether a row is one that there was, and belonged to the same row."""
    child = reference.child
    if not child.keys:
        return identical(("y", child.columns), ("x", child.columns))
    key = equal_keys(("y", child.keys), ("x", child.keys), child.collations)
    return f"{key} AND {identical(('y', reference.columns), ('x', reference.columns))}"
