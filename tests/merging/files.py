"""Three databases made of SQL, and rows read back to the last bit.

They are made and read by the SQLite of the standard library, and merged by another.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from struct import pack
from typing import Any

from buckia.merging.model import Merged
from buckia.merging.rules import RowRules, Rule, parse_rule
from buckia.merging.whole import merge


def run(path: Path, *statements: str | tuple[str, Sequence[Any]]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            if isinstance(statement, str):
                db.executescript(statement)
            else:
                db.execute(*statement)


class Three:
    """The files of one merge in a folder."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / "base.db"
        self.local = folder / "local.db"
        self.remote = folder / "remote.db"
        self.result = folder / "result.db"

    def make(self, base: str, local: str = "", remote: str = "") -> Three:
        run(self.base, base)
        for path, edits in ((self.local, local), (self.remote, remote)):
            path.write_bytes(self.base.read_bytes())
            run(path, edits)
        return self

    def merge(self, rule: str | Rule = "ask", **tables: str) -> Merged:
        default = parse_rule(rule) if isinstance(rule, str) else rule
        chosen = {name: parse_rule(text) for name, text in tables.items()}
        merged = merge(
            self.base,
            self.local,
            self.remote,
            self.result,
            rules=RowRules(default=default, tables=chosen),
        )
        assert merged.waiting is not self.result.exists()
        assert {path.suffix for path in self.base.parent.iterdir()} == {".db"}
        return merged

    def swapped(self) -> Three:
        """The same, seen from the other side, with a result of its own."""
        other = Three(self.base.parent)
        other.local, other.remote = self.remote, self.local
        other.result = self.base.parent / "swapped.db"
        return other

    def rows(self, table: str = "t") -> list[tuple[Any, ...]]:
        return rows(self.result, table)


def rows(path: Path, table: str = "t") -> list[tuple[Any, ...]]:
    """As Python has them, in an order of their own."""
    with closing(sqlite3.connect(path)) as db:
        found = db.execute(f"SELECT * FROM {quoted(table)}").fetchall()
    return sorted(found, key=repr)


def exact(path: Path, table: str, columns: Iterable[str] = ("*",)) -> Counter[tuple[Any, ...]]:
    """Values that are equal only if they are the same bytes of the same type."""
    chosen = ", ".join(columns)
    with closing(sqlite3.connect(path)) as db:
        db.text_factory = _Text
        found = db.execute(f"SELECT {chosen} FROM {quoted(table)}").fetchall()
    return Counter(tuple(map(bits, row)) for row in found)


class _Text(bytes):
    pass


def bits(value: Any) -> tuple[str, Any]:
    if isinstance(value, float):
        return "real", pack(">d", value)
    if isinstance(value, _Text):
        return "text", bytes(value)
    if isinstance(value, str):
        return "text", value.encode("utf-8", "surrogateescape")
    return type(value).__name__, value


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert not list(path.parent.glob(f"{path.name}-*"))
