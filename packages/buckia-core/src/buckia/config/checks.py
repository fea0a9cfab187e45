"""Checks of single values: what may stand under a key, and what it becomes.

Each check takes what a file or a program gave and returns the value that the rest of Buckia
works with, or raises `Wrong`, which says what was expected and what was found.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from buckia import keys
from buckia.config import quantities
from buckia.config.where import step

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Check = Callable[[Any], Any]


class Wrong(ValueError):
    """A value that cannot be used; `at` is the place inside it, such as `[1].to`."""

    def __init__(self, message: str, *, at: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.at = at
        self.hint = hint


def found(value: object) -> str:
    """A value's kind, and the value itself where it is short and tells something."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str() if len(value) <= 60:
            return f'the text "{value}"'
        case _:
            return kind(value)


def kind(value: object) -> str:
    """What sort of value it is, and no more: for places where it may be a secret."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return f"a {type(value).__name__}"


def unexpected(wish: str, value: object) -> Wrong:
    quotes = wish.startswith("text") and isinstance(value, int | float)
    hint = "Put it into quotes to make it text." if quotes else ""
    return Wrong(f"expected {wish}, found {found(value)}", hint=hint)


def text(value: object) -> str:
    """Text that is not empty, on one line."""
    if not isinstance(value, str):
        raise unexpected("text", value)
    if not value.strip():
        raise Wrong("expected text, found an empty one")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise Wrong("the text holds a control character")
    return value


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise unexpected("true or false", value)
    return value


def whole(least: int, most: int) -> Callable[[object], int]:
    """A check for whole numbers of this range."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise unexpected(f"a whole number from {least} to {most}", value)
        return value

    return check


def positive(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unexpected("a number above 0", value)
    if not value > 0 or not math.isfinite(value):
        raise unexpected("a number above 0", value)
    return float(value)


def timeout(value: object) -> float:
    """Seconds, above 0 and not beyond a day."""
    wish = "seconds above 0, or a duration such as 90s"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise unexpected(wish, value)
    seconds = quantity(quantities.duration, value)
    if not 0 < seconds <= 86_400:
        raise unexpected(f"{wish}, of at most a day", value)
    return seconds


def bandwidth(value: object) -> quantities.Bandwidth:
    if isinstance(value, quantities.Bandwidth):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise unexpected("a rate such as 10MiB/s, or a timetable", value)
    return quantity(quantities.bandwidth, value)


def delete_limit(value: object) -> quantities.DeleteLimit:
    if isinstance(value, quantities.DeleteLimit):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise unexpected('a whole number or a percentage such as "25%"', value)
    return quantity(quantities.delete_limit, value)


def one_of(kind: type[E]) -> Callable[[object], E]:
    """A check for the members of an enumeration, by their names in files."""
    return lambda value: kind(among(kind)(value))


def among(names: Iterable[str]) -> Callable[[object], str]:
    """A check for one of these words."""
    known = [str(name) for name in names]

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise unexpected("one of " + ", ".join(known), value)
        return value

    return check


def sound_key(value: object) -> str:
    """A key that one object may have."""
    key = text(value)
    if reason := keys.problem(key):
        raise Wrong(f'"{key}" is no usable key: {reason}')
    if keys.is_ours(key):
        raise Wrong(f'"{key}" is no usable key: names of .buckia are never synced')
    return key


def prefix(value: object) -> str:
    """What all keys of a folder begin with: empty, or ending with a slash."""
    if value == "":
        return ""
    return sound_key(text(value).removesuffix("/")) + "/"


def bucket_name(value: object) -> str:
    name = text(value)
    if reason := keys.problem(name):
        raise Wrong(f'"{name}" is no usable name of a bucket: {reason.replace("the key", "it")}')
    return name


def path(value: object) -> str:
    """A local path, as it was written."""
    given = text(os.fspath(value) if isinstance(value, os.PathLike) else value)
    if given == "~" or given.startswith("~/"):
        raise Wrong(
            f'"{given}" is not expanded', hint="Write the whole path, or one relative to the file."
        )
    return given


def folder(value: object) -> str:
    """The name of one top-level folder of a bucket."""
    name = sound_key(text(value).removesuffix("/"))
    if "/" in name:
        raise Wrong(
            f'"{name}" is not a top-level folder',
            hint='Folders are single names; "include" takes patterns such as /a/b/.',
        )
    return name


def pattern(value: object) -> str:
    """A gitignore-style pattern; what git would skip as a comment is not accepted."""
    given = text(value)
    if given.startswith("#"):
        raise Wrong(f'"{given}" would be a comment', hint=f'Write "\\{given}" for such a name.')
    return given


def several(check: Callable[[Any], T], wish: str) -> Callable[[object], tuple[T, ...]]:
    """A check for a list that is not empty and holds nothing twice."""

    def check_all(value: object) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            raise unexpected(f"a list of {wish}", value)
        if not value:
            raise Wrong(f"the list of {wish} is empty", hint="Leave the key out instead.")
        items: list[T] = []
        for number, one in enumerate(value):
            item = within(f"[{number}]", check, one)
            if item in items:
                raise Wrong("the list holds this twice", at=f"[{number}]")
            items.append(item)
        return tuple(items)

    return check_all


def file_keys(value: object) -> dict[str, str]:
    """Local files and the keys they are kept under."""
    if not isinstance(value, Mapping):
        raise unexpected("a mapping of local files to keys", value)
    return {
        within(step(local), mapped_file, local): within(step(local), sound_key, key)
        for local, key in value.items()
    }


def mapped_file(value: object) -> str:
    """The path of a local file that is mapped by name."""
    local = path(value)
    if keys.is_ours(local.replace(os.sep, "/")):
        raise Wrong("files of .buckia are never synced")
    return local


def within(at: str, check: Callable[[Any], T], value: object) -> T:
    """The checked value of something inside; an error says where inside."""
    try:
        return check(value)
    except Wrong as error:
        raise Wrong(str(error), at=at + error.at, hint=error.hint) from None


def quantity(parse: Callable[[Any], T], value: object) -> T:
    """A value that a function understands, or refuses with a ValueError."""
    try:
        return parse(value)
    except ValueError as error:
        raise Wrong(str(error)) from None
