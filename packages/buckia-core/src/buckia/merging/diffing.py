"""What became of the rows between two files."""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from buckia.merging import catalog, schema
from buckia.merging.counted import NET, count, ours
from buckia.merging.model import RowChange
from buckia.merging.opening import need_library, opened
from buckia.merging.sql import listed
from buckia.merging.touched import KEYS, by_number, key_of, note, version

if TYPE_CHECKING:
    from apsw import Connection

_SIDES = ("local",)


def differences(old: Path, new: Path) -> Iterator[RowChange]:
    """Every row that is not in `new` as it is in `old`, table by table."""
    need_library()
    with opened(old, {"base": old, "local": new}, write=False) as db:
        schema.refuse_difference(db, "base", _SIDES)
        for table in catalog.read(db).tables:
            catalog.refuse_null_keys(db, table, ("base", *_SIDES))
            yield from _changed(db, table) if table.keys else _moved(db, table)


def _changed(db: Connection, table: catalog.Table) -> Iterator[RowChange]:
    note(db, table, _SIDES)
    order = listed(by_number(table))
    found: list[Any] = db.execute(f"SELECT rowid FROM {KEYS} ORDER BY {order}").fetchall()
    for (number,) in found:
        old, new = (version(db, table, side, number) for side in ("base", "local"))
        row = new or old
        assert row is not None
        kind: Literal["insert", "update", "delete"] = "delete" if new is None else "update"
        if old is None:
            kind = "insert"
        yield RowChange(table.name, kind, key_of(table, row), old, new)


def _moved(db: Connection, table: catalog.Table) -> Iterator[RowChange]:
    count(db, table, _SIDES)
    found: list[Any] = db.execute(f"SELECT rowid, local FROM {NET} ORDER BY rowid").fetchall()
    for number, more in found:
        row = ours(db, table, number)
        for _ in range(abs(more)):
            if more > 0:
                yield RowChange(table.name, "insert", {}, None, row)
            else:
                yield RowChange(table.name, "delete", {}, row, None)
