"""Whether a file is a database, by its first bytes.

Locks on a file belong to the process: when it closes any handle of the file, all of them are gone,
also those that SQLite holds in it for an app that uses Buckia as a library. So a handle of a
database that was opened past SQLite is never closed while the file has a name. That is the one
thing that all parts of a process have in common here, because its locks are.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from buckia.databases.header import MAGIC, is_database

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class _Handles:
    """Of databases, by device and inode. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[tuple[int, int], int] = {}

    def peek(self, path: Path) -> bool:
        seen = path.stat()
        with self._lock:
            handle = self._kept.get((seen.st_dev, seen.st_ino))
            if handle is not None:
                return is_database(begin(handle, len(MAGIC)))
        handle = os.open(path, _FLAGS)
        found = False
        try:
            found = is_database(begin(handle, len(MAGIC)))
        finally:
            if found:
                self.keep(handle)
            else:
                os.close(handle)
        return found

    def keep(self, handle: int) -> None:
        seen = os.fstat(handle)
        with self._lock:
            for place, kept in list(self._kept.items()):
                if not os.fstat(kept).st_nlink:
                    os.close(self._kept.pop(place))
            if self._kept.setdefault((seen.st_dev, seen.st_ino), handle) != handle:
                # Another thread was faster. One more of it will do no harm, closing it would.
                self._kept[-1, handle] = handle


_handles = _Handles()


def peek(path: Path) -> bool:
    """Whether the file is a database; one that is empty, or not there, is none yet."""
    try:
        return _handles.peek(path)
    except OSError:
        # Gone, or unreadable: who wants to read it will be told.
        return False


def close(handle: int) -> None:
    """What to do with a handle that turned out to be of a database, in place of closing it."""
    _handles.keep(handle)


def begin(handle: int, count: int) -> bytes:
    """The first bytes of an open file; what is read from it next stays what it is."""
    if hasattr(os, "pread"):
        return os.pread(handle, count, 0)
    where = os.lseek(handle, 0, os.SEEK_CUR)
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        return os.read(handle, count)
    finally:
        os.lseek(handle, where, os.SEEK_SET)
