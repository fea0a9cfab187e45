"""A reset or an update that is killed at any point loses nothing, and ends as if undisturbed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.killing import MARKS, Crashes
from tests.showcase.crashing import SCENES

CRASHES = Crashes("tests.showcase.crashing", tuple(SCENES), stride=61)

pytestmark = MARKS


@pytest.mark.parametrize("scene", SCENES)
def test_killed_before_any_operation_it_ends_as_if_undisturbed(scene: str, tmp_path: Path) -> None:
    assert CRASHES.before_steps(scene, tmp_path) > 0


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_random_instants_it_ends_as_if_undisturbed(scene: str, tmp_path: Path) -> None:
    assert CRASHES.at_random(scene, tmp_path) > 0
