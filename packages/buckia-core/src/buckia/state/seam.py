"""The one place where errors of SQLite and of the file system become errors of ours."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from buckia.errors import BuckiaError, InvalidKey


class StateError(BuckiaError):
    """The state could not be read or written, so the run cannot go on."""


class DamagedState(StateError):
    """What was read is not what was written. Opening the state again sets it aside."""


_HINTS = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space below {folder}"),
    sqlite3.SQLITE_BUSY: ("another process holds it", "wait until it has ended"),
    sqlite3.SQLITE_LOCKED: ("another process holds it", "wait until it has ended"),
    sqlite3.SQLITE_READONLY: ("it may not be written", "look at the permissions of {folder}"),
    sqlite3.SQLITE_PERM: ("access is refused", "look at the permissions of {folder}"),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened",
        "look at the permissions of {folder}, and at the limit of open files (ulimit -n)",
    ),
    sqlite3.SQLITE_IOERR: ("the disk failed or is full", "look at the disk that holds {folder}"),
}

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the error says that the file itself is unsound."""
    # Python raises the error about text that is not UTF-8 itself, without a code of SQLite's; that
    # about a blob in place of a text has one which says nothing.
    said = str(error).startswith(("Could not decode", "JSON cannot hold"))
    return said or _code(error) in _DAMAGE


def _code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def damaged(path: Path, reason: object) -> DamagedState:
    return DamagedState(
        f"the state {path} is damaged: {reason}",
        hint="run `buckia sync`: it sets the damaged state aside and compares both sides anew",
    )


@contextmanager
def sqlite_errors(doing: str, path: Path) -> Iterator[None]:
    """Raise `StateError` for what SQLite raises; `doing` is "read" or "written"."""
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise damaged(path, error) from error
        reason, hint = _HINTS.get(_code(error), ("", ""))
        said = f"{reason} ({error})" if reason else str(error)
        raise StateError(
            f"the state could not be {doing}: {said}", hint=hint.format(folder=path.parent)
        ) from error
    except UnicodeEncodeError as error:
        raise InvalidKey(f"not valid Unicode: {error.object!r}") from error


def reason(error: OSError) -> str:
    """What the system said, in words, without its numbers."""
    if error.errno in _FULL:
        return "the disk is full"
    said = error.strerror or str(error)
    return f"{said}: {error.filename}" if error.filename else said


def _advice(error: OSError) -> str:
    if error.errno in _FULL:
        return "free some space on the disk of {path}"
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return "raise the limit of open files (ulimit -n)"
    return "look at the disk and the permissions of {path}"


@contextmanager
def file_errors(doing: str, path: Path) -> Iterator[None]:
    """Raise `StateError` for what the file system raises; `doing` is "read" or "written"."""
    try:
        yield
    except OSError as error:
        raise StateError(
            f"the state could not be {doing}: {reason(error)}",
            hint=_advice(error).format(path=path),
        ) from error
