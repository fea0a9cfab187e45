"""Killing a sync at any point leaves sound databases on both sides, and the next sync ends it.

The usual run kills before every STRIDE-th operation and at a few random instants, while the app
goes on writing, or dies too; `BUCKIA_SEEDS=50 pytest tests/databases` kills before every single
one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases.crashing import SCENES
from tests.histories.killing import MARKS, kills
from tests.histories.seeds import seeds, wanted

CRASHING = "tests.databases.crashing"
STRIDE = 41
USUAL = 4

pytestmark = MARKS


@pytest.mark.parametrize("scene", SCENES)
def test_a_sync_killed_before_any_operation_leaves_sound_databases(
    scene: str, tmp_path: Path
) -> None:
    stride = 1 if wanted() else STRIDE
    first = list(SCENES).index(scene) % stride
    assert kills(CRASHING, tmp_path / "world", scene, stride, first) > 0


@pytest.mark.parametrize("scene", SCENES)
def test_a_sync_killed_at_random_instants_leaves_sound_databases(
    scene: str, tmp_path: Path
) -> None:
    assert kills(CRASHING, tmp_path / "world", scene, "seeds", *seeds(USUAL)) > 0
