from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from buckia.engine import waiting
from tests.engine.bench import Bench
from tests.engine.passing import passing
from tests.quick import quick_disk


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed requests are tried again at once, unless the store itself asks to wait."""
    monkeypatch.setattr("buckia.engine.limits.FIRST_PAUSE", 0.0)


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_disk(monkeypatch)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Bench]:
    """Makes a bench with a store or settings of its own."""
    return lambda *given, **config: Bench(tmp_path, *given, **config)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Each piece of work takes so long, and so much of it is work."""

    def take(seconds: float, worked: float) -> None:
        clocks = {"perf_counter": passing(seconds), "thread_time": passing(worked)}
        monkeypatch.setattr(waiting, "time", SimpleNamespace(**clocks))

    return take


@pytest.fixture(params=["quick", "slow"])
def pace(request: pytest.FixtureRequest, clocks: Callable[[float, float], None]) -> str:
    clocks(*{"quick": (0.03, 0.03), "slow": (0.03, 0.001)}[request.param])
    return str(request.param)
