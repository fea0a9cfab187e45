"""How a database looks from outside: its file, and what SQLite keeps beside it.

A version is that of the file; behind a `+` stands that of the log, and behind a `-` that of the
journal, where they are not empty. Such a version fits no single file, so nobody takes it for one.
Of those two the time of their last change of owner does not count, for opening them may set it.
"""

from __future__ import annotations

import errno
import os
import stat

import msgspec

from buckia.databases.opening import BESIDE
from buckia.stores.local.folders import Folder
from buckia.stores.local.ground import Ground
from buckia.stores.local.versions import LocalEntry, mark, stem

_SIGNS = dict(zip(BESIDE, "+-", strict=True))


class Looks(msgspec.Struct, frozen=True):
    """One look at all of it."""

    version: str
    content: str
    """The same without the journal, which whoever writes makes anew."""
    size: int
    """Of the file."""
    mtime_ns: int
    newest: int
    """The latest of all stamps, in nanoseconds."""
    device: int
    mode: int
    """The file's permissions."""
    is_live: bool
    """Whether the file alone is not the database."""


def look(folder: Folder, name: str, *, follow: bool = False) -> Looks | None:
    """None where there is no such file."""
    # First what lies beside it: a log that is written back into the file after this look has
    # changed the file by the time of the next.
    beside = {ending: seen for ending in BESIDE if (seen := _seen(folder, name + ending, follow))}
    main = _seen(folder, name, follow)
    if main is None:
        return None
    all_ = [main, *beside.values()]
    log = beside.get(BESIDE[0])
    content = stem(main) + (f"+{mark(log)}" if log else "")
    return Looks(
        version=stem(main) + "".join(_SIGNS[one] + mark(seen) for one, seen in beside.items()),
        content=content,
        size=main.st_size,
        mtime_ns=max(seen.st_mtime_ns for seen in all_),
        newest=max(main.st_ctime_ns, *(seen.st_mtime_ns for seen in all_)),
        device=main.st_dev,
        mode=main.st_mode & 0o777,
        is_live=bool(beside),
    )


def _seen(folder: Folder, name: str, follow: bool) -> os.stat_result | None:
    try:
        seen = folder.stat(name, follow=follow)
    except FileNotFoundError:
        return None
    except OSError as error:
        # The name of the database fits, and with an ending behind it no more: so there is none.
        if error.errno == errno.ENAMETOOLONG and name.endswith(BESIDE):
            return None
        raise
    # An empty file says as little as none, but for the database itself.
    is_file = stat.S_ISREG(seen.st_mode)
    return seen if is_file and (seen.st_size or not name.endswith(BESIDE)) else None


def entry(ground: Ground, key: str, looks: Looks, horizon: int, size: int) -> LocalEntry:
    ending = "" if looks.newest < horizon else ground.unsettled.ending()
    return LocalEntry(key, size, looks.version + ending, looks.mtime_ns)
