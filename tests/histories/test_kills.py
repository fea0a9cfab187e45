"""A sync that is killed loses nothing, and the next one ends where it would have ended.

The usual run kills before every STRIDE-th operation and at a few random instants;
`BUCKIA_SEEDS=500 pytest tests/histories` kills before every single one, and plays that many seeds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.killing import MARKS, kills
from tests.histories.scenarios import SCENARIOS
from tests.histories.seeds import seeds, wanted

CRASHING = "tests.histories.crashing"
STRIDE = 61
USUAL = 5

pytestmark = MARKS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_sync_killed_before_any_operation_is_completed_by_the_next(
    scenario: str, tmp_path: Path
) -> None:
    stride = 1 if wanted() else STRIDE
    first = list(SCENARIOS).index(scenario) % stride
    assert kills(CRASHING, "steps", tmp_path / "world", scenario, stride, first) > 20 // stride


def test_a_sync_killed_at_random_instants_is_completed_by_the_next(tmp_path: Path) -> None:
    assert kills(CRASHING, "random", tmp_path / "world", *seeds(USUAL)) > 0
