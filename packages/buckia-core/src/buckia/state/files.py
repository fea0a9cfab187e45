"""Private files and folders that are whole and durable, or not there."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

FILE = 0o600
FOLDER = 0o700
_CANNOT = {
    number
    for name in ("EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "ENOTTY", "EPERM", "EBADF", "EACCES")
    if (number := getattr(errno, name, None)) is not None
}
"""How file systems say that they do not know how to sync a folder."""


def stamp(when: datetime) -> str:
    """`20240131T235959Z`: sorts by time and stands in any file's name."""
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def make_folder(path: Path) -> None:
    """Make the folder and those above it, readable by the owner only, whatever the umask."""
    if not path.is_dir():
        make_parents(path.parent)
        with suppress(FileExistsError):
            path.mkdir(FOLDER)
            sync_folder(path.parent)
    make_private(path, FOLDER)


def make_parents(path: Path) -> None:
    """Like `make_folder`, but what was there before keeps its permissions."""
    if not path.is_dir():
        make_folder(path)


def make_private(path: Path, mode: int) -> None:
    """Give exactly this mode, where the file system has modes and the file is ours."""
    if os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == mode:
        return
    # File systems without modes (FAT, some network shares) refuse; there is nothing to protect
    # with there, and no reason not to sync.
    with suppress(PermissionError, NotImplementedError):
        path.chmod(mode)


def sync_folder(path: Path) -> None:
    """Make names in this folder durable, on systems where a folder can be synced."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems cannot sync a folder and say so; then it needs none.
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(handle)


def create(path: Path, content: bytes = b"") -> None:
    """A new private file, durable on return but for its name; `FileExistsError` if there is one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE)
    with os.fdopen(handle, "wb") as file:
        if hasattr(os, "fchmod"):
            # A umask may have taken what the owner needs.
            with suppress(PermissionError):
                os.fchmod(handle, FILE)
        file.write(content)
        file.flush()
        os.fsync(handle)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}")


def write(path: Path, content: bytes) -> None:
    """Replace the file, whole or not at all, durable on return."""
    temporary = _temporary(path)
    try:
        create(temporary, content)
        temporary.replace(path)
    except BaseException:  # whatever it was, what is half done must not stay; it goes on its way
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_once(path: Path, content: bytes) -> None:
    """Make the file, whole, unless somebody else did so first; durable on return."""
    temporary = _temporary(path)
    try:
        create(temporary, content)
        give_name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def give_name(temporary: Path, path: Path) -> None:
    """Give the file this name, as well or instead, unless somebody has it already."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:
        # No hard links here: the only other way has a moment in which two could both succeed,
        # and then the later one's content holds.
        if not path.exists():
            temporary.replace(path)
