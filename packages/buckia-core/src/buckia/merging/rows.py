"""Rows as Python sees them, for reports and for rules; the merge itself moves them inside SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from buckia.merging.model import Row, Value
from buckia.merging.sql import quoted

if TYPE_CHECKING:
    from apsw import Connection

_CODECS = {"UTF-8": "utf-8", "UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}


class Reader:
    """Reads rows of one connection, text that is not Unicode included."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._codec = _CODECS[str(db.execute("PRAGMA main.encoding").get)]

    def row(
        self, columns: Sequence[str], source: str, stored: Sequence[str], at: int
    ) -> Row | None:
        """The row that `source`, the rest of a SELECT with one `?`, finds; in `stored` are its
        columns, in `columns` their names for the report.
        """
        found = self._db.execute(f"SELECT {_typed(stored)} {source}", (at,)).fetchall()
        if not found:
            return None
        values = found[0]
        return {
            name: self._value(values[2 * n], values[2 * n + 1]) for n, name in enumerate(columns)
        }

    def _value(self, kind: Any, value: Any) -> Value:
        if kind != "text":
            return value  # type: ignore[no-any-return] # SQLite knows no other types
        errors = "surrogateescape" if self._codec == "utf-8" else "surrogatepass"
        return bytes(value).decode(self._codec, errors)


def _typed(stored: Sequence[str]) -> str:
    return ", ".join(
        f"typeof({name}), CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
        for name in (f"x.{quoted(column)}" for column in stored)
    )
