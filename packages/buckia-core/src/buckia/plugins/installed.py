"""Which plugins are installed: names, distributions and versions, without importing any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from buckia.provider import Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PROVIDERS = "buckia"
"""The entry-point group of providers; an entry point's name is the provider's name."""
HOOKS = "buckia.hooks"
"""The group of modules that only have other hooks."""

Find = Callable[[str], "Iterable[EntryPoint]"]


class State(StrEnum):
    OK = "ok"
    BROKEN = "broken"
    DISABLED = "disabled"


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """One installed plugin, after trying to load it."""

    name: str
    group: str
    distribution: str
    version: str
    state: State
    reason: str = ""
    """Why it is broken, in one sentence."""
    provider: Provider[Any] | None = None
    """For a provider that works."""


def find(group: str) -> Iterable[EntryPoint]:
    """The entry points of everything that is installed for this interpreter."""
    from importlib.metadata import entry_points

    return entry_points(group=group)


def by_name(points: Iterable[EntryPoint]) -> Mapping[str, tuple[EntryPoint, ...]]:
    """The entry points by their names, sorted; several only where distributions disagree.

    One distribution that is found twice (an editable install over another) says the same twice.
    """
    found: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    for point in points:
        found.setdefault(point.name, {}).setdefault((point.value, origin(point)[0]), point)
    return {name: tuple(found[name].values()) for name in sorted(found)}


def origin(point: EntryPoint) -> tuple[str, str]:
    """The distribution and the version that an entry point comes from."""
    nameless = ("an unknown distribution", "?")
    if point.dist is None:
        return nameless
    try:
        metadata = point.dist.metadata
        return metadata["Name"] or nameless[0], metadata["Version"] or "?"
    except Exception:  # noqa: BLE001 - a half-removed one fails differently in each Python
        return nameless
