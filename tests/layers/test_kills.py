"""A sync of a tree of layers that is killed at any point is ended by the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.killing import MARKS, Crashes
from tests.layers.crashing import SCENES

CRASHES = Crashes("tests.layers.crashing", tuple(SCENES), stride=37)

pytestmark = MARKS


@pytest.mark.parametrize("scene", SCENES)
def test_killed_before_any_operation_it_is_ended_by_the_next(scene: str, tmp_path: Path) -> None:
    assert CRASHES.before_steps(scene, tmp_path) > 0


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_random_instants_it_is_ended_by_the_next(scene: str, tmp_path: Path) -> None:
    assert CRASHES.at_random(scene, tmp_path) > 0
