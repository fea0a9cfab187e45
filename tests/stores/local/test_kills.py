"""A kill at any instant loses nothing that was written and leaves nothing that is not swept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("crashes.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")


EVERY_OPERATION = {
    "create": 10,
    "overwrite": 8,
    "replace": 12,
    "replace to slot": 10,
    "delete": 6,
    "retire": 5,
    "move": 8,
    "copy": 8,
    "copy over nothing": 8,
}
"""And how many steps each has at least, or the fuse would not have been in the way.

A copy has fewer where the original was old enough to be sure of, as on a busy machine.
"""


def crash(*arguments: str | Path) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


@pytest.mark.parametrize("abilities", ["full", "no exchange", "no special renames"])
def test_a_kill_before_any_step_of_anything_leaves_one_of_two_states(
    tmp_path: Path, abilities: str
) -> None:
    counts = crash("steps", abilities, tmp_path, tmp_path)
    assert counts.keys() == EVERY_OPERATION.keys()
    assert all(counts[name] >= least for name, least in EVERY_OPERATION.items()), counts


def test_a_kill_before_any_step_of_a_move_to_another_file_system(
    tmp_path: Path, elsewhere: Path
) -> None:
    counts = crash("steps", "full", tmp_path, elsewhere, "replace to slot", "retire")
    assert counts["replace to slot"] >= 15
    assert counts["retire"] >= 10


@pytest.mark.parametrize("abilities", ["full", "no exchange"])
def test_a_kill_at_a_random_instant_loses_no_version(tmp_path: Path, abilities: str) -> None:
    counts = crash("random", abilities, tmp_path, tmp_path, "replace to slot", "retire")
    assert all(count > 1 for count in counts.values())
