from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.fakes import Shell


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


@pytest.fixture
def shell(folder: Path) -> Shell:
    """Types command lines in an empty folder; the library behind them is a fake."""
    return Shell(folder)


@pytest.fixture
def at_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock on the wall shows UTC."""
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
