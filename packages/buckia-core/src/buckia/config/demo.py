"""`demo`: where the demo team's content lies, and which rows of a database are its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from buckia.config import checks
from buckia.config.where import step, suggestion
from buckia.model import Direction
from buckia.showcase.rules import ByColumn, ByIds, ByTables, RowRule, Scalar

_KINDS = ("column", "tables", "ids")
_RULES = "Write {column: is_demo, value: 1}, {tables: [...]} or {ids: [1, 9999]}."
_LARGEST = 2**63 - 1


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    folder: str
    """Beside the user's folder."""
    database: str
    """Its key in either folder."""
    rows: RowRule | None = None


def demo(value: object) -> Demo:
    if isinstance(value, Demo):
        return value
    if not isinstance(value, Mapping):
        raise checks.unexpected("a mapping with folder, database and rows", value)
    _known(value, _PARTS)
    for key in ("folder", "database"):
        if key not in value:
            raise checks.Wrong("the key is missing", at=step(key))
    return Demo(**{key: checks.within(step(key), _PARTS[key], one) for key, one in value.items()})


def _known(value: Mapping[Any, Any], known: Mapping[str, object]) -> None:
    for key in value:
        if key not in known:
            raise checks.Wrong("unknown key", at=step(key), hint=suggestion(str(key), known))


def _rows(value: object) -> RowRule:
    if isinstance(value, ByColumn | ByTables | ByIds):
        return value
    if not isinstance(value, Mapping):
        raise checks.unexpected("a mapping with column and value, tables, or ids", value)
    _known(value, dict.fromkeys((*_KINDS, "value")))
    kinds = [kind for kind in _KINDS if kind in value]
    if len(kinds) != 1 or ("value" in value) != ("column" in value):
        raise checks.Wrong("rows are told apart in exactly one way", hint=_RULES)
    match kinds[0]:
        case "column":
            column = checks.within(".column", checks.text, value["column"])
            return ByColumn(column, checks.within(".value", _scalar, value["value"]))
        case "tables":
            every = checks.several(checks.text, "tables")
            return ByTables(checks.within(".tables", every, value["tables"]))
    return checks.within(".ids", _ids, value["ids"])


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool):
        # SQLite keeps truth as a number.
        return int(value)
    if isinstance(value, int) and -_LARGEST <= value <= _LARGEST:
        return value
    return checks.text(value)


def _ids(value: object) -> ByIds:
    wish = "two whole numbers, the first and the last, such as [1, 9999]"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise checks.unexpected(wish, value)
    whole = checks.whole(-_LARGEST, _LARGEST)
    first, last = (checks.within(f"[{n}]", whole, one) for n, one in enumerate(value))
    if first > last:
        raise checks.Wrong(f"expected {wish}; {first} comes behind {last}")
    return ByIds(first, last)


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "folder": checks.folder,
    "database": checks.sound_key,
    "rows": _rows,
}


def misplaced(values: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """The key, what is wrong and what helps, where a demo has no place in this bucket."""
    given: Demo | None = values.get("demo")
    if given is None:
        return None
    direction = values.get("direction", Direction.BOTH)
    if direction is not Direction.BOTH:
        wrong = f"a reset goes both ways, and the direction of the bucket is {direction}"
        return "demo", wrong, "Set direction: both."
    if values.get("layers"):
        wrong = "a tree of layers is not one user's folder, and shows a demo by itself"
        return "demo", wrong, f"Put {given.folder} into layers, or name folders: [ID] instead."
    folders: Sequence[str] = values.get("folders", ())
    if given.folder in folders:
        wrong = "the demo's folder is synced, so that edits here would change it for everybody"
        return "demo.folder", wrong, "Take it out of folders."
    if len(folders) > 1 or not (folders or values.get("prefix")):
        wrong = "it is not clear which folder is the user's"
        return "demo", wrong, "Name it alone: folders: [ID], or prefix: ID."
    if not folders and given.folder == _last(values["prefix"]):
        return "demo.folder", "this is the user's own folder", "See prefix."
    return None


def user_folder(folders: Sequence[str]) -> str:
    """What the keys of the user's content begin with."""
    return f"{folders[0]}/" if folders else ""


def demo_folder(given: Demo, folders: Sequence[str], prefix: str) -> str:
    """What the objects of the demo begin with in the bucket: it lies beside the user's folder."""
    around = prefix if folders else prefix.removesuffix(_last(prefix) + "/")
    return f"{around}{given.folder}/"


def _last(prefix: str) -> str:
    return prefix.removesuffix("/").rpartition("/")[2]
