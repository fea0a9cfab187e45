"""A few histories that Hypothesis makes up; many more with python -m tests.torture.histories."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.edits import Edit
from tests.histories.oracle import Rules
from tests.torture.histories.buckets import BUCKETS
from tests.torture.histories.machine import History
from tests.torture.histories.shorter import Found, play
from tests.torture.histories.words import Kill, Meanwhile, Setting, Settle, Sync, Trouble, User

MACHINES, STEPS = 8, 16
AGREED = ("a", "b.txt", "d/x")


def over(device: int, key: str, text: str) -> User:
    return User(device, Edit("", "write", key=key, text=text))


@pytest.mark.slow
def test_no_history_loses_anything_or_is_told_otherwise_than_it_was(tmp_path: Path) -> None:
    class Short(History):
        folder = tmp_path

    run_state_machine_as_test(
        Short,
        settings=settings(
            max_examples=MACHINES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Short.steps > MACHINES


@pytest.mark.parametrize("kind", [kind for kind in BUCKETS if kind != "s3"])
def test_every_kind_of_bucket_is_overtaken_and_cut_off_and_comes_to_rest(
    kind: str, tmp_path: Path
) -> None:
    """S3 takes seconds, for each run makes a client of its own: it is left to the long form."""
    rules = Rules(delete_orphaned=True, policy="keep_both")
    overtaking = Sync(0, rules, meanwhile=(Meanwhile(2, (Sync(1, rules), over(0, "a", "v4"))),))
    steps = (
        over(0, "a", "v1"),
        over(1, "a", "v2"),
        overtaking,
        over(1, "b.txt", "v5"),
        Sync(1, rules, troubles=(Trouble("answer lost", times=2),)),
        over(0, "d/x", "v6"),
        Sync(0, rules, kill=Kill("request", 3)),
        over(1, "d/x", "v7"),
        Settle(rules),
    )
    play(Found(Setting(kind, agreed=AGREED), steps), tmp_path / "world")
