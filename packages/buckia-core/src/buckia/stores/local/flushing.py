"""Making many files durable by one flush of their whole file system.

A flush for each file waits for the disk each time, which is most of what small files cost. One for
all is only as good where the system tells of what it could not write, and where the file system is
one of its own: others may take it for a wish.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

_TELLS_OF_FAILURES = (5, 8)
"""The first Linux whose flush of a file system reports what could not be written."""
_KINDS = {
    # As statfs(2) has them: ext4, XFS, Btrfs, F2FS, ZFS, overlays of such, and memory.
    *(0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, 0x2FC12FC1, 0x794C7630, 0x01021994),
}
_LONGEST = 1.0
"""Seconds after which somebody else must be writing far more than we do."""
_REST = 10
"""So many times as long as that has taken, each file is flushed by itself."""


class Flushing:
    """What one store has not made durable yet. Safe to use from many threads."""

    def __init__(self) -> None:
        self._not_before = 0.0
        self._is_owed = False
        self._is_known: bool | None = None
        self._failure: OSError | None = None

    def can_wait(self, handle: int) -> bool:
        """Whether what is written where this handle leads may be left to the next `flush`."""
        if self._is_known is None:
            self._is_known = _flush() is not None and _is_known(handle)
        is_busy = time.monotonic() < self._not_before
        return self._is_known and not is_busy and self._failure is None

    def owe(self) -> None:
        self._is_owed = True

    def flush(self, handle: int) -> None:
        """All that is owed; the handle was open before it was written, or failures go unheard."""
        if self._failure is not None:
            # The system tells of it once, and what was lost then may be anybody's.
            raise OSError(self._failure.errno, self._failure.strerror)
        flush = _flush()
        if not self._is_owed or flush is None:
            return
        # Before it: what is written while it goes on may need the next one.
        self._is_owed = False
        began = time.monotonic()
        try:
            flush(handle)
        except OSError as error:
            self._failure = error
            raise
        now = time.monotonic()
        if now - began > _LONGEST:
            self._not_before = now + _REST * (now - began)


@cache
def _flush() -> Callable[[int], None] | None:
    """Flush the file system of an open file; None where that cannot be relied on."""
    version = re.match(r"(\d+)\.(\d+)", os.uname().release) if sys.platform == "linux" else None
    if version is None or (int(version[1]), int(version[2])) < _TELLS_OF_FAILURES:
        return None
    import ctypes

    function: Any = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if function is None:
        return None

    def flush(handle: int) -> None:
        if function(handle) != 0:
            failure = ctypes.get_errno()
            raise OSError(failure, os.strerror(failure))

    return flush


def _is_known(handle: int) -> bool:
    """Whether it is on a file system that takes a flush of all for a flush of each."""
    import ctypes

    # Its kind comes first, as long as a pointer; no system has more to tell than this.
    told = ctypes.create_string_buffer(512)
    function: Any = ctypes.CDLL(None, use_errno=True).fstatfs
    if function(handle, told) != 0:
        return False
    kind = int.from_bytes(told.raw[: ctypes.sizeof(ctypes.c_long)], sys.byteorder)
    return kind & 0xFFFFFFFF in _KINDS
