"""The changes that turn one database into another, proven by making them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from buckia.databases import copying
from buckia.errors import ConfigError
from buckia.inbound import document, live, rows, schema
from buckia.inbound.changes import Action, Change, ChangeFile, Limits, Value
from buckia.inbound.permission import Permission, never
from buckia.inbound.schema import Table, quoted, sql
from buckia.inbound.seam import unseen
from buckia.inbound.trouble import InboundError, Refused, shown

_WORDS = "what differs cannot be said in a change file"
_FIRST = "00000000-0000-7000-8000-000000000000"


def differences(old: Path, new: Path, limits: Limits) -> tuple[Change, ...]:
    """Deletions, then updates, then insertions; `ConfigError` where they would not do.

    Both are copied first, so apps may go on writing to them, and the changes are made in the copy
    of the old one: what comes of it is the new one, or they are not given out.
    """
    with TemporaryDirectory(prefix="buckia-") as place:
        copies = [Path(place) / name for name in ("old", "new")]
        for live_one, copy in zip((old, new), copies, strict=True):
            copying.copy(live_one, copy, live_one.name)
        with closing(sqlite3.connect(copies[0], isolation_level=None)) as connection:
            connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
            connection.execute("ATTACH ? AS new", (str(copies[1]),))
            try:
                found = tuple(_found(connection))
                _prove(connection, found, limits)
            except (Refused, InboundError) as error:
                raise ConfigError(f"{_WORDS}: {error.message}", hint=error.hint) from error
    return found


def _found(connection: sqlite3.Connection) -> Iterator[Change]:
    names = [name for name in _names(connection) if not _is_equal_without_key(connection, name)]
    tables = [_table(connection, name) for name in names]
    for differing in (_deleted, _updated, _inserted):
        for table in tables:
            yield from differing(connection, table)


def _names(connection: sqlite3.Connection) -> Sequence[str]:
    """Ordinary tables, which both have."""
    query = "SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'table' ORDER BY name"
    here, there = (
        [name for (name,) in connection.execute(query, (where,)) if not never(name)]
        for where in ("main", "new")
    )
    if here != there:
        missing = ", ".join(map(shown, sorted({*here} ^ {*there})))
        raise Refused(f"only one of them has the table {missing}", hint=_BRING)
    return here


_BRING = "let the app bring both to the same schema first"


def _is_equal_without_key(connection: sqlite3.Connection, name: str) -> bool:
    """Whether rows cannot be told apart by a key, and need not be."""
    keys = connection.execute("SELECT max(pk), count(*) FROM pragma_table_xinfo(?)", (name,))
    has_key, count = keys.fetchone()
    order = ", ".join(str(number + 1) for number in range(count))
    sides = (
        connection.execute(sql("SELECT * FROM", f"{where}.{quoted(name)}", "ORDER BY", order))
        for where in ("main", "new")
    )
    return not has_key and all(one == other for one, other in zip_longest(*sides))


def _table(connection: sqlite3.Connection, name: str) -> Table:
    here, there = (schema.table(connection, name, where=where) for where in ("main", "new"))
    if here != there:
        raise Refused(f"the table {shown(name)} is declared otherwise in each", hint=_BRING)
    return here


def _deleted(connection: sqlite3.Connection, table: Table) -> Iterator[Change]:
    key = _key(table)
    query = sql(
        *("SELECT", _listed("o", key), "FROM", _old(table), "LEFT JOIN", _new(table)),
        *("ON", _same_row(key), "WHERE", _absent("n", key), "OR", _other(key)),
        *("ORDER BY", _listed("o", key)),
    )
    for row in connection.execute(query):
        yield Change(table.name, Action.DELETE, dict(zip(key, row, strict=True)))


def _updated(connection: sqlite3.Connection, table: Table) -> Iterator[Change]:
    key, others = _key(table), _others(table)
    if not others:
        return
    query = sql(
        *("SELECT", _listed("n", [*key, *others]), ",", _listed("o", others)),
        *("FROM", _new(table), "JOIN", _old(table), "ON", _same_row(key)),
        *("WHERE NOT (", _other(key), ") AND (", _other(others), ")"),
        *("ORDER BY", _listed("n", key)),
    )
    for row in connection.execute(query):
        fresh, before = row[len(key) : -len(others)], row[-len(others) :]
        changed = {
            column: value
            for column, value, was in zip(others, fresh, before, strict=True)
            if (value, type(value)) != (was, type(was))
        }
        yield Change(table.name, Action.UPDATE, _named(key, row), changed)


def _inserted(connection: sqlite3.Connection, table: Table) -> Iterator[Change]:
    key, others = _key(table), _others(table)
    query = sql(
        *("SELECT", _listed("n", [*key, *others]), "FROM", _new(table), "LEFT JOIN", _old(table)),
        *("ON", _same_row(key), "WHERE", _absent("o", key), "OR", _other(key)),
        *("ORDER BY", _listed("n", key)),
    )
    for row in connection.execute(query):
        yield Change(table.name, Action.INSERT, _named(key, row), _named(others, row[len(key) :]))


def _old(table: Table) -> str:
    return f"main.{quoted(table.name)} AS o"


def _new(table: Table) -> str:
    return f"new.{quoted(table.name)} AS n"


def _key(table: Table) -> Sequence[str]:
    return [column for column in table.columns if column in table.key]


def _others(table: Table) -> Sequence[str]:
    return [column for column in table.columns if column not in table.key]


def _named(columns: Sequence[str], row: Sequence[Value]) -> dict[str, Value]:
    return dict(zip(columns, row, strict=False))


def _listed(side: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{side}.{quoted(column)}" for column in columns)


def _same_row(key: Sequence[str]) -> str:
    """As the database itself tells keys apart."""
    return " AND ".join(f"n.{quoted(column)} = o.{quoted(column)}" for column in key)


def _absent(side: str, key: Sequence[str]) -> str:
    return f"{side}.{quoted(key[0])} IS NULL"


def _other(columns: Sequence[str]) -> str:
    """Whether any of the values is another one, also where the database would call them equal."""
    return " OR ".join(
        f"n.{name} IS NOT o.{name} COLLATE BINARY OR typeof(n.{name}) <> typeof(o.{name})"
        for name in map(quoted, columns)
    )


def _prove(connection: sqlite3.Connection, found: Sequence[Change], limits: Limits) -> None:
    if not found:
        return
    file = ChangeFile(_FIRST, "-", tuple(found))
    document.encode(file, limits)
    connection.execute("PRAGMA foreign_keys=ON")
    permission = Permission({change.table: "*" for change in found})
    with live.transaction(connection):
        rows.write(connection, file, permission, unseen)
        with live.judging("the database refuses all of it together"):
            connection.execute("COMMIT")
    if left := next(_found(connection), None):
        raise Refused(
            f"with all changes made, rows of {shown(left.table)} would still differ",
            hint="look at the triggers and references of the app: they change rows as well",
        )
