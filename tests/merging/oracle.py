"""What a merge must come to, worked out in Python from the rows of three files."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from struct import unpack
from typing import Any, TypeAlias

from hypothesis import event

from buckia.merging.model import Row, RowConflict
from buckia.merging.rules import RowRules, Rule
from tests.merging.files import Three, bits, exact
from tests.merging.schemas import Table

Bits: TypeAlias = tuple[Any, ...]
Keyed: TypeAlias = dict[Bits, Bits]
"""The rows of a table by what their keys are equal by."""


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def counted(path: Path, table: Table) -> Counter[Bits]:
    return exact(path, table.name, names(table))


def keyed(path: Path, table: Table) -> Keyed:
    rows = counted(path, table)
    found = {key_of(table, row): row for row in rows}
    assert len(found) == rows.total()
    return found


def key_of(table: Table, row: Bits) -> Bits:
    return tuple(
        _folded(column.collation, *value)
        for column, value in zip(table.keys, row[: len(table.keys)], strict=True)
    )


def _folded(collation: str, kind: str, value: Any) -> Any:
    if kind in {"int", "real"}:
        return "number", value if kind == "int" else number(value)
    if kind == "text" and collation == "NOCASE":
        return kind, value.lower()
    if kind == "text" and collation == "RTRIM":
        return kind, value.rstrip(b" ")
    return kind, value


def number(packed: bytes) -> float:
    return float(unpack(">d", packed)[0])


def seen(table: Table, row: Row | None) -> Bits | None:
    """A row of a report in the form of the rows here."""
    if row is None:
        return None
    return tuple(bits(row[name]) for name in names(table))


def touched(base: Keyed, side: Keyed) -> set[Bits]:
    return {key for key in base.keys() | side.keys() if base.get(key) != side.get(key)}


def disputed(base: Keyed, local: Keyed, remote: Keyed) -> set[Bits]:
    both = touched(base, local) & touched(base, remote)
    return {key for key in both if local.get(key) != remote.get(key)}


def winner(table: Table, rule: Rule, local: Bits | None, remote: Bits | None) -> str:
    if rule.kind in {"local", "remote"}:
        return rule.kind
    if rule.kind == "ask":
        return "none yet"
    if local is None or remote is None:
        return "remote" if local is None else "local"
    at = names(table).index(rule.column) if rule.column in names(table) else -1
    if at < 0:
        return "none yet"
    one, other = _comparable(local[at]), _comparable(remote[at])
    if one[0] != other[0] or one[0] == "other" or one == other:
        return "none yet"
    return "local" if one > other else "remote"


def _comparable(value: Bits) -> tuple[str, Any]:
    kind, inside = value
    if kind in {"int", "real"}:
        return "number", inside if kind == "int" else number(inside)
    return ("text", inside) if kind == "text" else ("other", None)


def merged(table: Table, sides: tuple[Keyed, Keyed, Keyed], conflicts: Mapping[Bits, str]) -> Keyed:
    """The rows of the result where nothing has to be unique."""
    base, local, remote = sides
    taken = touched(base, local)
    result = {}
    for key in base.keys() | local.keys() | remote.keys():
        ours = key in taken
        if key in conflicts:
            ours = conflicts[key] == "local"
        row = (local if ours else remote).get(key)
        if row is not None:
            result[key] = row
    return result


def merged_counts(
    base: Counter[Bits], local: Counter[Bits], remote: Counter[Bits]
) -> Counter[Bits]:
    result: Counter[Bits] = Counter()
    for row in base.keys() | local.keys() | remote.keys():
        b, one, other = base[row], local[row], remote[row]
        if one >= b and other >= b:
            result[row] = max(one, other)
        elif one <= b and other <= b:
            result[row] = min(one, other)
        else:
            result[row] = one + other - b
    return +result


def orphans(three: Three, schema: tuple[Table, ...], rules: RowRules) -> bool:
    """Whether rows of the result would have no parents, as far as can be said: where two rows
    cannot both be there, more has to be known than is known here.
    """
    with closing(sqlite3.connect(":memory:")) as db:
        db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        for table in schema:
            db.executescript(table.declared())
            marks = ", ".join("?" * len(table.columns))
            sql = f"INSERT INTO {table.name} ({', '.join(names(table))}) VALUES ({marks})"
            for row in _merged_rows(three, table, rules.of(table.name)):
                try:
                    db.execute(sql, [plain(value) for value in row])
                except sqlite3.IntegrityError:
                    event("orphans, and a value that must be unique")
                    return True
        event("orphans")
        return bool(db.execute("PRAGMA foreign_key_check").fetchall())


def plain(value: Bits) -> Any:
    kind, inside = value
    if kind == "real":
        return number(inside)
    return inside.decode() if kind == "text" else inside


def _merged_rows(three: Three, table: Table, rule: Rule) -> Iterable[Bits]:
    paths = three.base, three.local, three.remote
    if not table.keys:
        base, local, remote = (counted(path, table) for path in paths)
        return merged_counts(base, local, remote).elements()
    old, one, other = (keyed(path, table) for path in paths)
    kept = {
        key: winner(table, rule, one.get(key), other.get(key)) for key in disputed(old, one, other)
    }
    return merged(table, (old, one, other), kept).values()


def clash_is_real(path: Path, table: Table, conflict: RowConflict) -> bool:
    """Whether the two rows cannot stand in one table that has nothing else in it."""
    assert conflict.local
    assert conflict.remote
    marks = ", ".join("?" * len(table.columns))
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"DELETE FROM {table.name}")
        sql = f"INSERT INTO {table.name} ({', '.join(names(table))}) VALUES ({marks})"
        db.execute(sql, tuple(conflict.local.values()))
        try:
            db.execute(sql, tuple(conflict.remote.values()))
        except sqlite3.IntegrityError:
            return True
    return False
