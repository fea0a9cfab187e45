"""From SQLite's errors to ours."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from buckia.errors import AccessDenied, StorageError, Unavailable, Unsound
from buckia.translating import Translates


class _Meaning(NamedTuple):
    kind: type[StorageError]
    says: str
    hint: str = ""


_IN_USE = _Meaning(
    Unavailable,
    "another program keeps the database locked",
    "run it again when that program has ended what it does",
)
_DAMAGED = _Meaning(Unsound, "the database is damaged", "bring back a sound version of it")
_REFUSED = _Meaning(
    AccessDenied,
    "SQLite may not open the database or write beside it",
    "check the permissions of the file and of its folder",
)
_MEANINGS = {
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _REFUSED,
    sqlite3.SQLITE_PERM: _REFUSED,
    sqlite3.SQLITE_READONLY: _REFUSED,
    sqlite3.SQLITE_AUTH: _REFUSED,
    sqlite3.SQLITE_FULL: _Meaning(StorageError, "the disk is full", "make room and run it again"),
    sqlite3.SQLITE_IOERR: _Meaning(
        Unavailable, "the disk does not answer as it should", "check the disk, and run it again"
    ),
}
_OTHER = _Meaning(StorageError, "SQLite refuses it")


def code(error: sqlite3.Error) -> int:
    """The number of what happened, without what SQLite says beyond it."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


class sqlite_faults(Translates):  # noqa: N801 - used like a function
    """Turns what SQLite raises about the database of a key into our errors."""

    def __init__(self, key: str) -> None:
        self._key = key

    def _meaning(self, error: BaseException) -> BaseException | None:
        if not isinstance(error, sqlite3.Error):
            return None
        meaning = _MEANINGS.get(code(error), _OTHER)
        said = f"{self._key}: {meaning.says} ({error})"
        return meaning.kind(said, key=self._key, hint=meaning.hint)
