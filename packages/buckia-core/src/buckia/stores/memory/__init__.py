"""A bucket that is a dict: for programs that need one for a while, and for tests.

The plugin beside it is listed at every start, so the store itself is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from buckia.stores.memory.shelf import Stored as Stored
    from buckia.stores.memory.store import MemoryStore as MemoryStore

_HOMES = {
    "MemoryStore": "buckia.stores.memory.store",
    "Stored": "buckia.stores.memory.shelf",
}

__all__ = ["MemoryStore", "Stored"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
