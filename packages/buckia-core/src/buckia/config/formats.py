"""Reading YAML, TOML and JSON: from text to plain values, and the lines they stand on.

Whatever the format, a key that stands twice is an error, never the last one silently, and
nothing but text, numbers, true, false, null, lists and mappings comes out of YAML and JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from buckia.config.unreadable import Unreadable
from buckia.config.where import shown


class Document(msgspec.Struct, frozen=True):
    """What a file says. `lines` has the line of each place, a tuple of keys and indexes."""

    root: Any
    lines: dict[tuple[str | int, ...], int]


def parse(text: str, suffix: str) -> Document:
    """The document in a text; the file's suffix says the format, and YAML is the usual one."""
    reader = _READERS.get(suffix.lower(), _yaml)
    try:
        return reader(text)
    except RecursionError:
        raise Unreadable("lists and mappings stand too deep inside each other") from None


def _json(text: str) -> Document:
    import json

    try:
        root = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(f"this is not JSON: {error.msg}", error.lineno) from None
    except ValueError as error:
        # Such as a number of thousands of digits.
        raise Unreadable(f"this is not JSON: {error}") from None
    return Document(root, {})


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable(f'the key "{shown(key)}" stands twice')
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise Unreadable(f"{name} is no number")


def _toml(text: str) -> Document:
    import re
    import tomllib

    try:
        return Document(tomllib.loads(text), {})
    except ValueError as error:
        # The position stands in the message, and only there.
        matched = re.fullmatch(r"(.*?)(?: \((?:at line (\d+).*|at end of document)\))?", str(error))
        message, line = matched.groups() if matched else (str(error), None)
        raise Unreadable(f"this is not TOML: {message}", int(line) if line else None) from None


def _yaml(text: str) -> Document:
    from buckia.config import yaml_subset

    return Document(*yaml_subset.read(text))


_READERS: dict[str, Callable[[str], Document]] = {".json": _json, ".toml": _toml}
