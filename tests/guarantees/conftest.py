from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.guarantees.stage import Stage


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed requests are tried again at once, unless the store itself asks to wait."""
    monkeypatch.setattr("buckia.engine.limits.FIRST_PAUSE", 0.0)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.fixture
def staged(tmp_path: Path) -> Callable[..., Stage]:
    """Makes a stage with a store or settings of its own."""
    return lambda *given, **config: Stage(tmp_path, *given, **config)
