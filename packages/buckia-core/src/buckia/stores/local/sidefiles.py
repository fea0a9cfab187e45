"""What SQLite puts beside a database: parts of it that mean nothing, or harm, without it."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from buckia.databases import opening, peeking
from buckia.stores.local.folders import Folder

_SUFFIXES = (*opening.BESIDE, "-shm")
_HINT = re.compile("(?:-wal|-journal|-shm)(?:/|$)")
"""A look at all names at once; hardly any folder has such a name."""


class Beside(NamedTuple):
    """What databases make of the names in a folder."""

    parts: Mapping[str, str]
    """Files that take no part, and why."""
    live: Mapping[str, str]
    """Databases whose files alone are not the database, and why."""


NOTHING = Beside({}, {})


def beside(folder: Folder, names: Sequence[str], *, follow: bool) -> Beside:
    if not _HINT.search("/".join(names)):
        return NOTHING
    present = set(names)
    parts: dict[str, str] = {}
    live: dict[str, str] = {}
    for suffix in _SUFFIXES:
        for name in names:
            database = name.removesuffix(suffix)
            if database == name or database not in present:
                continue
            if not _is_database(folder, database, follow=follow):
                continue
            parts[name] = f"it belongs to the database {database} and never travels by itself"
            if suffix in opening.BESIDE and _has_bytes(folder, name):
                live[database] = f"the database is in use: {name} is not empty"
    return Beside(parts, live)


def _is_database(folder: Folder, name: str, *, follow: bool) -> bool:
    try:
        seen = folder.stat(name, follow=follow)
    except OSError:
        # Gone, or unreadable: then it does not travel either, and says so itself.
        return False
    return stat.S_ISREG(seen.st_mode) and peeking.peek(folder.path_of(name))


def _has_bytes(folder: Folder, name: str) -> bool:
    try:
        return folder.stat(name, follow=True).st_size > 0
    except FileNotFoundError:
        return False
