from __future__ import annotations

import os

import pytest

from buckia.stores.local import flushing


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut while these tests run, and what a kill leaves to the system is written."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    if flushing._flush() is not None:
        monkeypatch.setattr(flushing, "_flush", lambda: lambda _handle: None)
    monkeypatch.setattr("buckia.state.connections._DURABLE", ("PRAGMA synchronous=OFF",))
