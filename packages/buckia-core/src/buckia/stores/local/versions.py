"""What tells one state of a file from another, and how far that can be trusted.

A version is `size.mtime.ctime.inode` in hexadecimal, times in nanoseconds. File systems stamp
times with a clock that moves in ticks, so a file written twice within one tick can look the
same both times. A version seen less than a tick after its own stamps is therefore *unsettled*
and ends in `~` and something that no other observation has: it equals no other version, so its
bytes are looked at again next time. Where versions are compared on purpose (a pinned read, an
expected version), what follows the `~` does not count.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

import msgspec

from buckia.model import NOTHING_KNOWN


class LocalEntry(msgspec.Struct, frozen=True, gc=False):
    """An `Entry` that costs little, since a scan makes a million of them."""

    key: str
    size: int
    version: str
    mtime_ns: int

    @property
    def changed(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self.mtime_ns / 1e9, UTC)
        except (OverflowError, ValueError, OSError):
            # A time that no calendar holds; the number itself is in `mtime_ns`.
            return None

    @property
    def digests(self) -> Mapping[str, str]:
        return NOTHING_KNOWN

    @property
    def hints(self) -> Mapping[str, str]:
        return NOTHING_KNOWN


class Unsettled:
    """Makes the endings of unsettled versions: no two alike, in this process or another."""

    def __init__(self) -> None:
        self._where = os.urandom(4).hex()
        self._count = count()

    def ending(self) -> str:
        return f"~{self._where}{next(self._count):x}"


def stem(seen: os.stat_result) -> str:
    """The version of a settled file."""
    return f"{seen.st_size:x}.{seen.st_mtime_ns:x}.{seen.st_ctime_ns:x}.{seen.st_ino:x}"


def is_settled(version: str) -> bool:
    return "~" not in version


def same_looks(one: str, other: str) -> bool:
    """Whether two versions are one, apart from what makes each observation unsettled."""
    return one.partition("~")[0] == other.partition("~")[0]


def is_of(seen: os.stat_result, version: str) -> bool:
    """Whether a file is of that version, as far as its looks can say."""
    return stem(seen) == version.partition("~")[0]


def mark(seen: os.stat_result) -> str:
    """What a rename leaves as it was: everything but the ctime, which it sets itself."""
    return f"{seen.st_size:x}.{seen.st_mtime_ns:x}.{seen.st_ino:x}"


def mark_of(version: str) -> str:
    """The same, of a version; a text that is no version of ours has no mark that fits a file."""
    parts = version.partition("~")[0].split(".")
    return f"{parts[0]}.{parts[1]}.{parts[3]}" if len(parts) == 4 else ""


def entry(key: str, seen: os.stat_result, ending: str = "") -> LocalEntry:
    return LocalEntry(key, seen.st_size, stem(seen) + ending, seen.st_mtime_ns)
