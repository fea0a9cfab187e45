"""The base in SQLite: what both sides were last seen to agree on, one row a key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

from buckia.columns import Columns
from buckia.model import Agreed, Forgotten, Intent, SideName
from buckia.state import rows
from buckia.state.database import Database
from buckia.state.seam import DamagedState, damaged

BLOCK = 1000
"""Rows that move together; a thousand of them take some hundred kilobytes."""

APART = 5000
"""Rows between two marks: some pages of any listing."""


class SqliteManifest:
    """The base: what both sides were last known to agree on, in a `Database` of the caller's.

    A scan sees the rows as they are when its first block is asked for, whatever is recorded
    meanwhile. `record` and `intend` of many threads share their flushes of the disk.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def scan(self, prefix: str = "") -> Iterator[Columns]:
        """Blocks of the rows whose keys begin with `prefix`, in key order."""
        with self._database.snapshot() as connection:
            origins = rows.origins(connection)
            found = self._found(connection, rows.within(prefix), origins)
            while found:
                yield found[:BLOCK]
                if not (following := found[BLOCK:]):
                    return
                start = following.keys[0]
                found = self._found(connection, rows.within(prefix, start=start), origins)
                # Where a page fell out of its place, rows might be passed over.
                if list(found[:1]) != list(following):
                    raise self._damage("its rows are out of order")

    def _found(
        self,
        connection: sqlite3.Connection,
        within: tuple[str, Sequence[str]],
        origins: Mapping[int, str],
    ) -> Columns:
        """The rows of a block, and the one behind it; what is out of its place is damage."""
        condition, values = within
        # One row with all of them in it: for each row SQLite lets other threads run, and waits
        # until one of them lets it go on. While they are busy that takes ten times as long.
        query = (
            f"SELECT {rows.READ} FROM"  # noqa: S608 - words of ours
            f" (SELECT * FROM agreed WHERE {condition} ORDER BY key LIMIT {BLOCK + 1})"
        )
        (written,) = connection.execute(query, values).fetchall()
        try:
            block = rows.agreed(written, origins)
        except ValueError as error:
            raise self._damage("a row of it cannot be read") from error
        if not rows.ascend(block.keys):
            raise self._damage("its rows are out of order")
        return block

    def _damage(self, reason: str) -> DamagedState:
        return damaged(self._database.path, reason)

    def get(self, key: str) -> Agreed | None:
        with self._database.snapshot() as connection:
            found = self._found(connection, ("key = ?", (key,)), rows.origins(connection))
        return found[0] if found else None

    def marks(self, prefix: str = "") -> Sequence[str]:
        """Each so many thousandth key below the prefix; a listing can be cut there."""
        marks: list[str] = []
        with self._database.snapshot() as connection:
            while True:
                # Counted from the last mark on, and that is a row too.
                condition, values = rows.within(prefix, start=marks[-1] if marks else "")
                offset = APART if marks else APART - 1
                query = f"SELECT key FROM agreed WHERE {condition} ORDER BY key LIMIT 1 OFFSET ?"  # noqa: S608 - words of ours
                found = connection.execute(query, (*values, offset)).fetchall()
                if not found:
                    return marks
                marks += found[0]
                if not rows.ascend(marks[-2:]):
                    raise self._damage("its rows are out of order")

    def count(self) -> int:
        """How many keys both sides agree on."""
        return self.count_under("")

    def count_under(self, prefix: str) -> int:
        condition, values = rows.within(prefix)
        query = f"SELECT count(*) FROM agreed WHERE {condition}"  # noqa: S608 - words of ours
        with self._database.snapshot() as connection:
            ((number,),) = connection.execute(query, values).fetchall()
        return int(number)

    def count_of_right(self, beginning: str) -> int:
        """How many keys have a version on the right side that begins so."""
        query = "SELECT count(*) FROM agreed WHERE right >= ? AND right < ?"
        with self._database.snapshot() as connection:
            values = (beginning, rows.after(beginning))
            ((number,),) = connection.execute(query, values).fetchall()
        return int(number)

    def first_below(self, prefix: str) -> str | None:
        """The first key that begins with `prefix`, to name it; None where there is none."""
        condition, values = rows.within(prefix)
        query = f"SELECT key FROM agreed WHERE {condition} ORDER BY key LIMIT 1"  # noqa: S608 - words of ours
        with self._database.snapshot() as connection:
            for (key,) in connection.execute(query, values).fetchall():
                return str(key)
        return None

    def has_below(self, prefix: str) -> bool:
        return self.first_below(prefix) is not None

    def intend(self, intents: Iterable[Intent]) -> None:
        """Durable when it returns. A later intent for the same key and side replaces the first."""
        self.note(intents, ())

    def intents(self) -> list[Intent]:
        """All that nothing has settled: at the start of a run, those of earlier runs."""
        query = "SELECT key, side, digests, size, source, origin FROM intents ORDER BY key, side"
        with self._database.snapshot() as connection:
            found = connection.execute(query).fetchall()
        try:
            return [
                Intent(key, SideName(side), rows.unpack(stored), size, source, origin)
                for key, side, stored, size, source, origin in found
            ]
        except ValueError as error:
            raise self._damage("an intent in it cannot be read") from error

    def record(self, changes: Iterable[Agreed | Forgotten]) -> None:
        """All or none, durable when it returns; settles intents and digests kept for these keys.

        Where a key comes twice, the later change holds.
        """
        self.note((), changes)

    def note(self, intents: Iterable[Intent], changes: Iterable[Agreed | Forgotten]) -> None:
        """`record` and `intend` in one go, of different keys."""
        last = {change.key: change for change in changes}
        settled, values = list(last.values()), _values(intents)

        def write(connection: sqlite3.Connection) -> None:
            if settled:
                _record(connection, settled)
            if values:
                _intend(connection, values)

        if settled or values:
            self._database.write(write)

    def meta(self, key: str) -> str | None:
        """A word kept beside the rows, such as the bucket's identity."""
        with self._database.snapshot() as connection:
            found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchall()
        return str(found[0][0]) if found else None

    def set_meta(self, key: str, value: str | None) -> None:
        """Keep the word, or with None forget it; durable when it returns."""
        self._database.write(lambda connection: set_meta(connection, key, value))


