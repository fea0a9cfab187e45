"""A sync that ends anywhere, or whose disk loses its power, is completed by the next one.

Some of the plays of `python -m tests.torture.crashes`, which plays them all.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.crashes.ending import Point
from tests.torture.crashes.playing import Play
from tests.torture.effects.effects import NotHere, preloaded

ROOT = Path(__file__).parents[3]
BOTH, OURS, THEIRS = "two-way, keeping both", "two-way, local wins", "two-way, remote wins"
PLAYS = (
    Play("local", THEIRS, Point("effect", 97, "before")),
    Play("local", BOTH, Point("effect", 171, "after"), "another kill", 4),
    Play("local", THEIRS, Point("effect", 203, "after"), "power loss", 0),
    Play("local", "mirror down", Point("effect", 131, "after"), "power loss", 5),
    Play("s3", "large", Point("request", 9, "before")),
    Play("bunny", OURS, Point("request", 23, "after")),
    Play("bunny", "restoring", Point("request", 12, "before")),
    Play("bunny", "mirror down", Point("effect", 211, "after"), "power loss", 7),
)


@pytest.mark.slow
def test_what_is_cut_off_is_completed_by_the_next_run() -> None:
    try:
        preloaded()
    except NotHere as reason:
        pytest.skip(str(reason))
    words = [word for play in PLAYS for word in ("--only", str(play))]
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.crashes", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.count("completed by the next run") == len(PLAYS), done.stdout
