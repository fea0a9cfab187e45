from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from buckia.stores.local import flushing
from tests.engine.bench import Bench


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed requests are tried again at once, unless the store itself asks to wait."""
    monkeypatch.setattr("buckia.engine.limits.FIRST_PAUSE", 0.0)


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut while these tests run, and waiting for a disk would be most of their time."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    if flushing._flush() is not None:
        monkeypatch.setattr(flushing, "_flush", lambda: lambda _handle: None)
    monkeypatch.setattr("buckia.state.connections._DURABLE", ("PRAGMA synchronous=OFF",))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Bench]:
    """Makes a bench with a store or settings of its own."""
    return lambda *given, **config: Bench(tmp_path, *given, **config)
