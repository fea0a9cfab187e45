"""Which rows stand in the way of another, by whatever index: SQLite itself is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from buckia.merging.catalog import Table
from buckia.merging.sql import quoted

if TYPE_CHECKING:
    from apsw import Connection


def in_the_way(
    db: Connection, table: Table, number: str, insert: str, rows: Sequence[int]
) -> list[tuple[int, list[int]]]:
    """For each row the numbers of those that would be replaced if it came in.

    `number` is a SELECT that gives the number of `OLD`; `insert` is an INSERT, but for its first
    word, of the row whose number it is given.
    """
    db.execute("CREATE TEMP TABLE buckia_hit (number)")
    db.execute(
        f"CREATE TEMP TRIGGER buckia_hits AFTER DELETE ON main.{quoted(table.name)}"
        f" BEGIN INSERT INTO buckia_hit {number}; END"
    )
    found = []
    for row in rows:
        db.execute("SAVEPOINT buckia_try")
        db.execute(f"INSERT OR REPLACE {insert}", (row,))
        hits: list[Any] = db.execute(
            "SELECT DISTINCT number FROM temp.buckia_hit ORDER BY 1"
        ).fetchall()
        db.execute("ROLLBACK TO buckia_try")
        db.execute("RELEASE buckia_try")
        found.append((row, [hit for (hit,) in hits]))
    db.execute("DROP TRIGGER temp.buckia_hits")
    db.execute("DROP TABLE temp.buckia_hit")
    return found
