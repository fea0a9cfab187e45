"""Whether all files have one schema, and if not, which side changed what."""

# ruff: noqa: S608 - names are quoted, values are bound
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from buckia.errors import Unmergeable
from buckia.merging.ours import is_ours

if TYPE_CHECKING:
    from apsw import Connection

_KEPT_OR_SPACE = re.compile(
    r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*\n?|/\*.*?\*/)|\s+""", re.DOTALL
)
_MOST = 5
"""So many differences are named."""


def refuse_difference(db: Connection, base: str, sides: tuple[str, ...]) -> None:
    """`base` and `sides` are names of attached databases."""
    before = _schema(db, base)
    changed = {side: told for side in sides if (told := _changes(before, _schema(db, side)))}
    if not changed:
        return
    words = "; ".join(
        f"in {side}: {', '.join(told[:_MOST])}{' ...' if len(told) > _MOST else ''}"
        for side, told in changed.items()
    )
    raise Unmergeable(
        f"The schema changed since both sides agreed ({words}).",
        hint="Bring all devices to one version of the app, and keep one side's database as it is.",
    )


def _schema(db: Connection, name: str) -> Mapping[str, str]:
    shadows = {
        str(table)
        for (table,) in db.execute(
            "SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'shadow'", (name,)
        )
    }
    found = {
        f"{kind} {called!r}": _normal(str(sql))
        for kind, called, table, sql in db.execute(
            f"SELECT type, name, tbl_name, sql FROM {name}.sqlite_schema"
            " WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_'"
        )
        if called not in shadows and not is_ours(str(table))
    }
    for setting in ("user_version", "application_id"):
        found[setting] = str(db.execute(f"PRAGMA {name}.{setting}").get)
    return found


def _normal(sql: str) -> str:
    return _KEPT_OR_SPACE.sub(lambda found: found[1] or " ", sql).strip()


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    told = [f"{name} was added" for name in after if name not in before]
    told += [f"{name} was removed" for name in before if name not in after]
    told += [
        f"{name} was changed" for name in after if name in before and after[name] != before[name]
    ]
    return sorted(told)
