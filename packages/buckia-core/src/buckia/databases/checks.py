"""Whether a private copy of a database is sound, and whether it fits where it is to go."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

_UNKNOWN = re.compile(r"(no such collation sequence|unknown function|no such function): (\w+)")
_MOST = 100
"""Functions and collations of an app's own that are stood in for."""


class Nature(msgspec.Struct, frozen=True):
    """What must not change under an app that has the database open."""

    page_size: int
    encoding: str
    application_id: int
    user_version: int


def at_rest(path: Path) -> sqlite3.Connection:
    """A file that nobody writes: no lock is taken and no file made beside it."""
    where = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(where, uri=True, isolation_level=None)


def nature(connection: sqlite3.Connection) -> Nature:
    fields = Nature.__struct_fields__
    told = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in fields}
    return msgspec.convert(told, Nature)


def damage(path: Path, *, thorough: bool) -> str:
    """What is wrong with a private copy; empty where nothing is.

    The thorough check also holds each index against its table.
    """
    with closing(at_rest(path)) as connection:
        # A row that breaks a rule of the app's is no damage: it may be older than the rule.
        connection.execute("PRAGMA ignore_check_constraints=ON")
        check = "integrity_check" if thorough else "quick_check"
        for _ in range(_MOST):
            try:
                found = [str(row[0]) for row in connection.execute(f"PRAGMA {check}(3)")]
            except sqlite3.OperationalError as error:
                unknown = _UNKNOWN.search(str(error))
                if unknown is None:
                    raise
                _stand_in(connection, *unknown.groups())
                # In which order the app's own function puts things only the app can tell.
                check = "quick_check"
            except sqlite3.DatabaseError as error:
                return str(error)
            else:
                return "" if found == ["ok"] else "; ".join(found)
    return "it needs more functions of its app's own than can be stood in for"


def _stand_in(connection: sqlite3.Connection, kind: str, name: str) -> None:
    if "collation" in kind:
        connection.create_collation(name, lambda one, other: (one > other) - (one < other))
    else:
        connection.create_function(name, -1, lambda *_values: None, deterministic=True)


def misfit(coming: Nature, here: Nature) -> str:
    """Why a database cannot take the place of one that an app may have open; empty if it can."""
    if coming.application_id != here.application_id:
        return (
            f"it belongs to another app (application_id {coming.application_id}, "
            f"not {here.application_id})"
        )
    if coming.user_version != here.user_version:
        return (
            f"its schema is that of user_version {coming.user_version}, "
            f"and the one here is at {here.user_version}"
        )
    if coming.encoding != here.encoding:
        return f"its text is in {coming.encoding}, and here it is in {here.encoding}"
    return ""
