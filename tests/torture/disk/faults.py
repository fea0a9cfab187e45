"""Errors of the system at chosen calls of this process.

No compiler and no privileges are needed: it is Python's own calls that fail. What SQLite asks of
the system by itself is not seen here; in its stead its statements fail as SQLite says it.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import io
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Self

import msgspec

from buckia.stores.local import renames

CALLS: Mapping[str, Collection[str]] = {
    "look": ("stat", "lstat", "fstat"),
    "list": ("scandir", "listdir"),
    "go on listing": (),
    "open": ("open",),
    "create": (),
    "read": ("read",),
    "write": ("write",),
    "copy": ("copy_file_range",),
    "cut": ("ftruncate",),
    "mkdir": ("mkdir",),
    "rmdir": ("rmdir",),
    "unlink": ("unlink", "remove"),
    "rename": ("rename", "replace"),
    "special rename": (),
    "link": ("link",),
    "sync": ("fsync",),
    "time": ("utime",),
    "mode": ("fchmod", "chmod"),
    "close": ("close",),
    "lock": (),
    "base": (),
}
"""Kinds of calls, and the functions of `os` by which they are made."""

_FULL, _DENIED, _SICK = ("ENOSPC", "EDQUOT"), ("EACCES", "EROFS"), ("EIO",)
_HANDLES = ("EMFILE", "ENFILE")
ERRORS: Mapping[str, Collection[str]] = {
    "look": ("EACCES", "EIO", "ESTALE"),
    "list": ("EACCES", "EIO", "EMFILE"),
    "go on listing": ("EIO", "ESTALE"),
    "open": ("EACCES", "EIO", *_HANDLES),
    "create": (*_FULL, *_DENIED, *_SICK, "EMFILE", "ENAMETOOLONG"),
    "read": ("EIO", "ESTALE"),
    "write": (*_FULL, *_SICK, "EFBIG"),
    "copy": (*_FULL, *_SICK),
    "cut": (*_SICK, "EROFS"),
    "mkdir": (*_FULL, *_DENIED, *_SICK, "EMLINK"),
    "rmdir": (*_DENIED, *_SICK, "EBUSY"),
    "unlink": (*_DENIED, *_SICK, "EBUSY"),
    "rename": (*_FULL, *_DENIED, *_SICK),
    "special rename": (*_FULL, *_DENIED, *_SICK),
    "link": (*_FULL, *_DENIED, *_SICK, "EMLINK"),
    "sync": (*_FULL, *_SICK),
    "time": (*_DENIED, *_SICK),
    "mode": ("EPERM", *_DENIED, *_SICK),
    "close": (*_SICK, "EDQUOT"),
    "lock": ("ENOLCK", "EIO"),
    "base": ("FULL", "IOERR", "READONLY", "CANTOPEN"),
}
"""What each kind of call may answer; for `base` in the words of SQLite."""

_GROWS = ("create", "write", "copy", "mkdir", "rename", "special rename", "link", "sync", "base")
_CHANGES = (*_GROWS, "cut", "rmdir", "unlink", "time", "mode")
_DISK = tuple(kind for kind in CALLS if kind not in {"close", "lock"})
MOODS: Mapping[str, tuple[str, Collection[str]]] = {
    "full": ("ENOSPC", _GROWS),
    "over its quota": ("EDQUOT", _GROWS),
    "read-only": ("EROFS", _CHANGES),
    "dead": ("EIO", _DISK),
    "shut": ("EACCES", ("open", "create", "list", "look")),
    "out of handles": ("EMFILE", ("open", "create", "list")),
}
"""Ways in which everything fails from some call on."""

_IN_SQLITE = {"ENOSPC": "FULL", "EDQUOT": "FULL", "EROFS": "READONLY", "EIO": "IOERR"}


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """The nth call of these kinds fails, or with `lasting` all from then on."""

    error: str
    kinds: tuple[str, ...]
    nth: int
    lasting: bool = False
    late: bool = False
    """It takes effect all the same, as on a network drive whose answer was lost."""

    def __str__(self) -> str:
        which = " and all after it" if self.lasting else ""
        late = " though it took effect" if self.late else ""
        return f"{self.error} at {' or '.join(self.kinds)} {self.nth}{which}{late}"


class Faults:
    """Counts the calls about one folder and lets one of them fail; `hit` says which it was."""

    def __init__(self, folder: str, fault: Fault | None) -> None:
        self._folder = folder
        self._fault = fault
        self._lock = threading.Lock()
        self._readlink = os.readlink
        self.counts: dict[str, int] = dict.fromkeys(CALLS, 0)
        self._seen = 0
        self._undo: list[tuple[Any, str, Any]] = []
        self.hit = ""

    def fails(self, kind: str, where: str) -> bool:
        """Count one call, and say whether it is to fail."""
        if not where.startswith(self._folder):
            return False
        fault = self._fault
        with self._lock:
            self.counts[kind] += 1
            if fault is None or kind not in fault.kinds:
                return False
            self._seen += 1
            due = self._seen == fault.nth or (fault.lasting and self._seen > fault.nth)
            if due and not self.hit:
                self.hit = f"{kind} {where.removeprefix(self._folder)}"
            return due

    def told(self) -> dict[str, int]:
        return dict(self.counts)

    def set(self) -> None:
        """From now on, in this process."""
        for kind, names in CALLS.items():
            for name in names:
                self._replace(os, name, self._around(kind, getattr(os, name)))
        self._replace(fcntl, "flock", self._around("lock", fcntl.flock))
        # Also what reads and writes whole files at once.
        for owner in (builtins, io):
            self._replace(owner, "open", self._around("open", owner.open))
        special = vars(renames)["special_rename"]

        def failing(kind: str) -> Any:
            rename = special(kind)
            return None if rename is None else self._around("special rename", rename)

        self._replace(renames, "special_rename", failing)
        self._replace(sqlite3, "connect", self._connecting())

    def stop(self) -> None:
        """From now on everything is as it was."""
        while self._undo:
            owner, name, old = self._undo.pop()
            setattr(owner, name, old)

    def __enter__(self) -> Self:
        self.set()
        return self

    def __exit__(self, *_how: object) -> None:
        self.stop()

    def _replace(self, owner: Any, name: str, call: Callable[..., Any]) -> None:
        old = getattr(owner, name)
        self._undo.append((owner, name, old))
        setattr(owner, name, call)
        for abilities in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
            if old in abilities:
                abilities.add(call)

    def _around(self, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def called(*given: Any, **how: Any) -> Any:
            meant = _meant(kind, given)
            where = self._where(given, how)
            if not self.fails(meant, where):
                done = call(*given, **how)
                return self._listing(done, where) if call.__name__ == "scandir" else done
            assert self._fault is not None
            if self._fault.late or kind == "close":
                # A handle is closed even where closing it says otherwise.
                call(*given, **how)
            raise system_error(self._fault.error, where)

        return called

    def _listing(self, found: Any, where: str) -> Any:
        return _Listing(found, lambda: self._check_listing(where))

    def _check_listing(self, where: str) -> None:
        if self.fails("go on listing", where):
            assert self._fault is not None
            raise system_error(self._fault.error, where)

    def _where(self, given: tuple[Any, ...], how: Mapping[str, Any]) -> str:
        """The path that a call is about; of several the first."""
        place = given[0] if given else how.get("path", ".")
        if isinstance(place, int):
            inside = given[1] if len(given) > 1 and isinstance(given[1], str) else ""
            return f"{self._path_of(place)}/{inside}"
        path = os.fsdecode(place)
        if path.startswith("/"):
            return path
        fd = how.get("dir_fd", how.get("src_dir_fd"))
        return f"{self._path_of(fd) if fd is not None else Path.cwd()}/{path}"

    def _path_of(self, handle: int) -> str:
        try:
            return self._readlink(f"/proc/self/fd/{handle}")
        except OSError:
            # No such folder on this system, or no such handle: then it is about the folder.
            return self._folder

    def _connecting(self) -> Callable[..., sqlite3.Connection]:
        faults, connect = self, sqlite3.connect

        class Failing(sqlite3.Connection):
            where = ""

            def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
                faults.check_statement(self.where)
                return super().execute(sql, *given)

            def executemany(self, sql: str, *given: Any) -> sqlite3.Cursor:
                faults.check_statement(self.where)
                return super().executemany(sql, *given)

        def connected(place: str, **how: Any) -> sqlite3.Connection:
            made = connect(place, factory=Failing, **how)
            made.where = place.removeprefix("file://").partition("?")[0]
            return made

        return connected

    def check_statement(self, where: str) -> None:
        if self.fails("base", where):
            assert self._fault is not None
            raise sqlite_error(self._fault.error)


class _Listing:
    """What `scandir` gives, which may break off at any name."""

    def __init__(self, found: Any, check: Callable[[], None]) -> None:
        self._found = found
        self._check = check

    def __iter__(self) -> Iterator[os.DirEntry[str]]:
        return self

    def __next__(self) -> os.DirEntry[str]:
        self._check()
        entry: os.DirEntry[str] = next(self._found)
        return entry

    def close(self) -> None:
        self._found.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_how: object) -> None:
        self.close()


def _meant(kind: str, given: tuple[Any, ...]) -> str:
    """Opening is creating where that was asked for."""
    if kind != "open" or len(given) < 2:
        return kind
    how = given[1]
    creating = bool(how & os.O_CREAT) if isinstance(how, int) else bool(set(how) & set("wax"))
    return "create" if creating else kind


def system_error(name: str, where: str) -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number), where)


def sqlite_error(name: str) -> sqlite3.OperationalError:
    """As SQLite would raise it; a system's error is what SQLite makes of it."""
    word = _IN_SQLITE.get(name, name if hasattr(sqlite3, f"SQLITE_{name}") else "CANTOPEN")
    error = sqlite3.OperationalError(f"SQLITE_{word}, as it was planned")
    error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{word}")
    error.sqlite_errorname = f"SQLITE_{word}"
    return error
