"""A disk that nobody waits for, where no power is cut: waiting would be most of a test's time."""

from __future__ import annotations

import os

import pytest

from buckia.stores.local import flushing


def quick_disk(patch: pytest.MonkeyPatch) -> None:
    """What a kill leaves to the system is written all the same."""
    patch.setattr(os, "fsync", lambda _handle: None)
    if flushing._flush() is not None:
        patch.setattr(flushing, "_flush", lambda: lambda _handle: None)
    patch.setattr("buckia.state.connections._DURABLE", ("PRAGMA synchronous=OFF",))
