"""Random schemas and random edits, for properties that hold whatever the tables are."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

VALUES = [None, 0, 1, 2, 1.0, -0.0, 0.5, "a", "A", "a ", "b", "", "1", b"a", "é\0"]
KEYS = ["a", "A", "a ", 1, 1.0, "1", 2, b"a", -0.0]
COLLATIONS = ["BINARY", "BINARY", "NOCASE", "RTRIM"]


class Column(msgspec.Struct, frozen=True):
    name: str
    affinity: str
    collation: str
    parent: str = ""
    """What follows REFERENCES, if anything does."""

    def declared(self) -> str:
        words = f'"{self.name}" {self.affinity} COLLATE {self.collation}'
        return f"{words} REFERENCES {self.parent}" if self.parent else words


class Table(msgspec.Struct, frozen=True):
    name: str
    keys: tuple[Column, ...]
    values: tuple[Column, ...]
    numbered: bool = False
    """Its only key is the number of the row."""
    without_rowid: bool = False
    unique: tuple[str, ...] = ()
    """What stands between the parentheses of unique indexes, and behind."""

    @property
    def columns(self) -> tuple[Column, ...]:
        return (*self.keys, *self.values)

    def declared(self) -> str:
        parts = [column.declared() for column in self.values]
        if self.numbered:
            parts.insert(0, f'"{self.keys[0].name}" INTEGER PRIMARY KEY')
        elif self.keys:
            parts[:0] = [f"{column.declared()} NOT NULL" for column in self.keys]
            parts.append(f"PRIMARY KEY ({', '.join(column.name for column in self.keys)})")
        tail = " WITHOUT ROWID" if self.without_rowid else ""
        lines = [f"CREATE TABLE {self.name} ({', '.join(parts)}){tail};"]
        lines += [
            f"CREATE UNIQUE INDEX {self.name}_u{n} ON {self.name} {words};"
            for n, words in enumerate(self.unique)
        ]
        return "\n".join(lines)


class Edit(msgspec.Struct, frozen=True):
    table: int
    kind: str
    place: int
    values: tuple[Any, ...]


def columns(prefix: str, least: int, most: int) -> st.SearchStrategy[tuple[Column, ...]]:
    one = st.tuples(
        st.sampled_from(["", "TEXT", "INT", "REAL", "BLOB", "NUMERIC"]), st.sampled_from(COLLATIONS)
    )
    return st.lists(one, min_size=least, max_size=most).map(
        lambda found: tuple(
            Column(f"{prefix}{n}", affinity, collation)
            for n, (affinity, collation) in enumerate(found)
        )
    )


_KEYS = st.sampled_from([0, 1, 1, 1, 2, 3]).flatmap(lambda many: columns("k", many, many))


@st.composite
def schemas(draw: st.DrawFn) -> tuple[Table, ...]:
    made: list[Table] = []
    for number in range(draw(st.integers(1, 3))):
        numbered = draw(st.integers(0, 3)) == 3
        keys = (Column("k0", "INTEGER", "BINARY"),) if numbered else draw(_KEYS)
        values = list(draw(columns("v", 1, 3)))
        parents = [table for table in made if len(table.keys) == 1]
        if parents and draw(st.integers(0, 3)) > 0:
            action = draw(st.sampled_from(["", " ON DELETE CASCADE", " ON DELETE SET NULL"]))
            parent = draw(st.sampled_from(parents))
            # Of two affinities SQLite makes orphans: what it finds is not what it cascades to.
            values[0] = msgspec.structs.replace(
                values[0], affinity=parent.keys[0].affinity, parent=f"{parent.name}{action}"
            )
        forms = ["(v0)", "(v0 COLLATE NOCASE)", "(v0) WHERE v0 > 0", "(typeof(v0))", "(v0, v1)"]
        if len(values) == 1:
            forms.pop()
        else:
            forms.append("(v1)")
        unique = draw(st.lists(st.sampled_from(forms), max_size=2, unique=True))
        made.append(
            Table(
                f"t{number}",
                keys,
                tuple(values),
                numbered,
                bool(keys) and not numbered and draw(st.integers(0, 1)) == 1,
                tuple(unique),
            )
        )
    return tuple(made)


def edits(least: int, most: int) -> st.SearchStrategy[list[Edit]]:
    return st.lists(
        st.builds(
            Edit,
            st.integers(0, 2),
            st.sampled_from(["insert", "insert", "update", "update", "delete", "replace"]),
            st.integers(0, 9),
            st.tuples(*[st.sampled_from(KEYS)] * 3, *[st.sampled_from(VALUES)] * 3),
        ),
        min_size=least,
        max_size=most,
    )


def create(path: Path, schema: tuple[Table, ...], todo: list[Edit]) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript("PRAGMA synchronous = OFF;" + "".join(t.declared() for t in schema))
    apply(path, schema, todo)


def apply(path: Path, schema: tuple[Table, ...], todo: list[Edit]) -> None:
    """Do what can be done; what a constraint forbids is left out."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for edit in todo:
            with suppress(sqlite3.IntegrityError):
                _do(db, schema[edit.table % len(schema)], edit)
        db.execute("COMMIT")


def _do(db: sqlite3.Connection, table: Table, edit: Edit) -> None:
    row = (*edit.values[: len(table.keys)], *edit.values[3 : 3 + len(table.values)])
    if table.values[0].parent:
        # Of what keys are made of, so that there is often such a parent.
        row = (*row[: len(table.keys)], edit.values[2], *row[len(table.keys) + 1 :])
    names = [column.name for column in table.columns]
    if edit.kind in {"insert", "replace"}:
        how = "INSERT OR REPLACE" if edit.kind == "replace" else "INSERT"
        marks = ", ".join("?" * len(row))
        db.execute(f"{how} INTO {table.name} ({', '.join(names)}) VALUES ({marks})", row)
        return
    which = [column.name for column in table.keys] or ["rowid"]
    found = db.execute(f"SELECT {', '.join(which)} FROM {table.name}").fetchall()
    if not found:
        return
    where = " AND ".join(f"{name} = ?" for name in which)
    place = found[edit.place % len(found)]
    if edit.kind == "delete":
        db.execute(f"DELETE FROM {table.name} WHERE {where}", place)
        return
    # Keys change seldom.
    first = 0 if edit.place == 0 else len(table.keys)
    chosen = ", ".join(f"{name} = ?" for name in names[first:])
    db.execute(f"UPDATE {table.name} SET {chosen} WHERE {where}", (*row[first:], *place))
