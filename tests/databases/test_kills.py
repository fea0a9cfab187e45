"""Killing a sync at any point leaves sound databases on both sides, and the next sync ends it.

The usual run kills before every STRIDE-th operation and at a few random instants, while the app
goes on writing; `BUCKIA_SEEDS=50 pytest tests/databases` kills before every single one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases.crashing import SCENES
from tests.histories.seeds import seeds, wanted

ROOT = Path(__file__).parents[2]
STRIDE = 41
USUAL = 2

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes"),
]


def crash(*words: object) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.databases.crashing", *map(str, words)],
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
def test_a_sync_killed_before_any_operation_leaves_sound_databases(
    scene: str, tmp_path: Path
) -> None:
    stride = 1 if wanted() else STRIDE
    assert crash(tmp_path / "world", scene, stride, list(SCENES).index(scene) % stride) > 0


@pytest.mark.parametrize("scene", SCENES)
def test_a_sync_killed_at_random_instants_leaves_sound_databases(
    scene: str, tmp_path: Path
) -> None:
    assert crash(tmp_path / "world", scene, "seeds", *seeds(USUAL)) > 0
