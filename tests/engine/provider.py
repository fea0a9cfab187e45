"""The provider `bench`: buckets that a test made and can look into, one per name."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any

import msgspec

from buckia.plugins import HOOKS, PROVIDERS, Plugins, hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider
from buckia.secrets import Secret

stores: dict[str, Storage] = {}
"""What is opened for each bucket name."""
contexts: dict[str, Context] = {}
"""What each bucket was last opened with."""
opened: dict[str, Options] = {}
"""The options of the last opening, by bucket name."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Secret | None = None


def _open(options: Options, context: Context) -> Storage:
    contexts[context.bucket_name] = context
    opened[context.bucket_name] = options
    return stores[context.bucket_name]


@hookimpl
def buckia_provider() -> Provider[Any]:
    return Provider(name="bench", options=Options, open=_open)


def points(group: str) -> Iterable[EntryPoint]:
    """The provider alone, and the hooks of `tests.engine.hooks` beside it."""
    if group == PROVIDERS:
        return [EntryPoint("bench", __name__, group)]
    if group == HOOKS:
        return [EntryPoint("watcher", "tests.engine.watcher", group)]
    return []


def plugins() -> Plugins:
    """Plugins of which `bench` is the only provider; no hooks are loaded."""
    return Plugins(entry_points=points)
