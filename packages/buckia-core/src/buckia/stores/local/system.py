"""What the operating system can do and Python has no name for, each guarded by capability."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from buckia.body import CHUNK

HANDLES = (
    {os.open, os.stat, os.mkdir, os.rmdir, os.unlink, os.rename, os.link} <= os.supports_dir_fd
    and os.scandir in os.supports_fd
    and hasattr(os, "O_NOFOLLOW")
    and hasattr(os, "O_DIRECTORY")
)
"""Whether names can be looked up relative to an open folder, which no link can lead astray."""

MOVES_OPEN_FILES = sys.platform != "win32"
"""Whether a file can be renamed while we hold it open."""

BINARY: int = getattr(os, "O_BINARY", 0)
NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
DIRECTORY: int = getattr(os, "O_DIRECTORY", 0)
NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
"""Opening a named pipe that took a file's place must not wait for its other end."""


class Unsupported(Exception):
    """This system, or this file system, has no such operation."""


def _numbers(*names: str) -> frozenset[int]:
    return frozenset(number for name in names if (number := getattr(errno, name, None)) is not None)


UNSUPPORTED = _numbers("EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "ENOTTY", "EPERM")
"""How systems and file systems say that they do not know an operation."""

_FLAGS = {
    # System: the function, and its flags for each kind of rename.
    "linux": ("renameat2", {"exclusive": 1, "exchange": 2}),
    "darwin": ("renameatx_np", {"exclusive": 4, "exchange": 2}),
}

Rename = Callable[[int, str, int, str], None]


@cache
def special_rename(kind: str) -> Rename | None:
    """A rename that destroys nothing, where the C library has it.

    `exclusive` takes only a free name, `exchange` lets two files change places at one instant.
    ctypes is imported with the first file that is written, and not before.
    """
    if sys.platform not in _FLAGS:
        return None
    import ctypes

    name, flags = _FLAGS[sys.platform]
    function: Any = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        return None
    text, number = ctypes.c_char_p, ctypes.c_int
    function.argtypes = (number, text, number, text, ctypes.c_uint)
    flag = flags[kind]

    def rename(source_fd: int, source: str, target_fd: int, target: str) -> None:
        names = os.fsencode(source), os.fsencode(target)
        while function(source_fd, names[0], target_fd, names[1], flag) != 0:
            failure = ctypes.get_errno()
            if failure in UNSUPPORTED:
                raise Unsupported
            if failure != errno.EINTR:
                raise OSError(failure, os.strerror(failure), target)

    return rename


def sync(handle: int) -> None:
    """Make what was written to a file or folder survive a power cut."""
    if sys.platform == "darwin":
        import fcntl

        # Apple's fsync leaves the bytes in the drive's own cache; not every drive can do better.
        with suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    os.fsync(handle)


def write_all(handle: int, data: bytes) -> None:
    """A write may take only a part; what is left over is written next."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def pour(source: int, target: int) -> None:
    """Copy all bytes of one open file to another, which is empty; shares blocks where it can."""
    if _cloned(source, target):
        return
    _copy_in_kernel(source, target)
    # From where the kernel left off: nothing, unless it could not do it. Some virtual file
    # systems even claim to be at their end before they are.
    while chunk := os.read(source, CHUNK):
        write_all(target, chunk)


_CANNOT_COPY = UNSUPPORTED | {errno.EXDEV}


def _cloned(source: int, target: int) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    ficlone = 0x40049409
    try:
        fcntl.ioctl(target, ficlone, source)
    except OSError as error:
        if error.errno in _CANNOT_COPY:
            return False
        raise
    return True


def _copy_in_kernel(source: int, target: int) -> None:
    if sys.platform != "linux":
        return
    try:
        while os.copy_file_range(source, target, CHUNK << 8):
            pass
    except OSError as error:
        if error.errno not in _CANNOT_COPY:
            raise


def lock(handle: int | None) -> bool:
    """Hold an open file or folder against our own other processes, at once or not at all.

    The lock dies with its holder and binds only those who ask for it. Where the system has no
    such locks the answer is yes.
    """
    if handle is None or sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in UNSUPPORTED | {errno.ENOLCK, errno.EBADF}:
            raise
    return True


def unlock(handle: int | None) -> None:
    if handle is not None and sys.platform != "win32":
        import fcntl

        # Nothing can be done about a lock that cannot be given back, and it dies with the handle.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
