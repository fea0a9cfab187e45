"""Folders held open, so that a name means what it meant a moment ago.

Every path is walked from the root one segment at a time, each looked up in the open folder above
it and never through a symbolic link. A folder that is exchanged for a link half-way is found out;
nothing is ever read or written on its other side. Systems without such lookups get the same
methods on plain paths, checked just before.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from buckia.closing import Closes
from buckia.stores.local import system
from buckia.stores.local.faults import Barred

CLOSED = -3
"""No handle: -1 would be none given to Python, -2 and -100 the current folder to some systems."""
_JUNCTION = 0xA0000003


class Folder(Closes):
    """One open folder. `path` is for messages, and for systems without handles."""

    __slots__ = ("fd", "path")

    def __init__(self, path: str, fd: int | None) -> None:
        self.path = path
        self.fd = fd

    def at(self, name: str) -> str:
        """What to hand to the system beside `dir_fd`."""
        return name if self.fd is not None else os.path.join(self.path, name)

    def path_of(self, name: str) -> Path:
        """Where a library that takes nothing but paths finds what lies in this very folder."""
        link = f"/proc/self/fd/{self.fd}"
        where = os.readlink(link) if self.fd is not None and os.path.islink(link) else self.path
        return Path(os.path.abspath(where)) / name

    def stat(self, name: str, *, follow: bool = False) -> os.stat_result:
        return os.stat(self.at(name), dir_fd=self.fd, follow_symlinks=follow)

    def itself(self) -> os.stat_result:
        return os.stat(self.path if self.fd is None else self.fd)

    def open(self, name: str, flags: int, mode: int = 0o600, *, follow: bool = False) -> int:
        flags |= system.BINARY | system.NONBLOCK | (0 if follow else system.NOFOLLOW)
        if self.fd is None and not follow and os.path.islink(self.at(name)):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), self.at(name))
        return os.open(self.at(name), flags, mode, dir_fd=self.fd)

    def enter(self, name: str, *, follow: bool = False) -> Folder:
        """The folder of that name; `NotADirectoryError` where it is a link or a file."""
        path = os.path.join(self.path, name)
        if self.fd is not None:
            flags = os.O_RDONLY | system.DIRECTORY | (0 if follow else system.NOFOLLOW)
            return Folder(path, os.open(name, flags, dir_fd=self.fd))
        seen = os.stat(path, follow_symlinks=follow)
        # On Windows a junction is a folder to `stat` and a link in truth.
        junction = getattr(seen, "st_reparse_tag", 0) == _JUNCTION
        if not stat.S_ISDIR(seen.st_mode) or (junction and not follow):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return Folder(path, None)

    def make(self, name: str, mode: int = 0o777) -> bool:
        """Create a folder; False if there is something of that name."""
        try:
            os.mkdir(self.at(name), mode, dir_fd=self.fd)
        except FileExistsError:
            return False
        return True

    def unlink(self, name: str) -> None:
        os.unlink(self.at(name), dir_fd=self.fd)

    def remove(self, name: str) -> bool:
        """Remove an empty folder; False if it is not empty, or not there."""
        try:
            os.rmdir(self.at(name), dir_fd=self.fd)
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EBUSY):
                return False
            raise
        return True

    def remove_hollow(self, name: str) -> bool:
        """Remove a folder that holds nothing but empty folders; False if anything else is in it."""
        return self._is_hollow(name) and self._remove_all(name)

    def _is_hollow(self, name: str) -> bool:
        with self.enter(name) as inner:
            return all(
                stat.S_ISDIR(inner.stat(one).st_mode) and inner._is_hollow(one)  # noqa: SLF001 - a folder like this one
                for one in inner.names()
            )

    def _remove_all(self, name: str) -> bool:
        with self.enter(name) as inner:
            # What came in meanwhile makes the removal of its folder fail, and stays.
            gone = all(inner._remove_all(one) for one in inner.names())  # noqa: SLF001 - as above
        return gone and self.remove(name)

    def names(self) -> list[str]:
        with closing(os.scandir(self.path if self.fd is None else self.fd)) as found:
            return [entry.name for entry in found]

    def is_free(self, name: str) -> bool:
        try:
            self.stat(name)
        except FileNotFoundError:
            return True
        return False

    def same_as(self, other: Folder) -> bool:
        return os.path.samestat(self.itself(), other.itself())

    def sync(self) -> None:
        """Make its names survive a power cut; some network drives do not know how."""
        if self.fd is None:
            return
        try:
            system.sync(self.fd)
        except OSError as error:
            if error.errno not in system.UNSUPPORTED:
                raise

    def twin(self) -> Folder:
        """The same folder opened once more.

        A duplicate of the handle would not do: it shares the place that a listing has reached,
        and its locks, with the first.
        """
        if self.fd is None:
            return Folder(self.path, None)
        return Folder(self.path, os.open(".", os.O_RDONLY | system.DIRECTORY, dir_fd=self.fd))

    def close(self) -> None:
        if self.fd is not None:
            # Never None again: that would mean "look names up by path".
            fd, self.fd = self.fd, CLOSED
            if fd != CLOSED:
                # Nothing was written by way of it that closing could still lose.
                with suppress(OSError):
                    os.close(fd)


def open_folder(path: str) -> Folder:
    """The folder at the end of a path that is trusted, links and all."""
    if system.HANDLES:
        return Folder(path, os.open(path, os.O_RDONLY | system.DIRECTORY))
    if not stat.S_ISDIR(os.stat(path).st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    return Folder(path, None)


def walk(start: Folder, segments: Sequence[str], *, follow: bool = False) -> Folder:
    """The folder that many steps below; `Barred` where a file or a link stands in the way."""
    here = start.twin()
    for name in segments:
        with here:
            there = _enter(here, name, follow=follow)
        here = there
    return here


def walk_making(
    start: Folder,
    segments: Sequence[str],
    made: Callable[[int, Folder], None],
    *,
    follow: bool = False,
) -> Folder:
    """Like `walk`, but a folder that is missing is created.

    `made` is told which step it was, and where; it makes the new name durable.
    """
    here = start.twin()
    for step, name in enumerate(segments):
        with here:
            try:
                there = _enter(here, name, follow=follow)
            except FileNotFoundError:
                if here.make(name):
                    made(step, here)
                there = _enter(here, name, follow=follow)
        here = there
    return here


def _enter(here: Folder, name: str, *, follow: bool) -> Folder:
    try:
        return here.enter(name, follow=follow)
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise
        path = os.path.join(here.path, name)
        if os.path.islink(path):
            raise Barred(
                f"{path} is a symbolic link, and links are not followed",
                hint="set follow_symlinks if they are meant to be, or make it a folder",
            ) from error
        raise Barred(f"{path} is no folder") from error
