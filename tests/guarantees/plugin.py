"""The provider `staged`: buckets that a test made and can look into, one per name."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any

import msgspec

from buckia.plugins import PROVIDERS, Plugins, hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider
from buckia.secrets import Secret

stores: dict[str, Storage] = {}
"""What is opened for each bucket name."""
opened: list[Options] = []
"""The options of every opening, secrets included."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Secret | None = None


def _open(options: Options, context: Context) -> Storage:
    opened.append(options)
    return stores[context.bucket_name]


@hookimpl
def buckia_provider() -> Provider[Any]:
    return Provider(name="staged", options=Options, open=_open)


def _points(group: str) -> Iterable[EntryPoint]:
    return [EntryPoint("staged", __name__, group)] if group == PROVIDERS else []


def plugins() -> Plugins:
    """Plugins of which `staged` is the only one."""
    return Plugins(entry_points=_points)
