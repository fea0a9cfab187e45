"""The provider `history`: buckets of whatever kind a history is played on, one per device.

Each is opened anew for each run, with what the network does to that run in front of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint
from typing import Any

import msgspec

from buckia.plugins import PROVIDERS, Plugins, hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider

Opener = Callable[[Context], Storage]
openers: dict[str, Opener] = {}
"""What opens the bucket of each name."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that there is to know is known to the opener."""


def _open(_options: Options, context: Context) -> Storage:
    return openers[context.bucket_name](context)


@hookimpl
def buckia_provider() -> Provider[Any]:
    return Provider(name="history", options=Options, open=_open)


def _points(group: str) -> Iterable[EntryPoint]:
    return [EntryPoint("history", __name__, group)] if group == PROVIDERS else []


def plugins() -> Plugins:
    """Plugins of which `history` is the only one."""
    return Plugins(entry_points=_points)
