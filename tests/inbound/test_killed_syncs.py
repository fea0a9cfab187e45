"""A sync that is killed while it applies changes of others is completed by the next.

The usual run kills before some operations; `BUCKIA_SEEDS=1 pytest tests/inbound` before every one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.histories.seeds import wanted

ROOT = Path(__file__).parents[2]
STRIDE = 23


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_a_sync_killed_before_any_operation_ends_as_if_undisturbed(tmp_path: Path) -> None:
    stride = 1 if wanted() else STRIDE
    done = subprocess.run(
        [sys.executable, "-m", "tests.inbound.killing", str(tmp_path / "case"), str(stride), "5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    # Two ways to keep a journal, each with well over a hundred effects.
    assert json.loads(done.stdout)["kills"] > 200 // stride
