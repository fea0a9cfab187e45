"""Histories without end: python -m tests.torture.histories --seconds N --seed S.

Machine after machine is played, each longer than the one before, on every kind of bucket. For a
share of the time, and with the seed moving on, it plays what `make test` plays of tests/histories
and tests/fleet. A history that goes wrong is shown in its shortest form, ready for test_found.py.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fleet.fleet import UNREACHABLE, Fleet
from tests.grounds import GROUNDS
from tests.histories import replay
from tests.histories.crashing import at_random
from tests.torture.histories.buckets import BUCKETS, QUICK
from tests.torture.histories.machine import History
from tests.torture.histories.shorter import shortest
from tests.torture.session import Failed, Session, main

FIRST = 20
"""Steps of the first machine."""
MOST = 400
ROUNDS = 12
"""Machines of each length."""
SLOW = tuple(kind for kind in BUCKETS if kind not in QUICK)


def play(session: Session) -> None:
    length, number = FIRST, 0
    turns: Sequence[Callable[[Session, int], None]] = (
        known_histories,
        kills,
        fleet,
    )
    while not session.over():
        number += 1
        kinds = SLOW if number % 4 == 0 else QUICK
        machines(session, kinds, seed_of=session.seed * 1000 + number, length=length)
        turns[number % len(turns)](session, session.seed * 1000 + number)
        length = min(MOST, length * 3 // 2)


def machines(session: Session, kinds: Sequence[str], *, seed_of: int, length: int) -> None:
    """Some histories of this length, until the time is over."""

    class Timed(History):
        grounds = kinds
        folder = session.folder
        is_over = staticmethod(session.over)

    History.seen.clear()
    History.steps, History.failed[:] = 0, []
    try:
        run_state_machine_as_test(
            seed(seed_of)(Timed),
            settings=settings(
                max_examples=ROUNDS,
                stateful_step_count=length,
                deadline=None,
                database=None,
                print_blob=False,
                # What Hypothesis makes short step by step, `shortest` does in a minute.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    except Exception as error:
        # Whatever it is, what led to it is what one wants to know.
        if not Timed.failed:
            raise
        found, wrong = Timed.failed[0]
        short = shortest(found, session.folder / "shorter")
        raise Failed(f"{wrong}\nThe shortest history (seed {seed_of}):\n{short}") from error
    finally:
        _count(session)


def _count(session: Session) -> None:
    for (tried, ended), times in History.seen.items():
        session.saw(tried, ended, times)


def known_histories(session: Session, number: int) -> None:
    """The histories of tests/histories, whose every sync is foretold exactly."""
    for more in range(6):
        if session.over():
            return
        replay.run(number * 10 + more, session.folder / "known", rounds=4)
        session.saw("histories that are foretold", "came true")


def kills(session: Session, number: int) -> None:
    """The same with syncs killed at random instants."""
    if not hasattr(os, "fork"):
        session.note("kills at random instants: this system has no fork")
        return
    found = at_random(session.folder / "killed", [number])
    session.saw("kills at random instants", "completed by the next run", found)


def fleet(session: Session, number: int) -> None:
    """Real processes that sync at the same time."""
    place = session.folder / f"fleet-{number}"
    place.mkdir()
    kind = sorted(GROUNDS)[number % len(GROUNDS)]
    with GROUNDS[kind](place) as ground:
        devices = Fleet(place, ground, devices=2 + number % 3, seed=number)
        for _ in range(3):
            if session.over():
                break
            devices.round(kills=0.3, also=[UNREACHABLE])
            tried = f"processes that sync at once ({kind})"
            session.saw(tried, "nothing lost", len(devices.devices))
        devices.settle()
    shutil.rmtree(place)


if __name__ == "__main__":
    sys.exit(main("histories", play))
