"""Buckia keeps a folder in step with a storage bucket, both ways, and never loses a byte.

The names below are the library's face; each is imported when it is first asked for, so that
`import buckia` stays quick and touches neither network nor plugins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from buckia.client import BuckiaClient as BuckiaClient
    from buckia.client import SyncResult as SyncResult
    from buckia.config import BucketConfig as BucketConfig

_HOMES = {
    "BuckiaClient": "buckia.client",
    "SyncResult": "buckia.client",
    "BucketConfig": "buckia.config",
}

__all__ = ["BucketConfig", "BuckiaClient", "SyncResult", "__version__"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
