"""The kills that are played, and what the room for all of them is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.torture.crashes.deck import kills
from tests.torture.crashes.ending import Length

ROOT = Path(__file__).parents[3]


def test_there_is_a_kill_at_each_effect_behind_the_last_and_around_each_request() -> None:
    deck = kills({("local", "touched"): Length(2, 0), ("s3", "large"): Length(1, 2)})
    assert [(one.ground, one.scene, str(one.point)) for one in deck] == [
        ("local", "touched", "before effect 1"),
        ("local", "touched", "before effect 2"),
        ("local", "touched", "after effect 2"),
        ("s3", "large", "before effect 1"),
        ("s3", "large", "after effect 1"),
        ("s3", "large", "before request 1"),
        ("s3", "large", "after request 1"),
        ("s3", "large", "before request 2"),
        ("s3", "large", "after request 2"),
    ]


def test_a_ground_that_there_is_not_is_refused_with_those_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.crashes.every", "moon"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "local|s3|bunny" in done.stderr
