"""Digests of many small files, one after the other: each folder is walked to once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby

from buckia import digests
from buckia.errors import StorageError
from buckia.stores.local import names, system
from buckia.stores.local.faults import Barred
from buckia.stores.local.folders import Folder
from buckia.stores.local.ground import Ground
from buckia.stores.local.versions import stem

Version = tuple[str, str]
"""A key and its version."""
_FLAGS = os.O_RDONLY | system.BINARY | system.NONBLOCK | system.NOFOLLOW


def digests_together(
    ground: Ground,
    versions: Sequence[Version],
    algorithms: Collection[str],
    leaves: Callable[[bytes], bool] = lambda _data: False,
) -> Iterator[Mapping[str, str] | None]:
    """One for each, or None where more has to be looked at than a glance at an unchanged file.

    So it is where the caller leaves a file because of what is in it.

    That is for an ordinary reading to do, which also finds the words for what is wrong.
    """
    for _, group in groupby(versions, key=lambda one: one[0].rpartition("/")[0]):
        for data in _in_folder(ground, list(group)):
            if data is None or leaves(data):
                yield None
            else:
                yield {one: digests.of(data, one) for one in algorithms}


def _in_folder(ground: Ground, versions: Sequence[Version]) -> Iterator[bytes | None]:
    try:
        for key, _ in versions:
            names.insist(key)
        folder = ground.place(versions[0][0]).folder
    except (OSError, Barred, StorageError):
        yield from [None] * len(versions)
        return
    with folder:
        for key, version in versions:
            yield _bytes(folder, key.rpartition("/")[2], version)


def _bytes(folder: Folder, name: str, version: str) -> bytes | None:
    """All of a file that is of a settled version before and after."""
    if folder.fd is None:
        return None
    try:
        handle = os.open(name, _FLAGS, dir_fd=folder.fd)
    except OSError:
        return None
    try:
        before = os.fstat(handle)
        # An unsettled version equals no stem.
        if stem(before) != version or not stat.S_ISREG(before.st_mode):
            return None
        data = os.read(handle, before.st_size + 1)
        after = os.fstat(handle)
    except OSError:
        return None
    finally:
        os.close(handle)
    is_whole = len(data) == before.st_size
    return data if is_whole and _looks(before) == _looks(after) else None


def _looks(seen: os.stat_result) -> tuple[int, int, int, int]:
    return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino
