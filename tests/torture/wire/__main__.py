"""Harm to the bytes between Buckia and a bucket: each fault at each kind of request, then storms.

    python -m tests.torture.wire --seconds 1800 --seed 7 --report wire.json

The table is played in an order that the seed draws, so that a short session sees some of all of
it, with a storm now and then; once it is through, there are storms only.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from itertools import count

from tests.torture.session import Session, main
from tests.torture.wire.knock import Knock, knock, knocks
from tests.torture.wire.place import SERVERS, Stand, stand
from tests.torture.wire.play import Cell, cells, play
from tests.torture.wire.storm import storm

STORMS = 40
"""Of so many plays one is a storm, as long as the table is not through."""


def run(session: Session) -> None:
    """All of it, until the time is over; however short that is, it sees something of everything."""
    with ExitStack() as stack:
        stands = {
            name: stack.enter_context(stand(session.folder / name.replace(" ", "-"), name))
            for name in SERVERS
        }
        table = _table(session, stands)
        session.chance.shuffle(table)
        total = len(table)
        for number in count(1):
            if session.over():
                break
            if table and number % STORMS:
                _play(session, stands, table.pop())
            else:
                name = session.chance.choice(list(stands))
                for ended in storm(stands[name], session.seed * 1000 + number):
                    session.saw(f"storm, {name}", ended)
        if table:
            session.note(f"{len(table):,} of {total:,} faults, for want of time")


def _table(session: Session, stands: dict[str, Stand]) -> list[Cell | Knock]:
    """Each fault at each kind of request of each ground."""
    table: list[Cell | Knock] = []
    for name, here in stands.items():
        played, left_out = cells(name, here.wired.kinds)
        table += [*played, *knocks(name)]
        for why in sorted(set(left_out.values())):
            times = list(left_out.values()).count(why)
            session.note(f"{name}: {times} pairs of fault and request, for {why}")
    return table


def _play(session: Session, stands: dict[str, Stand], one: Cell | Knock) -> None:
    here = stands[one.ground]
    if isinstance(one, Cell):
        seen = play(here, one, session.seed)
        session.saw(f"a fault at a request, {one.ground}", seen.ended)
    else:
        session.saw(f"no connection, {one.ground}", knock(here, one, session.seed))


if __name__ == "__main__":
    sys.exit(main("wire", run))
