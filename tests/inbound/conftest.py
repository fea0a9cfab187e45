from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia.inbound import live
from tests.inbound.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "world")


@pytest.fixture(scope="module")
def quick_disk() -> Iterator[None]:
    """Nobody waits for the disk, for tests that do very much in which no power is cut."""
    quick = tuple(one.replace("=EXTRA", "=OFF") for one in live._SETTINGS)
    assert quick != live._SETTINGS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "_SETTINGS", quick)
        patch.setattr(os, "fsync", lambda _handle: None)
        yield
