"""Settings that leave a part of the keys out of a run, each with what it leaves in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Scope(NamedTuple):
    config: Mapping[str, Any]
    wishes: Mapping[str, Any]
    covers: Callable[[str], bool]


def _below_d(key: str) -> bool:
    return key.startswith("d/")


def _text(key: str) -> bool:
    """Itself, or a folder that it lies in."""
    return any(part.endswith(".txt") for part in key.split("/"))


def _no_text(key: str) -> bool:
    return not _text(key)


SCOPES: dict[str, Scope] = {
    "": Scope({}, {}, lambda _key: True),
    "folder d": Scope({"folders": ["d"]}, {}, _below_d),
    "no texts": Scope({"exclude": ["*.txt"]}, {}, _no_text),
    "texts": Scope({"include": ["*.txt"]}, {}, _text),
    "below d for once": Scope({}, {"sync_paths": ["d/"]}, _below_d),
    "no texts for once": Scope({}, {"exclude": ["*.txt"]}, _no_text),
    "texts for once": Scope({}, {"include": ["*.txt"]}, _text),
}
