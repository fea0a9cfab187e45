"""A sync of a tree of layers that is killed at any point is ended by the next.

The usual run kills before every STRIDE-th operation and at a few random instants;
`BUCKIA_SEEDS=50 pytest tests/layers` kills before every single one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.killing import MARKS, kills
from tests.histories.seeds import seeds, wanted
from tests.layers.crashing import SCENES

CRASHING = "tests.layers.crashing"
STRIDE = 37
USUAL = 2

pytestmark = MARKS


@pytest.mark.parametrize("scene", SCENES)
def test_a_sync_killed_before_any_operation_is_ended_by_the_next(
    scene: str, tmp_path: Path
) -> None:
    stride = 1 if wanted() else STRIDE
    first = list(SCENES).index(scene) % stride
    assert kills(CRASHING, tmp_path / "world", scene, stride, first) > 0


@pytest.mark.parametrize("scene", SCENES)
def test_a_sync_killed_at_random_instants_is_ended_by_the_next(scene: str, tmp_path: Path) -> None:
    assert kills(CRASHING, tmp_path / "world", scene, "seeds", *seeds(USUAL)) > 0
