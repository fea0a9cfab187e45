"""Which rows belong to the demo, and what is to become of each: decisions, without any database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum, auto
from typing import TypeAlias

import msgspec

from buckia.errors import Unsound
from buckia.merging.sql import quoted
from buckia.showcase.tables import Table

Scalar: TypeAlias = str | int | float
_MISFIT = "bring the app and the demo's database to the same schema"


class ByColumn(msgspec.Struct, frozen=True):
    """Rows that hold this value belong to the demo, in each table that has the column."""

    column: str
    value: Scalar

    def concerns(self, table: Table) -> bool:
        return table.has(self.column)

    def condition(self, _table: Table, alias: str) -> str:
        return f"{alias}.{quoted(self.column)} IS {_literal(self.value)}"


class ByTables(msgspec.Struct, frozen=True):
    """All rows of these tables belong to the demo."""

    tables: tuple[str, ...]

    def concerns(self, table: Table) -> bool:
        return table.name.lower() in {name.lower() for name in self.tables}

    def condition(self, _table: Table, _alias: str) -> str:
        return "1"


class ByIds(msgspec.Struct, frozen=True):
    """Rows numbered from `first` to `last` belong to the demo, in each table with such keys."""

    first: int
    last: int

    def concerns(self, table: Table) -> bool:
        return table.is_numbered

    def condition(self, table: Table, alias: str) -> str:
        return f"{alias}.{quoted(table.keys[0])} BETWEEN {self.first} AND {self.last}"


def _literal(value: Scalar) -> str:
    """In the text itself, for a trigger takes no values."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


RowRule: TypeAlias = ByColumn | ByTables | ByIds


class Owner(Enum):
    """Whose a row of the user's database is."""

    NOBODY = auto()
    """There is none of this key."""
    DEMO = auto()
    USER = auto()


class Deed(Enum):
    NOTHING = auto()
    INSERT = auto()
    UPDATE = auto()
    DELETE = auto()
    CLASH = auto()
    """The key is taken by a row of the user's."""


def deed(*, in_demo: bool, owner: Owner, same: bool) -> Deed:
    """What is to become of the row of one key; `same` where both databases hold it alike."""
    if in_demo:
        if owner is Owner.NOBODY:
            return Deed.INSERT
        if owner is Owner.USER:
            return Deed.CLASH
        return Deed.NOTHING if same else Deed.UPDATE
    return Deed.DELETE if owner is Owner.DEMO else Deed.NOTHING


Row: TypeAlias = tuple[str, tuple[object, ...]]
"""The name of a table in small letters, and a key."""


def needed(gone: AbstractSet[Row], uses: Iterable[tuple[Row, Row | None]]) -> AbstractSet[Row]:
    """Rows that the demo no longer has, and that rows which stay refer to.

    `uses` are rows and those that refer to them; None stands for a row of the user's.
    """
    found: set[Row] = set()
    users: dict[Row, list[Row]] = {}
    for row, user in uses:
        if user is None:
            found.add(row)
        elif user in gone:
            users.setdefault(user, []).append(row)
    waiting = list(found & gone)
    while waiting:
        for row in users.get(waiting.pop(), ()):
            if row not in found:
                found.add(row)
                waiting.append(row)
    return found & gone


def concerned(
    rule: RowRule, demo: Mapping[str, Table], here: Mapping[str, Table]
) -> Sequence[Table]:
    """The tables that hold rows of the demo; `Unsound` where those of both sides are not alike.

    Both are given by their names in small letters.
    """
    if isinstance(rule, ByTables):
        for name in rule.tables:
            _insist(name.lower() in demo, f"the demo's database has no table {name!r}")
    named = {name for known in (demo, here) for name, one in known.items() if rule.concerns(one)}
    _insist(bool(named), f"the demo's database has no table that {_told(rule)}")
    for name in sorted(named):
        _insist(name in here, f"the database here has no table {name!r}")
        _insist(name in demo, f"the demo's database has no table {name!r}")
        _insist_alike(demo[name], here[name])
    return [here[name] for name in sorted(named)]


def _insist_alike(demo: Table, here: Table) -> None:
    name = here.name
    _insist(bool(here.keys), f"table {name!r} has no primary key, by which its rows are found")
    theirs, ours = ({column.lower() for column in one.columns} for one in (demo, here))
    if missing := sorted(theirs - ours):
        _insist(False, f"table {name!r} has no column {missing[0]!r} here")
    if missing := sorted(ours - theirs):
        _insist(False, f"table {name!r} has no column {missing[0]!r} in the demo's database")
    keys = [[key.lower() for key in one.keys] for one in (demo, here)]
    _insist(keys[0] == keys[1], f"table {name!r} has another primary key in the demo's database")


def _told(rule: RowRule) -> str:
    if isinstance(rule, ByColumn):
        return f"has a column {rule.column!r}"
    return "has numbers as its primary key" if isinstance(rule, ByIds) else "is named"


def _insist(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Unsound(f"the demo's database does not fit: {otherwise}", hint=_MISFIT)
