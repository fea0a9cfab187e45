"""A bucket that is one SQLite file: each object a row, each condition decided in a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from buckia import errors, keys
from buckia.body import ChunkReading, WatchedBody, chunks
from buckia.model import BasicEntry, Traits
from buckia.protocols import ABSENT, Body, Entry, Expected, Reading

# AUTOINCREMENT never gives a number twice: what is written anew is always a new version.
SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    mtime_ns INTEGER,
    sha256 TEXT NOT NULL,
    data BLOB NOT NULL
)
"""
ENTRY = "SELECT key, size, version, mtime_ns, sha256 FROM objects"
PAGE = 500
LARGEST = 1 << 28
"""An object is held in memory while it is written or read; beyond this it is refused."""

KINDS: dict[int, type[errors.StorageError]] = {
    sqlite3.SQLITE_BUSY: errors.Unavailable,
    sqlite3.SQLITE_IOERR: errors.Unavailable,
    sqlite3.SQLITE_CANTOPEN: errors.Unavailable,
    sqlite3.SQLITE_READONLY: errors.AccessDenied,
    sqlite3.SQLITE_CORRUPT: errors.Corrupted,
    sqlite3.SQLITE_NOTADB: errors.Corrupted,
}
"""What SQLite's codes mean for the caller; all others are a plain `StorageError`."""


def translated(error: sqlite3.Error, path: Path, key: str) -> errors.StorageError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    kind = KINDS.get(code & 0xFF, errors.StorageError)
    return kind(f"{path.name}: {error}", key=key)


def entry(row: Any) -> BasicEntry:
    key, size, version, mtime_ns, sha256 = row
    return BasicEntry(key, size, f"{version}", mtime_ns=mtime_ns, digests={"sha256": sha256})


class OneFile:
    traits = Traits(digests=frozenset({"sha256"}), keeps_mtime=True, concurrency=4)

    def __init__(self, path: Path, *, timeout: float = 60.0) -> None:
        self._path = path
        self._timeout = timeout

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        # SQLite compares text by its UTF-8 bytes, which is the order of code points. Each page is
        # a query of its own, so that a listing which nobody finishes holds no lock.
        start = prefix
        while True:
            with self._transaction() as file:
                rows = file.execute(f"{ENTRY} WHERE key >= ? ORDER BY key LIMIT {PAGE}", (start,))
                page = [entry(row) for row in rows if row[0].startswith(prefix)]
            if page:
                yield page
            if len(page) < PAGE:
                return
            start = page[-1].key + "\0"

    def stat(self, key: str) -> Entry:
        with self._transaction(key) as file:
            return self._pinned(file, key)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        return self.read_range(key, 0, LARGEST, version=version)

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        part = "SELECT substr(data, ?, ?) FROM objects WHERE key = ?"
        with self._transaction(key) as file:
            found = self._pinned(file, key, version)
            [(data,)] = file.execute(part, (start + 1, length, key))
        # SQLite takes a part of an empty value for NULL.
        return ChunkReading(found, [data or b""])

    def write(self, key: str, body: Body) -> Entry:
        return self._write(key, body, None)

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        return self._write(key, body, expect)

    def delete(self, key: str) -> None:
        with self._transaction(key, "IMMEDIATE") as file:
            if self._find(file, key):
                file.execute("DELETE FROM objects WHERE key = ?", (key,))

    def delete_if(self, key: str, *, expect: str) -> None:
        with self._transaction(key, "IMMEDIATE") as file:
            if self._find(file, key):
                self._pinned(file, key, expect)
                file.execute("DELETE FROM objects WHERE key = ?", (key,))

    def close(self) -> None:
        """Nothing is open between two calls."""

    @contextmanager
    def _transaction(self, key: str = "", kind: str = "") -> Iterator[sqlite3.Connection]:
        """A connection of its own for each call: any thread may make it, nothing stays open."""
        try:
            with closing(sqlite3.connect(self._path, timeout=self._timeout)) as file:
                file.isolation_level = None
                file.execute(SCHEMA)
                file.execute(f"BEGIN {kind}")
                yield file
                file.execute("COMMIT")
        except sqlite3.Error as error:
            raise translated(error, self._path, key) from error

    def _find(self, file: sqlite3.Connection, key: str) -> BasicEntry | None:
        if problem := keys.problem(key):
            raise errors.InvalidKey(f"{key!r} cannot be stored: {problem}", key=key)
        row = file.execute(f"{ENTRY} WHERE key = ?", (key,)).fetchone()
        return entry(row) if row else None

    def _pinned(self, file: sqlite3.Connection, key: str, version: str | None = None) -> BasicEntry:
        found = self._find(file, key)
        if found is None:
            raise errors.NotFound(f"there is no {key} in {self._path.name}", key=key)
        if version not in (None, found.version):
            raise errors.VersionMismatch(f"{key} is not the version {version} any more", key=key)
        return found

    def _write(self, key: str, body: Body, expect: Expected | None) -> Entry:
        if body.size > LARGEST:
            raise errors.StorageError(f"{key} has more than {LARGEST} bytes", key=key)
        # The body is read before the file is locked: it may come slowly, or from this very file.
        watched = WatchedBody(body, algorithms=("sha256",))
        with closing(watched.open()) as source:
            data = b"".join(chunks(source))
        sha256 = watched.computed["sha256"]
        if body.digests.get("sha256", sha256) != sha256:
            raise errors.Corrupted(f"the bytes of {key} are not those promised", key=key)
        with self._transaction(key, "IMMEDIATE") as file:
            found = self._find(file, key)
            actual = found.version if found else ABSENT
            if expect is not None and actual != expect:
                raise errors.VersionMismatch(f"{key} is {actual}, and not {expect}", key=key)
            file.execute(
                "REPLACE INTO objects (key, size, mtime_ns, sha256, data) VALUES (?, ?, ?, ?, ?)",
                (key, len(data), body.mtime_ns, sha256, data),
            )
            return self._pinned(file, key)
