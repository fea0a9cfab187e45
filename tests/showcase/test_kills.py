"""A reset or an update that is killed at any point loses nothing, and ends as if undisturbed.

The usual run kills before every STRIDE-th operation and at a few random instants;
`BUCKIA_SEEDS=50 pytest tests/showcase` kills before every single one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.killing import MARKS, kills
from tests.histories.seeds import seeds, wanted
from tests.showcase.crashing import SCENES

CRASHING = "tests.showcase.crashing"
STRIDE = 61
USUAL = 2

pytestmark = MARKS


@pytest.mark.parametrize("scene", SCENES)
def test_killed_before_any_operation_it_ends_as_if_undisturbed(scene: str, tmp_path: Path) -> None:
    stride = 1 if wanted() else STRIDE
    first = 13 * list(SCENES).index(scene) % stride
    assert kills(CRASHING, tmp_path / "world", scene, stride, first) > 0


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_random_instants_it_ends_as_if_undisturbed(scene: str, tmp_path: Path) -> None:
    assert kills(CRASHING, tmp_path / "world", scene, "seeds", *seeds(USUAL)) > 0
