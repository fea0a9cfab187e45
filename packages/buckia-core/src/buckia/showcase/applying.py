"""The demo's rows come into a database that an app may have open, in one transaction."""

# ruff: noqa: S608 - names are quoted, and values are bound or literals of our own making
from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from buckia.databases import checks, opening
from buckia.databases.faults import code, sqlite_faults
from buckia.errors import Unmergeable, Unsound
from buckia.merging.sql import joined, listed, quoted
from buckia.showcase.planning import DEMO, Planned, plan, shown
from buckia.showcase.rules import RowRule
from buckia.showcase.tables import Table, tables

Keep = Callable[[], Callable[[], None]]
"""Keeps what the database holds now; returns how to let go of that again."""

_LEAST = (3, 37)
"""Older ones do not tell an ordinary table from one that belongs to a virtual table."""
_TRIES = 3
"""How often the content is kept while others may write; then they have to wait."""
_SETTINGS = (
    # What follows a row of the demo by a reference may be the user's; it is looked at in the end.
    "PRAGMA foreign_keys=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA synchronous=EXTRA",
)


_TAKEN = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})


class Applied(msgspec.Struct, frozen=True):
    """Counts of rows; `left` names those that the demo no longer has and the user still needs."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    left: tuple[str, ...] = ()


def examine(live: Path, demo: Path, rule: RowRule) -> Planned:
    """What `apply` would do; raises what it would raise, as far as looking tells."""
    with _opened(live, demo) as connection:
        return plan(connection, rule)


def apply(live: Path, demo: Path, rule: RowRule, keep: Keep) -> Applied:
    """Insert, update and delete rows of the demo; rows of the user's are never touched.

    Either all of it is done, or nothing.
    """
    with _opened(live, demo) as connection:
        planned = plan(connection, rule)
        if not planned:
            return Applied(left=tuple(planned.left))
        _guard(connection, planned.tables, rule)
        let_go = _begin(connection, keep)
        try:
            # Somebody may have written between the first look and the lock.
            planned = plan(connection, rule)
            _write(connection, planned)
        except BaseException:  # whatever it was, nothing of it may stay; it goes on its way
            with suppress(sqlite3.Error):
                connection.rollback()
            let_go()
            raise
        connection.execute("COMMIT")
        return Applied(
            inserted=len(planned.inserts),
            updated=len(planned.updates),
            deleted=len(planned.deletes),
            left=tuple(planned.left),
        )


@contextmanager
def _opened(live: Path, demo: Path) -> Iterator[sqlite3.Connection]:
    if sqlite3.sqlite_version_info < _LEAST:
        raise Unsound(
            f"SQLite {sqlite3.sqlite_version} is too old to bring the demo's rows in",
            hint="use a Python with SQLite 3.37 or newer",
        )
    with sqlite_faults(live.name), closing(opening.connect(live, "rw")) as connection:
        with closing(checks.at_rest(demo)) as coming:
            wrong = checks.misfit(checks.nature(coming), checks.nature(connection))
        if wrong:
            raise Unsound(
                f"the demo's database does not fit: {wrong}",
                hint="update the app where it is older, or wait for the demo team to follow",
            )
        for setting in _SETTINGS:
            connection.execute(setting)
        where = f"{demo.absolute().as_uri()}?mode=ro&immutable=1"
        connection.execute(f"ATTACH DATABASE ? AS {DEMO}", (where,))
        yield connection


def _begin(connection: sqlite3.Connection, keep: Keep) -> Callable[[], None]:
    """Begin the transaction with exactly that content kept that it begins with."""
    for _ in range(_TRIES):
        before = _version(connection)
        let_go = keep()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:  # what was kept is still in its place; the error goes on its way
            let_go()
            raise
        if _version(connection) == before:
            return let_go
        connection.execute("ROLLBACK")
        let_go()
    connection.execute("BEGIN IMMEDIATE")
    return keep()


def _version(connection: sqlite3.Connection) -> int:
    """A number that changes whenever somebody else has written."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _guard(connection: sqlite3.Connection, parts: Sequence[Table], rule: RowRule) -> None:
    """Triggers of the app's are fired as for its own rows, and must not reach the user's.

    Ours stand in the way of that. Nobody else sees them, and they end with the connection.
    """
    for number, table in enumerate(tables(connection).values()):
        is_part = table in parts
        others = f"NOT ({rule.condition(table, 'OLD')})" if is_part else "1"
        said = f"a trigger would take away a row of the user's in {table.name}".replace("'", "''")
        for what in ("DELETE", "UPDATE") if is_part else ("DELETE",):
            connection.execute(
                f"CREATE TEMP TRIGGER buckia_guard_{what}_{number} AFTER {what}"
                f" ON main.{quoted(table.name)} WHEN {others}"
                f" BEGIN SELECT RAISE(ABORT, '{said}'); END"
            )


