"""Digests of files on which the two sides do not agree yet, so that none is read twice for them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from buckia import digests
from buckia.state import rows
from buckia.state.database import Database
from buckia.state.manifest import set_meta
from buckia.state.seam import damaged

_BUFFER = 2000
"""Two pages of a listing: what becomes of the keys of one is known before this is full."""
_RUNS = "complete runs"
UNSETTLED = "~"
"""Stands in the version of a file that could change without its version showing it."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """The digests of one version of a file."""

    key: str
    version: str
    digests: Mapping[str, str]
    origin: str = ""


class DigestCache:
    """Digests by key, origin and version; the rows of keys that are recorded go with that.

    What is put in is written in bulk: a kill costs some reading, never truth. While the state is
    only looked at, nothing is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._fresh: dict[tuple[str, str], Known] = {}
        self._hit: set[tuple[str, str]] = set()
        with database.snapshot() as connection:
            self._run = self._runs(connection) + 1
            self._empty = _is_empty(connection)

    def _runs(self, connection: sqlite3.Connection) -> int:
        found = connection.execute("SELECT value FROM meta WHERE key = ?", (_RUNS,)).fetchall()
        try:
            return int(found[0][0]) if found else 0
        except ValueError as error:
            raise damaged(self._database.path, "a number in it cannot be read") from error

    def get(self, key: str, origin: str, version: str) -> dict[str, str] | None:
        """The digests of this very version; None when they are not known."""
        with self._lock:
            fresh = self._fresh.get((key, origin))
            if fresh is not None:
                return dict(fresh.digests) if fresh.version == version else None
            if self._empty:
                return None
        return self._stored(key, origin, version)

    def _stored(self, key: str, origin: str, version: str) -> dict[str, str] | None:
        query = "SELECT version, digests, used FROM known WHERE key = ? AND origin = ?"
        with self._database.snapshot() as connection:
            found = connection.execute(query, (key, origin)).fetchall()
            if not found or found[0][0] != version:
                return None
            known = self._unpacked(found[0][1])
        if found[0][2] != self._run:
            self._mark_used((key, origin))
        return known

    def _unpacked(self, stored: object) -> dict[str, str]:
        try:
            return digests.unpack(rows.unpack(stored))
        except ValueError as error:
            raise damaged(self._database.path, "a digest in it cannot be read") from error

    def _mark_used(self, place: tuple[str, str]) -> None:
        with self._lock:
            self._hit.add(place)
            full = len(self._hit) >= _BUFFER
        if full:
            self.flush()

    def put_many(self, found: Iterable[Known]) -> None:
        """Remember these; further digests of a version join those that are known of it."""
        if self._database.looking:
            return
        with self._lock:
            for known in found:
                if UNSETTLED not in known.version and known.digests:
                    place = (known.key, known.origin)
                    self._fresh[place] = _joined(self._fresh.get(place), known)
            full = len(self._fresh) >= _BUFFER
        if full:
            self.flush()

    def drop(self, keys: Collection[str]) -> None:
        """Forget what was put in for keys that are recorded by now, unless it is written."""
        with self._lock:
            fresh = self._fresh.items()
            self._fresh = {place: known for place, known in fresh if place[0] not in keys}

    def flush(self) -> None:
        """Write what was put in."""
        with self._lock:
            if self._database.looking:
                self._hit.clear()
            if not (self._fresh or self._hit):
                return
            fresh, hit = list(self._fresh.values()), list(self._hit)
            self._database.write(lambda connection: self._write(connection, fresh, hit))
            self._empty = self._empty and not fresh
            self._fresh.clear()
            self._hit.clear()

    def _write(
        self, connection: sqlite3.Connection, fresh: Sequence[Known], hit: Sequence[tuple[str, str]]
    ) -> None:
        connection.executemany(
            "UPDATE known SET used = ? WHERE key = ? AND origin = ?",
            ((self._run, key, origin) for key, origin in hit),
        )
        query = "SELECT digests FROM known WHERE key = ? AND origin = ? AND version = ?"
        for known in fresh:
            place = (known.key, known.origin, known.version)
            merged = dict(known.digests)
            for (stored,) in connection.execute(query, place).fetchall():
                merged = {**self._unpacked(stored), **merged}
            values = (*place, rows.pack(digests.pack(merged)), self._run)
            connection.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?)", values)

    def prune(self, keep: int = 3) -> None:
        """Say that a run was complete, and drop what none of the last `keep` such runs used."""
        self.flush()
        if self._database.looking or self._empty:
            return
        with self._lock:
            run, self._run = self._run, self._run + 1
            self._database.write(lambda connection: _prune(connection, run, keep))

    def close(self) -> None:
        self.flush()


def _joined(one: Known | None, other: Known) -> Known:
    if one is None or one.version != other.version:
        return other
    return msgspec.structs.replace(other, digests={**one.digests, **other.digests})


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT 1 FROM known LIMIT 1").fetchall()


def _prune(connection: sqlite3.Connection, run: int, keep: int) -> None:
    connection.execute("DELETE FROM known WHERE used <= ?", (run - keep,))
    set_meta(connection, _RUNS, str(run))
