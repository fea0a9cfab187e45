"""The folder that others put change files into: what is in it, and the bytes of one file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from buckia.ids import is_change_id
from buckia.inbound.document import ENDING
from buckia.inbound.trouble import InboundError, Refused, shown

_FLAGS = (
    os.O_RDONLY
    # A pipe would keep us waiting, and a link leads to somebody else's file.
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)


class Ignored(msgspec.Struct, frozen=True):
    """Something in the folder that was left where it is."""

    name: str
    reason: str


class Gone(Exception):
    """The file is not there any more, or no file any more."""


class Listing(msgspec.Struct, frozen=True):
    names: tuple[str, ...]
    """Files, in the order of their names, which is that of the IDs."""
    ignored: tuple[Ignored, ...]


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Raise `InboundError` for what the file system raises."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        raise InboundError(
            f"{path} could not be read or written: {said}",
            hint=f"look at the disk and the permissions of {path}",
        ) from error


def listing(folder: Path) -> Listing:
    """What is in the folder; one that is not there is empty, and a link leads to another one."""
    if folder.is_symlink():
        return Listing((), (Ignored(folder.name, "it is a link, and no folder"),))
    names: list[str] = []
    ignored: list[Ignored] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if reason := _other(entry):
                    ignored.append(Ignored(entry.name, reason))
                else:
                    names.append(entry.name)
    except FileNotFoundError:
        return Listing((), ())
    return Listing(tuple(sorted(names)), tuple(sorted(ignored, key=lambda one: one.name)))


def _other(entry: os.DirEntry[str]) -> str:
    """Why this is no file that somebody sent; empty if it is one."""
    if entry.name.startswith("."):
        return "its name begins with a dot, as those of unfinished files do"
    if not _is_unicode(entry.name):
        return "its name is not valid Unicode"
    if not entry.name.endswith(ENDING):
        # Whoever names a folder of other things by mistake finds them where they were.
        return f"its name does not end in {ENDING}"
    if entry.is_dir(follow_symlinks=False):
        return "it is a folder"
    return "" if entry.is_file(follow_symlinks=False) else "it is no regular file"


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_name(name: str) -> bool:
    """Whether it is a change ID with the ending of change files."""
    return name.endswith(ENDING) and is_change_id(name.removesuffix(ENDING))


def id_of(name: str) -> str:
    """The ID that a file's name says."""
    if not is_name(name):
        raise Refused(
            f"the name {shown(name)} is no change ID with {ENDING} behind it",
            hint="take a UUIDv7 in lower-case letters",
        )
    return name.removesuffix(ENDING)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, for its bytes; `Gone` where there is none."""
    try:
        handle = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ELOOP}:
            raise Gone from error
        raise
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Gone
        yield file


def read(path: Path, limit: int) -> bytes:
    """All bytes of a regular file; `Refused` where they are too many, before they are read."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise _too_large(size, limit)
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _too_large(len(content), limit)
    return content


def _too_large(size: int, limit: int) -> Refused:
    return Refused(
        f"the file has {size:,} bytes, and {limit:,} are allowed", hint="write several files"
    )
