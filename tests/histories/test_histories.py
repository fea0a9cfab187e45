"""Random histories of two sides: each sync does what an independent oracle says it must.

A seed makes up a history: edits of every kind on one or two devices and in the bucket, with syncs
in between, under changing settings. `tests/histories/oracle.py` says what must hold after each
sync, `judge.py` asks whether it does. A failing history is shown in the shortest form that still
fails, with its seed.

    BUCKIA_SEEDS=500 pytest -n 2 tests/histories        plays 500 seeds instead of the usual few
    BUCKIA_SEED=1234 pytest tests/histories             plays this one

The same variables make the kills of test_kills.py more, or one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.replay import run
from tests.histories.seeds import seeds

USUAL = 27
ROUNDS = 4


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(USUAL))
def test_every_sync_of_a_random_history_does_what_the_oracle_says(
    seed: int, tmp_path: Path
) -> None:
    run(seed, tmp_path / "world", rounds=ROUNDS)
