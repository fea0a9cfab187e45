"""What others may write: tables and columns, by name."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Literal

import msgspec

from buckia.errors import ConfigError
from buckia.inbound.changes import Action, Change
from buckia.inbound.trouble import Refused, shown

EVERY = "*"
OURS = "buckia_"
_NEVER = ("sqlite_", OURS)
"""How the names of the database's own tables begin, and those of ours."""


def never(table: str) -> bool:
    """Whether nobody may write the table, whatever a permission says."""
    return table.lower().startswith(_NEVER)


class Permission(msgspec.Struct, frozen=True):
    """Each table that may be written with its columns, or `"*"` for all that it has.

    To insert or delete a row takes its key columns as well; to update one does not.
    """

    tables: Mapping[str, tuple[str, ...] | Literal["*"]]

    def __post_init__(self) -> None:
        for table, columns in self.tables.items():
            if isinstance(columns, str) and columns != EVERY:
                raise ConfigError(
                    f"the columns of {table} are a single word, {columns!r}",
                    hint='give a list of columns, or "*"',
                )

    def check(self, change: Change) -> None:
        """Raise `Refused` for what is not allowed, as far as names tell."""
        columns = self.tables.get(change.table)
        if columns is None or never(change.table):
            raise Refused(f"the table {shown(change.table)} may not be written")
        if columns == EVERY:
            return
        for column in _written(change):
            if column not in columns:
                name = f"{shown(change.table)}.{shown(column)}"
                raise Refused(f"the column {name} may not be written: {change.action}")


def _written(change: Change) -> AbstractSet[str]:
    if change.action is Action.UPDATE:
        return change.values.keys()
    return change.key.keys() | change.values.keys()
