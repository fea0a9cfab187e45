"""The short form: one sync for each way in which a disk fails, and a race or two.

Each is played in a process of its own, which forks. All of it is `python -m tests.torture.disk`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.torture.disk.cases import Below, Case, Clock, Handles, LargeFiles, SmallDisk, Trouble
from tests.torture.disk.disks import obstacle
from tests.torture.disk.faults import MOODS, Fault
from tests.torture.effects.effects import NotHere, preloaded

ROOT = Path(__file__).parents[3]
NAME = "two-way, keeping both"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


def again(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.disk.again", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def cases(*troubles: Trouble) -> str:
    made = [Case(NAME, trouble) for trouble in troubles]
    return again("cases", msgspec.json.encode(made).decode())


def test_a_sync_in_which_one_call_fails_loses_nothing_and_says_so() -> None:
    told = cases(
        Fault("EACCES", ("look",), 150),
        Fault("EMFILE", ("open",), 60),
        Fault("EIO", ("read",), 9),
        Fault("ENOSPC", ("write",), 5),
        Fault("EIO", ("special rename",), 6, late=True),
    )
    assert told.count('"hit":"') == 5
    assert '"hit":""' not in told


def test_a_disk_on_which_nothing_works_from_some_call_on_loses_nothing() -> None:
    told = cases(*(Fault(error, tuple(kinds), 70, lasting=True) for error, kinds in MOODS.values()))
    assert '"code":0' not in told


def test_too_few_handles_too_large_files_and_a_jumping_clock_lose_nothing() -> None:
    assert '"code":0' in cases(Handles(12), LargeFiles(100_000), Clock(1))


@pytest.mark.skipif(bool(obstacle()), reason=obstacle() or "there are small disks")
def test_real_disks_that_are_full_or_read_only_lose_nothing() -> None:
    cases(
        SmallDisk("root", room=60 * 4096),
        SmallDisk("state", names=2),
    )


def test_what_fails_below_sqlite_loses_nothing() -> None:
    try:
        preloaded()
    except NotHere as error:
        pytest.skip(str(error))
    cases(Below("EIO", ("SYNC",), 20), Below("ENOSPC", ("WRITE", "CREATE"), 25, lasting=True))


def test_odd_trees_are_synced_as_any_other() -> None:
    acts = ("names of 255 bytes", "times that no clock shows", "hard links", "pipes and devices")
    told = again("act", *acts, "two hundred folders deep", "1")
    assert told.count("as it should be") + told.count("not here") == len(acts) + 1


@pytest.mark.parametrize("race", ["links", "changing_files"])
def test_nothing_is_lost_or_leaks_in_a_race(race: str) -> None:
    again("race", race, "1", "0.7")
