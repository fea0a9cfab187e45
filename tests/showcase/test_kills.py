"""A reset or an update that is killed at any point loses nothing, and ends as if undisturbed.

The usual run kills before every STRIDE-th operation and at a few random instants;
`BUCKIA_SEEDS=50 pytest tests/showcase` kills before every single one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.histories.seeds import seeds, wanted
from tests.showcase.crashing import SCENES

ROOT = Path(__file__).parents[2]
STRIDE = 61
USUAL = 2

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes"),
]


def crash(*words: object) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.showcase.crashing", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    kills: int = json.loads(done.stdout)["kills"]
    return kills


@pytest.mark.parametrize("scene", SCENES)
def test_killed_before_any_operation_it_ends_as_if_undisturbed(scene: str, tmp_path: Path) -> None:
    stride = 1 if wanted() else STRIDE
    assert crash(tmp_path / "world", scene, stride, 13 * list(SCENES).index(scene) % stride) > 0


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_random_instants_it_ends_as_if_undisturbed(scene: str, tmp_path: Path) -> None:
    assert crash(tmp_path / "world", scene, "seeds", *seeds(USUAL)) > 0
