"""The words of change files: what is to become of single rows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

Value = None | int | float | str | bytes
"""What a column can hold."""
Row = Mapping[str, Value]

_NOTHING: Row = MappingProxyType({})


class Action(StrEnum):
    INSERT = "insert"
    """The row is not there, or is there with these very values already."""
    UPDATE = "update"
    """The row is there; columns that are not named keep their values."""
    DELETE = "delete"
    """The row may be gone already."""


class Change(msgspec.Struct, frozen=True):
    """What is to become of one row."""

    table: str
    action: Action
    key: Row
    """The whole primary key of the row."""
    values: Row = _NOTHING
    """Other columns; none where the row is deleted."""


class ChangeFile(msgspec.Struct, frozen=True):
    """Changes that happen all together, or not at all."""

    id: str
    database: str
    """The name of the database's file, without its folder."""
    changes: tuple[Change, ...]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of others is looked at, and how long somebody may keep us waiting."""

    file: int = 16 * 1024 * 1024
    value: int = 4 * 1024 * 1024
    """Bytes of one text in UTF-8, or of one blob before it is written in base64."""
    changes: int = 10_000
    """In one file, that is, in one transaction, for which the app waits."""
    wait: float = 10.0
    """Seconds to wait for the app while it writes."""


DEFAULT_LIMITS = Limits()
