"""What SQLite puts beside a database: parts of it that mean nothing, or harm, without it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from buckia.stores.local.folders import Folder

_MAGIC = b"SQLite format 3\x00"
_SUFFIXES = ("-wal", "-journal", "-shm")
_LIVE = ("-wal", "-journal")
"""While one of these is not empty, the database file alone is not the database."""

_HINT = re.compile("(?:-wal|-journal|-shm)(?:/|$)")
"""A look at all names at once; hardly any folder has such a name."""


def side_files(folder: Folder, names: Sequence[str], *, follow: bool) -> Mapping[str, str]:
    """Of a folder's files, those that take no part because of a database, and why."""
    if not _HINT.search("/".join(names)):
        return {}
    present = set(names)
    reasons: dict[str, str] = {}
    for suffix in _SUFFIXES:
        for name in names:
            database = name.removesuffix(suffix)
            if database == name or database not in present:
                continue
            if not _is_database(folder, database, follow=follow):
                continue
            reasons[name] = f"it belongs to the database {database} and never travels by itself"
            if suffix in _LIVE and _has_bytes(folder, name):
                reasons[database] = f"the database is in use: {name} is not empty"
    return reasons


def _is_database(folder: Folder, name: str, *, follow: bool) -> bool:
    try:
        handle = folder.open(name, os.O_RDONLY, follow=follow)
    except OSError:
        # Gone, or unreadable: then it does not travel either, and says so itself.
        return False
    try:
        return os.read(handle, len(_MAGIC)) == _MAGIC
    except OSError:
        return False
    finally:
        os.close(handle)


def _has_bytes(folder: Folder, name: str) -> bool:
    try:
        return folder.stat(name, follow=True).st_size > 0
    except FileNotFoundError:
        return False
