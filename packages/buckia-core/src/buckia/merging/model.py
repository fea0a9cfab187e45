"""What a merge comes to, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

Value: TypeAlias = int | float | str | bytes | None
"""Text that is not Unicode has surrogates in the places of its bad bytes."""
Row: TypeAlias = Mapping[str, Value]
Side: TypeAlias = Literal["local", "remote"]
Kept: TypeAlias = Literal["local", "remote", "none yet"]


class RowChange(msgspec.Struct, frozen=True):
    """A row that is not as it was. Without a primary key rows come and go, and have no key."""

    table: str
    kind: Literal["insert", "update", "delete"]
    key: Row
    old: Row | None
    new: Row | None


class RowConflict(msgspec.Struct, frozen=True):
    """What both sides did to one row, or two rows that cannot both be there.

    Of two rows (`reason` is "unique") the key and the base are those of the row that gives way,
    or of the local one as long as none does.
    """

    table: str
    key: Row
    base: Row | None
    local: Row | None
    remote: Row | None
    kept: Kept
    reason: Literal["edited", "unique"] = "edited"


class Taken(msgspec.Struct, frozen=True):
    """What became of one table."""

    conflicts: tuple[RowConflict, ...] = ()
    from_local: int = 0
    from_remote: int = 0


class Merged(msgspec.Struct, frozen=True):
    """Rows that both sides changed alike count as taken from neither."""

    conflicts: tuple[RowConflict, ...]
    from_local: int
    from_remote: int
    waiting: bool
    """A person must decide first: there is no result, and no row was taken."""
