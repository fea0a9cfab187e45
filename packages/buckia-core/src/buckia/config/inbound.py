"""Changes that others send to an app's database: which folder, which database, what they may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from buckia.config import checks, quantities
from buckia.config.checks import Wrong, unexpected, within
from buckia.config.where import step, suggestion
from buckia.inbound.changes import DEFAULT_LIMITS, Limits
from buckia.inbound.permission import Permission, never

Columns = tuple[str, ...] | Literal["*"]


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """What of a bucket's changes is applied to which database."""

    database: str
    """A local path, as it was written."""
    folder: str
    """What the keys of the change files begin with; ends with a slash."""
    permission: Permission
    quarantine: str | None = None
    """A local path; without one the quarantine lies in the state."""
    limits: Limits = DEFAULT_LIMITS


def inbound(value: object) -> Inbound:
    if isinstance(value, Inbound):
        return value
    given = _parts(value, _PARTS, "a mapping with database, folder and tables")
    for key in ("database", "folder", "tables"):
        if key not in given:
            raise Wrong("the key is missing; without it no change can be applied", at=step(key))
    return Inbound(permission=Permission(given.pop("tables")), **given)


def _folder(value: object) -> str:
    folder = checks.prefix(value)
    if not folder:
        raise Wrong("expected a folder of the bucket, found its root")
    return folder


def _tables(value: object) -> dict[str, Columns]:
    """Each table that others may write, with its columns."""
    if not isinstance(value, Mapping):
        raise unexpected("a mapping of tables to their columns", value)
    if not value:
        raise Wrong("no table is named", hint="Name those that others may write.")
    return {
        within(step(name), _table, name): within(step(name), _columns, columns)
        for name, columns in value.items()
    }


def _table(value: object) -> str:
    name = checks.text(value)
    if never(name):
        raise Wrong("nobody writes this table: it belongs to the database itself, or to Buckia")
    return name


def _columns(value: object) -> Columns:
    if value == "*":
        return "*"
    if isinstance(value, str):
        raise unexpected('a list of columns, or "*" for all', value)
    return _several_columns(value)


_several_columns = checks.several(checks.text, "columns")


def _limits(value: object) -> Limits:
    return Limits(**_parts(value, _LIMITS, "a mapping with file, value, changes and wait"))


def _parts(value: object, known: Mapping[str, Callable[[Any], Any]], wish: str) -> dict[str, Any]:
    """The checked parts of a mapping; an unknown one is an error."""
    if not isinstance(value, Mapping):
        raise unexpected(wish, value)
    for key in value:
        if key not in known:
            raise Wrong("unknown key", at=step(key), hint=suggestion(str(key), known))
    return {key: within(step(key), known[key], one) for key, one in value.items()}


def _bytes(value: object) -> int:
    """A size of at least one byte."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise unexpected("a size such as 16MiB", value)
    count = checks.quantity(quantities.size, value)
    if count < 1:
        raise unexpected("a size of at least one byte", value)
    return count


_LIMITS = {
    "file": _bytes,
    "value": _bytes,
    "changes": checks.whole(1, 1_000_000),
    "wait": checks.timeout,
}
_PARTS = {
    "database": checks.path,
    "folder": _folder,
    "tables": _tables,
    "quarantine": checks.path,
    "limits": _limits,
}
