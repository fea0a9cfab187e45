"""A sync that is killed loses nothing, and the next one ends where it would have ended.

The usual run kills before every STRIDE-th operation and at a few random instants;
`BUCKIA_SEEDS=500 pytest tests/histories` kills before every single one, and plays that many seeds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.histories.scenarios import SCENARIOS
from tests.histories.seeds import seeds, wanted

ROOT = Path(__file__).parents[2]
STRIDE = 61
USUAL = 5

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes"),
]


def crash(*words: object) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.histories.crashing", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    kills: int = json.loads(done.stdout)["kills"]
    return kills


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_sync_killed_before_any_operation_is_completed_by_the_next(
    scenario: str, tmp_path: Path
) -> None:
    stride = 1 if wanted() else STRIDE
    first = list(SCENARIOS).index(scenario) % stride
    assert crash("steps", tmp_path / "world", scenario, stride, first) > 20 // stride


def test_a_sync_killed_at_random_instants_is_completed_by_the_next(tmp_path: Path) -> None:
    assert crash("random", tmp_path / "world", *seeds(USUAL)) > 0
