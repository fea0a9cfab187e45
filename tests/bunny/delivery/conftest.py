from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bunny.delivery.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path).running() as world:
        yield world
