"""The provider `pretend`: a bucket that fails as a scene of the documentation needs it to."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any

import msgspec

from buckia.plugins import PROVIDERS, hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider
from buckia.secrets import Secret

stores: dict[str, Storage] = {}
"""What is opened for a bucket of this name."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    api_key: Secret


def _open(_options: Options, context: Context) -> Storage:
    return stores[context.bucket_name]


@hookimpl
def buckia_provider() -> Provider[Any]:
    return Provider(name="pretend", options=Options, open=_open)


def shipped(group: str) -> Iterable[EntryPoint]:
    """What comes with the core, whatever else this Python has installed."""
    if group != PROVIDERS:
        return []
    names = ("local", "memory")
    return [EntryPoint(name, f"buckia.stores.{name}.plugin", group) for name in names]


def with_pretend(group: str) -> Iterable[EntryPoint]:
    """The same, and the provider of this module."""
    own = [EntryPoint("pretend", __name__, group)] if group == PROVIDERS else []
    return [*shipped(group), *own]
