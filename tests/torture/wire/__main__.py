"""Harm to the bytes between Buckia and a bucket: each fault at each kind of request, then storms.

    python -m tests.torture.wire --seconds 1800 --seed 7 --report wire.json

The table is played in an order that the seed draws, so that a short session sees some of all of
it. What is left of the time goes to storms.
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


def run(session: Session) -> None:
    """All cells of all grounds, as far as the time goes, and storms until it is over."""
    with ExitStack() as stack:
        stands = {
            name: stack.enter_context(stand(session.folder / name.replace(" ", "-"), name))
            for name in SERVERS
        }
        _table(session, stands)
        for number in count(session.seed * 1000):
            if session.over():
                return
            name = session.chance.choice(list(stands))
            for ended in storm(stands[name], number):
                session.saw(f"storm, {name}", ended)


def _table(session: Session, stands: dict[str, Stand]) -> None:
    table: list[Cell | Knock] = []
    for name, here in stands.items():
        played, left_out = cells(name, here.wired.kinds)
        table += [*played, *knocks(name)]
        for why in sorted(set(left_out.values())):
            times = list(left_out.values()).count(why)
            session.note(f"{name}: {times} pairs of fault and request, for {why}")
    session.chance.shuffle(table)
    for at, one in enumerate(table):
        if session.over():
            session.note(f"the time was over with {len(table) - at} of {len(table)} left")
            return
        here = stands[one.ground]
        if isinstance(one, Cell):
            seen = play(here, one, session.seed)
            session.saw(f"a fault at a request, {one.ground}", seen.ended)
        else:
            session.saw(f"no connection, {one.ground}", knock(here, one, session.seed))


if __name__ == "__main__":
    sys.exit(main("wire", run))
