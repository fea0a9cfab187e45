"""References between rows: what is broken, before and after."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Set as AbstractSet

_REFERENCES = """
    SELECT DISTINCT child.name, reference."table"
    FROM pragma_table_list AS child, pragma_foreign_key_list(child.name) AS reference
    WHERE child.schema = 'main' AND child.type = 'table'
"""

Broken = Counter[tuple[object, ...]]


def concerned(connection: sqlite3.Connection, written: AbstractSet[str]) -> list[str]:
    """Tables with references that writing these tables can break."""
    names = {name.lower() for name in written}
    found = connection.execute(_REFERENCES).fetchall()
    return sorted({child for child, parent in found if {child.lower(), parent.lower()} & names})


def broken(connection: sqlite3.Connection, tables: list[str]) -> Broken:
    """The references of these tables that lead nowhere, and how often.

    The database counts those that a transaction breaks, but one that the app had broken before
    and that is mended now counts against it.
    """
    found: Broken = Counter()
    for name in tables:
        found.update(
            map(tuple, connection.execute("SELECT * FROM pragma_foreign_key_check(?)", (name,)))
        )
    return found
