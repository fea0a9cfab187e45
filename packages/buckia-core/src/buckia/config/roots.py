"""What of the local side takes part: overlaid roots, and files that are mapped one by one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec

from buckia.config.checks import Wrong, one_of, path, prefix, unexpected, within
from buckia.config.where import step, suggestion
from buckia.model import Direction


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """A local folder whose files have keys: `to` and their path below the folder."""

    path: str
    to: str = ""
    """Empty, or ending with a slash."""
    direction: Direction = Direction.BOTH


DEFAULT_ROOTS = (Root(path="."),)
_PARTS = {"path": path, "to": prefix, "direction": one_of(Direction)}


def roots(value: object) -> tuple[Root, ...]:
    """The entries of `paths`. The first goes both ways, further ones are only uploaded."""
    if not isinstance(value, list | tuple):
        raise unexpected("a list of folders", value)
    if not value:
        raise Wrong("the list of folders is empty", hint="Leave the key out instead.")
    found: list[Root] = []
    for number, entry in enumerate(value):
        usual = Direction.PUSH if found else Direction.BOTH
        root = within(f"[{number}]", partial(_root, usual=usual), entry)
        if any(_same_place(root, other) for other in found):
            raise Wrong(f'"{root.path}" is listed twice for the same keys', at=f"[{number}]")
        found.append(root)
    return tuple(found)


def _root(entry: object, usual: Direction) -> Root:
    if isinstance(entry, Root):
        return entry
    if isinstance(entry, str | os.PathLike):
        return Root(path=path(entry), direction=usual)
    if not isinstance(entry, Mapping):
        raise unexpected("a folder, or a mapping with path, to and direction", entry)
    for key in entry:
        if key not in _PARTS:
            raise Wrong("unknown key", at=step(key), hint=suggestion(str(key), _PARTS))
    if "path" not in entry:
        raise Wrong("the entry has no path", at=".path")
    parts = {key: within(f".{key}", _PARTS[key], value) for key, value in entry.items()}
    return msgspec.convert({"direction": usual, **parts}, Root)


def _same_place(one: Root, other: Root) -> bool:
    return one.to == other.to and _place(one.path, None) == _place(other.path, None)


def mapped_once(
    tables: Mapping[str, Mapping[str, str]], directory: Path | None
) -> tuple[str, str] | None:
    """Where two mappings share a key or a file: the place of the second, and what is wrong."""
    by_key: dict[str, str] = {}
    by_file: dict[str, str] = {}
    for table, mapping in tables.items():
        for local, key in mapping.items():
            here, file = table + step(local), _place(local, directory)
            if key in by_key:
                return here, f'the key "{key}" is already taken by {by_key[key]}'
            if file in by_file:
                return here, f"the same file is already mapped by {by_file[file]}"
            by_key[key] = by_file[file] = here
    return None


def idle(found: tuple[Root, ...], direction: Direction) -> tuple[str, str] | None:
    """An entry that could never transfer anything in the bucket's direction, and why."""
    for number, root in enumerate(found):
        if {root.direction, direction} == {Direction.PUSH, Direction.PULL}:
            return f"paths[{number}]", (
                f'"{root.path}" would take no part: its direction is {root.direction}, '
                f"that of the bucket is {direction}"
            )
    return None


def _place(local: str, directory: Path | None) -> str:
    """The same for all ways to write one path; looks at no file."""
    return os.path.normcase(os.path.normpath(os.path.join(directory or "", local)))  # noqa: PTH118 - Path has no pure normpath
