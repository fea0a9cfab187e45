"""Which tables there are, and what tells their rows apart."""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from buckia.errors import Unmergeable
from buckia.merging.ours import is_ours
from buckia.merging.sql import listed, quoted
from buckia.merging.virtual import Kind, kind_of

if TYPE_CHECKING:
    from apsw import Connection

_ROWIDS = ("rowid", "_rowid_", "oid")


class Table(msgspec.Struct, frozen=True):
    name: str
    columns: tuple[str, ...]
    """What is stored; what SQLite computes from it is not carried."""
    keys: tuple[str, ...] = ()
    collations: tuple[str, ...] = ()
    rowid: str = ""
    """A name under which rows of a table without a key have a number."""
    nullable: bool = False
    """SQLite lets the key have NULL in it."""
    unique: bool = False
    """More than the key has to be unique."""

    @property
    def into(self) -> str:
        return f"main.{quoted(self.name)} ({listed(self.columns)})"

    @property
    def quoted(self) -> str:
        return quoted(self.name)

    def at(self, schema: str, alias: str) -> str:
        return f"{schema}.{quoted(self.name)} AS {alias}"


class Catalog(msgspec.Struct, frozen=True):
    tables: tuple[Table, ...]
    rebuilt: tuple[str, ...]
    """Full-text indexes over what stands in other tables."""


def read(db: Connection) -> Catalog:
    tables, rebuilt = [], []
    listing = db.execute(
        "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'"
        " AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name"
    ).fetchall()
    for name, form, without_rowid in listing:
        if is_ours(str(name)):
            continue
        if form == "table":
            tables.append(_table(db, str(name), bool(without_rowid)))
        elif form == "virtual":
            match kind_of(db, str(name)):
                case Kind.ROWS:
                    tables.append(_indexed(db, str(name)))
                case Kind.BOXES:
                    columns = _columns(db, str(name))
                    tables.append(Table(str(name), columns, columns[:1], ("BINARY",)))
                case Kind.REBUILT:
                    rebuilt.append(str(name))
    return Catalog(tuple(tables), tuple(rebuilt))


def _columns(db: Connection, name: str) -> tuple[str, ...]:
    found = db.execute(
        "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0 ORDER BY cid", (name,)
    )
    return tuple(str(column) for (column,) in found)


def _indexed(db: Connection, name: str) -> Table:
    """A full-text index that keeps its text: its rows are known by number."""
    columns = ("rowid", *_columns(db, name))
    return Table(name, columns, columns[:1], ("BINARY",))


def _table(db: Connection, name: str, without_rowid: bool) -> Table:
    columns = _columns(db, name)
    indexes = db.execute(
        "SELECT name, origin FROM pragma_index_list(?, 'main') WHERE \"unique\"", (name,)
    ).fetchall()
    unique = any(origin != "pk" for _, origin in indexes)
    [*primary] = (index for index, origin in indexes if origin == "pk")
    if primary:
        parts = db.execute(
            "SELECT name, coll FROM pragma_index_xinfo(?, 'main') WHERE key ORDER BY seqno",
            (primary[0],),
        ).fetchall()
        keys, collations = zip(*parts, strict=True)
        nullable = not without_rowid
        return Table(name, columns, keys, collations, nullable=nullable, unique=unique)
    numbered = db.execute(
        "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE pk", (name,)
    ).fetchall()
    if numbered:
        return Table(name, columns, (str(numbered[0][0]),), ("BINARY",), unique=unique)
    return Table(name, columns, rowid=_rowid(db, name), unique=unique)


def _rowid(db: Connection, name: str) -> str:
    taken = {
        str(column).lower()
        for (column,) in db.execute("SELECT name FROM pragma_table_xinfo(?, 'main')", (name,))
    }
    for word in _ROWIDS:
        if word not in taken:
            return word
    raise Unmergeable(
        f"The rows of table {name!r} cannot be told apart.",
        hint="Give the table a primary key; its columns hide the numbers of its rows.",
    )


def refuse_null_keys(db: Connection, table: Table, schemas: tuple[str, ...]) -> None:
    """Keys with NULL in them are not equal to themselves, so their rows would be lost."""
    if not table.nullable:
        return
    missing = " OR ".join(f"x.{quoted(key)} IS NULL" for key in table.keys)
    for schema in schemas:
        sql = f"SELECT 1 FROM {table.at(schema, 'x')} WHERE {missing} LIMIT 1"
        if db.execute(sql).fetchall():
            raise Unmergeable(
                f"Table {table.name!r} has a row with NULL in its primary key.",
                hint="Give the row a key, or declare the key NOT NULL.",
            )