def set_meta(connection: sqlite3.Connection, key: str, value: str | None) -> None:
    if value is None:
        connection.execute("DELETE FROM meta WHERE key = ?", (key,))
    else:
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _values(intents: Iterable[Intent]) -> list[tuple[object, ...]]:
    return [
        (i.key, i.side.value, rows.pack(i.digests), i.size, i.source, i.origin) for i in intents
    ]


def _intend(connection: sqlite3.Connection, values: Sequence[tuple[object, ...]]) -> None:
    connection.executemany("INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?, ?, ?)", values)


def _record(connection: sqlite3.Connection, changes: Sequence[Agreed | Forgotten]) -> None:
    written = [change for change in changes if isinstance(change, Agreed)]
    numbers = rows.numbers(connection, (row.origin for row in written))
    connection.executemany(
        "INSERT OR REPLACE INTO agreed VALUES (?, ?, ?, ?, ?, ?)",
        (
            (row.key, row.left, row.right, row.size, rows.pack(row.digests), numbers[row.origin])
            for row in written
        ),
    )
    keys = [(change.key,) for change in changes]
    forgotten = [(change.key,) for change in changes if isinstance(change, Forgotten)]
    connection.executemany("DELETE FROM agreed WHERE key = ?", forgotten)
    # Mostly both are empty, and a hundred thousand adoptions need not ask them key by key.
    for table in ("intents", "known"):
        if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608 - words of ours
            connection.executemany(f"DELETE FROM {table} WHERE key = ?", keys)  # noqa: S608 - words of ours
