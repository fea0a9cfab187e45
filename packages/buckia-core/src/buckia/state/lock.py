"""One sync of a pair at a time: a lock that dies with its process."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from buckia.errors import AlreadyRunning
from buckia.state import files
from buckia.state.seam import StateError, file_errors

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30
    """Behind the words in the file, for a byte that is locked there can be read by nobody else."""

    def _seize(handle: int) -> None:
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

    def _release(handle: int) -> None:
        os.lseek(handle, _FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _seize(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


class PairLock:
    """Held by at most one holder, in this process or any other, until it lets go or dies.

    The file stays where it is; whose it is stands in it. `acquire` raises `AlreadyRunning`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        with file_errors("written", self._path.parent):
            files.make_folder(self._path.parent)
        while (handle := self._try()) is None:
            pass
        self._handle = handle

    def _try(self) -> int | None:
        """The open, locked file; None when it was removed just then, so that it guards nothing."""
        with file_errors("written", self._path):
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            handle = os.open(self._path, flags, files.FILE)
        try:
            self._seize(handle)
            with file_errors("written", self._path):
                if not self._is_there(handle):
                    os.close(handle)
                    return None
                files.make_private(self._path, files.FILE)
                os.ftruncate(handle, 0)
                os.lseek(handle, 0, os.SEEK_SET)
                os.write(handle, _words().encode())
        except BaseException:  # what is open must be closed; the error goes on its way
            os.close(handle)
            raise
        return handle

    def _seize(self, handle: int) -> None:
        try:
            _seize(handle)
        except BlockingIOError:
            raise self._taken(handle) from None
        except OSError as error:
            raise StateError(
                f"this file system cannot lock {self._path}: {error.strerror}",
                hint="set `state_dir` to a folder on a local disk",
            ) from error

    def _taken(self, handle: int) -> AlreadyRunning:
        os.lseek(handle, 0, os.SEEK_SET)
        words = os.read(handle, 1000).decode(errors="replace").strip()
        # The holder may be about to write them.
        said = f": {words}" if words else ""
        return AlreadyRunning(
            f"another sync of this pair is running{said}",
            hint="wait until it has ended; its lock ends with it, so nothing need be removed",
        )

    def _is_there(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self._path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let go; may be repeated. A disk that fails just then takes nothing from what was done."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        # The words in it are for people only, and the lock ends with the handle at the latest.
        with suppress(OSError):
            os.ftruncate(handle, 0)
        with suppress(OSError):
            _release(handle)
        with suppress(OSError):
            os.close(handle)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _words() -> str:
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"process {os.getpid()} on {platform.node() or 'this device'}, since {since}"
