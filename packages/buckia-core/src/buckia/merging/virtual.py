"""Virtual tables: what is merged in them, and which of them cannot be."""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from buckia.errors import Unmergeable
from buckia.merging.sql import quoted

if TYPE_CHECKING:
    from apsw import Connection


class Kind(Enum):
    ROWS = auto()
    """Full text that is kept here, row by row."""
    BOXES = auto()
    """An R-tree: the first column is the key."""
    REBUILT = auto()
    """Full text of what stands elsewhere."""
    SHOWN = auto()
    """Nothing is stored, other tables are shown in another form."""


_NAME = r"""(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*'|[^\s"'`\[(]+)"""
_DECLARED = re.compile(
    rf"CREATE\s+VIRTUAL\s+TABLE\s+{_NAME}\s+USING\s+({_NAME})\s*(.*)", re.IGNORECASE | re.DOTALL
)
_WITHOUT_CONTENT = re.compile(r"""[(,]\s*content\s*=\s*(?:''|""|(?=[,)]))""", re.IGNORECASE)
_ELSEWHERE = re.compile(r"""[(,]\s*content\s*=""", re.IGNORECASE)
_HIDDEN = re.compile(r"""[(,]\s*(?:languageid|compress|uncompress)\s*=""", re.IGNORECASE)
_TEXT = frozenset({"fts3", "fts4", "fts5"})
_BOXES = frozenset({"rtree", "rtree_i32"})
_SHOWN = frozenset({"fts5vocab", "fts4aux", "fts3tokenize"})


def kind_of(db: Connection, name: str) -> Kind:
    sql = db.execute(
        "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?", (name,)
    ).get
    declared = _DECLARED.match(str(sql))
    module = declared[1].strip("\"'`[]").lower() if declared else ""
    options = declared[2] if declared else ""
    if module in _SHOWN:
        return Kind.SHOWN
    if module in _BOXES:
        return Kind.BOXES
    if module not in _TEXT:
        raise Unmergeable(
            f"Virtual table {name!r} is of a kind that cannot be merged: {module or 'unknown'}.",
            hint="Full-text tables (fts3 to fts5) and R-trees can be.",
        )
    if _WITHOUT_CONTENT.search(options) or _HIDDEN.search(options):
        raise Unmergeable(
            f"Virtual table {name!r} does not give back what was put into it.",
            hint="Full text can be merged without the options content='', languageid and compress.",
        )
    return Kind.REBUILT if _ELSEWHERE.search(options) else Kind.ROWS


def rebuild(db: Connection, name: str) -> None:
    db.execute(f"INSERT INTO main.{quoted(name)} ({quoted(name)}) VALUES ('rebuild')")
