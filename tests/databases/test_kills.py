"""Killing a sync at any point leaves sound databases on both sides, and the next sync ends it.

At random instants the app goes on writing, or is killed too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases.crashing import SCENES
from tests.histories.killing import MARKS, Crashes

CRASHES = Crashes("tests.databases.crashing", tuple(SCENES), stride=41, usual=4)

pytestmark = MARKS


@pytest.mark.parametrize("scene", SCENES)
def test_killed_before_any_operation_it_leaves_sound_databases(scene: str, tmp_path: Path) -> None:
    assert CRASHES.before_steps(scene, tmp_path) > 0


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_random_instants_it_leaves_sound_databases(scene: str, tmp_path: Path) -> None:
    assert CRASHES.at_random(scene, tmp_path) > 0
