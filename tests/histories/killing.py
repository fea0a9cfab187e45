"""Scripts that kill what they fork: each runs in a process of its own, and counts its kills."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.histories.seeds import seeds, wanted

ROOT = Path(__file__).parents[2]
MARKS = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes"),
]


def kills(module: str, *words: object) -> int:
    """How many kills the script came through."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    found: int = json.loads(done.stdout)["kills"]
    return found


class Crashes(NamedTuple):
    """What the usual run plays of such a script; `BUCKIA_SEEDS=50` asks for every kill there is."""

    module: str
    scenes: Sequence[str]
    stride: int
    """Before every so many-th operation, and in each scene from another one on."""
    usual: int = 2
    """And at so many random instants."""

    def before_steps(self, scene: str, folder: Path) -> int:
        stride = 1 if wanted() else self.stride
        first = 13 * self.scenes.index(scene) % stride
        return kills(self.module, folder / "world", scene, stride, first)

    def at_random(self, scene: str, folder: Path) -> int:
        return kills(self.module, folder / "world", scene, "seeds", *seeds(self.usual))


def script(
    steps: Callable[[Path, str, int, int], int], at_random: Callable[[Path, str, list[int]], int]
) -> None:
    """FOLDER SCENE, and then STRIDE FIRST, or `seeds` and the seeds."""
    where, scene, *words = sys.argv[1:]
    if words[0] == "seeds":
        count = at_random(Path(where), scene, [int(word) for word in words[1:]])
    else:
        count = steps(Path(where), scene, int(words[0]), int(words[1]))
    print(json.dumps({"kills": count}))  # noqa: T201 - a script
