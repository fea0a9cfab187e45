"""Writing the rows of one change file, inside a transaction that somebody else ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from buckia.inbound import foreign, schema
from buckia.inbound.changes import Action, Change, ChangeFile, Row, Value
from buckia.inbound.live import judging
from buckia.inbound.permission import EVERY, Permission
from buckia.inbound.schema import Table, quoted, sql
from buckia.inbound.seam import Step
from buckia.inbound.trouble import Refused, shown


def write(
    connection: sqlite3.Connection, file: ChangeFile, permission: Permission, step: Step
) -> None:
    """Do all that the file says, in its order; `Refused` where one thing cannot be done."""
    writer = _Writer(connection, permission)
    # Rows may come before those that they refer to.
    connection.execute("PRAGMA defer_foreign_keys=ON")
    tables = foreign.concerned(connection, {change.table for change in file.changes})
    before = foreign.broken(connection, tables)
    for number, change in enumerate(file.changes, 1):
        step("row")
        try:
            writer.write(change)
        except Refused as error:
            raise Refused(f"change {number}: {error.message}", hint=error.hint) from error
    if new := foreign.broken(connection, tables) - before:
        child, _, parent, _ = next(iter(new))
        raise Refused(
            f"a row of {shown(str(child))} would refer to a row of {shown(str(parent))}"
            " that is not there"
        )


class _Writer:
    """Writes row after row; looks at each table and each kind of statement once."""

    def __init__(self, connection: sqlite3.Connection, permission: Permission) -> None:
        self._connection = connection
        self._permission = permission
        self._tables: dict[str, Table] = {}
        self._sound: set[str] = set()

    def write(self, change: Change) -> None:
        table = self._table(change.table)
        named = self._permission.tables[change.table] != EVERY
        schema.check(table, change, named=named)
        found = self._found(table, change)
        match change.action:
            case Action.INSERT if found is None:
                self._insert(table, change)
            case Action.INSERT:
                if found != _asked(change):
                    raise Refused("another row has this key")
            case Action.UPDATE:
                if found is None:
                    raise Refused("there is no row of this key")
                self._update(table, change)
            case Action.DELETE if found is not None:
                where, key = _matching(change.key)
                self._run(sql("DELETE FROM", _name(table), "WHERE", where), key)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            self._tables[name] = schema.table(self._connection, name)
        return self._tables[name]

    def _found(self, table: Table, change: Change) -> Sequence[Value] | None:
        """What the row of this key holds in the columns of the change; None if there is none."""
        columns = _listed([*change.key, *change.values])
        where, key = _matching(change.key)
        query = sql("SELECT", columns, "FROM", _name(table), "WHERE", where)
        found: Sequence[Value] | None = self._connection.execute(query, key).fetchone()
        return found

    def _insert(self, table: Table, change: Change) -> None:
        columns = _listed([*change.key, *change.values])
        values = _asked(change)
        marks = ", ".join("?" * len(values))
        self._run(sql("INSERT INTO", _name(table), f"({columns}) VALUES ({marks})"), values)

    def _update(self, table: Table, change: Change) -> None:
        places = ", ".join(f"{quoted(column)} = ?" for column in change.values)
        where, key = _matching(change.key)
        values = (*change.values.values(), *key)
        self._run(sql("UPDATE", _name(table), "SET", places, "WHERE", where), values)

    def _run(self, statement: str, values: Sequence[Value]) -> None:
        if statement not in self._sound:
            # What cannot even be prepared, with all triggers and references, is no fault of the
            # values: the app's schema needs something that is not there.
            self._connection.execute(f"EXPLAIN {statement}", values).close()
            self._sound.add(statement)
        with judging("the database refuses it"):
            count = self._connection.execute(statement, values).rowcount
        if count != 1:
            raise Refused("a rule of the database ignores it")


def _name(table: Table) -> str:
    return f"main.{quoted(table.name)}"


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))


def _asked(change: Change) -> tuple[Value, ...]:
    return (*change.key.values(), *change.values.values())


def _matching(key: Row) -> tuple[str, tuple[Value, ...]]:
    return " AND ".join(f"{quoted(column)} = ?" for column in key), tuple(key.values())
