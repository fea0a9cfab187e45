"""Renames that never destroy a file, with what takes their place where a system has none."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from buckia.stores.local.folders import Folder
from buckia.stores.local.system import UNSUPPORTED, Unsupported, special_rename


class Place(NamedTuple):
    """A name in an open folder."""

    folder: Folder
    name: str

    def stat(self) -> os.stat_result:
        return self.folder.stat(self.name)

    def path(self) -> Path:
        """As `Folder.path_of`."""
        return self.folder.path_of(self.name)

    def __str__(self) -> str:
        return os.path.join(self.folder.path, self.name)


def exchange(one: Place, other: Place) -> None:
    """Two files change places at one instant; `Unsupported` where that cannot be done."""
    _special("exchange", one, other)


def rename_exclusive(source: Place, target: Place) -> None:
    """Rename onto a free name at one instant, else `FileExistsError`; or `Unsupported`."""
    if sys.platform == "win32":
        os.rename(source.folder.at(source.name), target.folder.at(target.name))
        return
    _special("exclusive", source, target)


def rename_ours(source: Place, target: Place) -> None:
    """The same for a source that nobody but us touches, which allows it everywhere."""
    for rename in (rename_exclusive, _link_and_unlink, _rename_over_placeholder):
        try:
            rename(source, target)
        except Unsupported:
            continue
        return


def rename_over(source: Place, target: Place) -> None:
    """Rename, and replace whatever file has the name."""
    os.replace(
        source.folder.at(source.name),
        target.folder.at(target.name),
        src_dir_fd=source.folder.fd,
        dst_dir_fd=target.folder.fd,
    )


def _special(kind: str, source: Place, target: Place) -> None:
    rename = special_rename(kind)
    if rename is None or source.folder.fd is None or target.folder.fd is None:
        raise Unsupported
    rename(source.folder.fd, source.name, target.folder.fd, target.name)


def _link_and_unlink(source: Place, target: Place) -> None:
    """A second name can only be a free one; then the first goes. Not atomic, but no-clobber."""
    try:
        os.link(
            source.folder.at(source.name),
            target.folder.at(target.name),
            src_dir_fd=source.folder.fd,
            dst_dir_fd=target.folder.fd,
            follow_symlinks=False,
        )
    except NotImplementedError:
        raise Unsupported from None
    except OSError as error:
        if error.errno in UNSUPPORTED or error.errno == errno.EMLINK:
            raise Unsupported from error
        raise
    source.folder.unlink(source.name)


def _rename_over_placeholder(source: Place, target: Place) -> None:
    """For file systems without hard links: an empty file that is surely ours holds the name."""
    if stat.S_ISDIR(source.stat().st_mode):
        rename_over(source, target)  # takes a free name or an empty folder's, never a file's
        return
    handle = target.folder.open(target.name, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    try:
        held, seen = os.fstat(handle), target.stat()
        if not os.path.samestat(held, seen) or seen.st_size:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    finally:
        os.close(handle)
    try:
        rename_over(source, target)
    except OSError:
        if os.path.samestat(held, target.stat()):
            target.folder.unlink(target.name)
        raise


def move_away(source: Place, parking: Place) -> None:
    """Move a stranger's file to a free place where only we write; it keeps its inode."""
    try:
        rename_exclusive(source, parking)
    except Unsupported:
        # A link and an unlink would not do: between the two another file may get the name.
        if not parking.folder.is_free(parking.name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(parking)) from None
        rename_over(source, parking)
