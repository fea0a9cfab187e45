"""Disks that fail, as long as time is given: `python -m tests.torture.disk --seconds 600`.

First the whole table, of everything that one call of a scripted sync may answer, in an order drawn
by lot so that also a short run has seen something of everything; then the same with made-up trees.
Races and odd trees come in between.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from itertools import chain, cycle, zip_longest
from random import Random

from tests.histories.scenarios import SCENARIOS
from tests.torture.disk import ways
from tests.torture.disk.acts import ACTS
from tests.torture.disk.cases import (
    Case,
    Trouble,
    below,
    bounds,
    counted,
    disks,
    faults,
    play,
    scenario,
)
from tests.torture.disk.disks import obstacle
from tests.torture.disk.seam import under_the_seam
from tests.torture.disk.trial import Ended, Trial
from tests.torture.effects.effects import NotHere, is_preloaded
from tests.torture.session import Failed, Session, main

BETWEEN = 40
"""Trials between two acts."""


def troubles(session: Session, name: str) -> list[Trouble]:
    """Everything that can go wrong in the sync of this scenario, on this machine."""
    folder = session.folder / "counted"
    found = list(faults(counted(name, folder).counts))
    if is_preloaded():
        found += below(_seen_below(name, session))
    if not obstacle():
        found += disks()
    return [*found, *bounds()]


def _seen_below(name: str, session: Session) -> dict[str, int]:
    folder = session.folder / "counted"
    ended = Trial(scenario(name), folder).run(ways.Counting(folder))
    shutil.rmtree(folder)
    return ended.counts


def table(session: Session) -> list[Case]:
    """All troubles of all scenarios, those of each sort by lot, and one of each sort in turn."""
    sorts: dict[str, list[Case]] = {}
    for name in SCENARIOS:
        for trouble in troubles(session, name):
            case = Case(name, trouble)
            sorts.setdefault(case.tried, []).append(case)
    for found in sorts.values():
        session.chance.shuffle(found)
    turns = zip_longest(*sorts.values())
    return [case for turn in turns for case in turn if case is not None]


def made_up(session: Session) -> Iterator[Case]:
    """Some troubles of one made-up tree after the other, without end."""
    while True:
        seed = str(session.chance.randrange(1_000_000))
        yield from (Case(seed, one) for one in _some(session.chance, troubles(session, seed)))


def _some(chance: Random, found: list[Trouble]) -> list[Trouble]:
    return chance.sample(found, min(len(found), 20))


def told(ended: Ended) -> str:
    if ended.kind:
        return f"ended by {ended.kind}, exit {ended.code}"
    return "some keys failed, exit 1" if ended.code == 1 else f"exit {ended.code}"


def act(session: Session, name: str) -> None:
    seed = session.chance.randrange(1_000_000)
    folder = session.folder / "act"
    try:
        for ended, times in ACTS[name](folder, seed).items():
            session.saw(name, ended, times)
    except NotHere as error:
        session.note(f"{name}: {error}")
    except Exception as error:
        # Whatever it is, how to see it again is what one wants to know.
        again = f"python -m tests.torture.disk.again act {name!r} {seed}"
        raise Failed(f"{name}: {type(error).__name__}: {error}\n{again}") from error
    shutil.rmtree(folder, ignore_errors=True)


def play_all(session: Session) -> None:
    if why := obstacle():
        session.note(f"real small disks: {why}")
    if not is_preloaded():
        session.note("errors below SQLite: there is no Linux or no compiler")
    acts, lines = cycle(ACTS), table(session)
    for number, case in enumerate(chain(lines, made_up(session))):
        if session.over():
            left = max(0, len(lines) - number)
            if left:
                session.note(f"{left:,} of {len(lines):,} lines of the table, for want of time")
            return
        if number % BETWEEN == 0:
            act(session, next(acts))
        session.saw(case.tried, told(play(case, session.folder / "world")))


if __name__ == "__main__":
    try:
        under_the_seam("tests.torture.disk", sys.argv[1:])
    except NotHere as error:
        print(f"without the seam below SQLite: {error}", file=sys.stderr)  # noqa: T201 - a script
    sys.exit(main("disk", play_all))