class _Statement(NamedTuple):
    text: str
    values: tuple[object, ...]
    table: Table
    key: tuple[object, ...]


def _write(connection: sqlite3.Connection, planned: Planned) -> None:
    broken = _broken(connection)
    deletes = [_delete(table, key) for table, key in planned.deletes]
    updates = [_update(table, key) for table, key in planned.updates]
    inserts = [_insert(table, key) for table, key in planned.inserts]
    _insist(_settled(connection, deletes))
    if stuck := _settled(connection, [*updates, *inserts]):
        # Rows that change places stand in each other's way until all of them are gone.
        torn = [one for one in stuck if one in updates]
        _insist(_settled(connection, [_delete(one.table, one.key) for one in torn]))
        again = [_insert(one.table, one.key) for one in torn]
        _insist(_settled(connection, [*again, *(one for one in stuck if one in inserts)]))
    if new := _broken(connection) - broken:
        child, _, parent, _ = next(iter(new))
        raise Unmergeable(
            f"a row of {child} would refer to a row of {parent} that is not there",
            hint="the demo team publishes both; nothing was changed",
        )


def _settled(
    connection: sqlite3.Connection, waiting: Sequence[_Statement]
) -> Mapping[_Statement, sqlite3.Error]:
    """Do all that can be done, in whatever order works; returns what cannot, and why."""
    while waiting:
        stuck = {one: error for one in waiting if (error := _stopped(connection, one)) is not None}
        if len(stuck) == len(waiting):
            return stuck
        waiting = list(stuck)
    return {}


def _insist(stuck: Mapping[_Statement, sqlite3.Error]) -> None:
    for one, error in stuck.items():
        raise _refused(one, str(error)) from error


def _stopped(connection: sqlite3.Connection, one: _Statement) -> sqlite3.Error | None:
    """Run it; the error where another row has, for now, a value that may stand only once."""
    try:
        count = connection.execute(one.text, one.values).rowcount
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode in _TAKEN and connection.in_transaction:
            return error
        raise _refused(one, str(error)) from error
    if count != 1:
        raise _refused(one, "a rule of the app's database ignores it")
    return None


def _refused(one: _Statement, reason: str) -> Unmergeable:
    return Unmergeable(
        f"a row of the demo cannot come in ({shown(one.table, one.key)}): {reason}",
        hint="the demo team changes it, or the app its rules; nothing was changed",
    )


def _meets(table: Table, alias: str = "") -> str:
    return joined("AND", [f"{alias}{quoted(key)} = ?" for key in table.keys])


def _delete(table: Table, key: tuple[object, ...]) -> _Statement:
    text = f"DELETE FROM main.{quoted(table.name)} WHERE {_meets(table)}"
    return _Statement(text, key, table, key)


def _insert(table: Table, key: tuple[object, ...]) -> _Statement:
    name, columns = quoted(table.name), listed(table.columns)
    text = (
        f"INSERT INTO main.{name} ({columns})"
        f" SELECT {columns} FROM {DEMO}.{name} WHERE {_meets(table)}"
    )
    return _Statement(text, key, table, key)


def _update(table: Table, key: tuple[object, ...]) -> _Statement:
    name, columns = quoted(table.name), listed(table.columns)
    values = f"SELECT {columns} FROM {DEMO}.{name} AS d WHERE {_meets(table, 'd.')}"
    text = f"UPDATE main.{name} SET ({columns}) = ({values}) WHERE {_meets(table)}"
    return _Statement(text, (*key, *key), table, key)


def _broken(connection: sqlite3.Connection) -> Counter[tuple[object, ...]]:
    """References that lead nowhere; the app may have broken some before."""
    found: Counter[tuple[object, ...]] = Counter()
    for table in tables(connection).values():
        try:
            rows = connection.execute(
                "SELECT * FROM pragma_foreign_key_check(?)", (table.name,)
            ).fetchall()
        except sqlite3.OperationalError as error:
            # A reference to what is not unique: no app that heeds references can write such rows.
            if code(error) != sqlite3.SQLITE_ERROR:
                raise
            continue
        found.update(map(tuple, rows))
    return found
