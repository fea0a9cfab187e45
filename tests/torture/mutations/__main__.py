"""Each safety measure is taken away, one by one, and at least one test must notice.

    python -m tests.torture.mutations --seconds 720

It is done to a copy of the packages. The seed says in which order, for those who give it less time
than all of them need; what was not played then is noted.
"""

from __future__ import annotations

import sys

from tests.torture.mutations.catalogue import MUTATIONS
from tests.torture.mutations.playing import Player, can_be_played
from tests.torture.session import Failed, Session, main

REMOVED = "safety measures removed"
AGAIN = "play one again with: python -m tests.torture.mutations.one WORDS OF ITS NAME"


def play(session: Session) -> None:
    player = Player(session.folder)
    left_out = player.prove(MUTATIONS)
    waiting = list(MUTATIONS)
    session.chance.shuffle(waiting)
    while waiting and not session.over():
        mutation = waiting.pop()
        if not can_be_played(mutation, left_out):
            session.note(f"{mutation.name}: {left_out[mutation.tests[0]]}")
        elif player.play(mutation, left_out):
            session.saw(REMOVED, "caught by a test")
        else:
            session.saw(REMOVED, "noticed by nobody")
    if waiting:
        session.note(f"{len(waiting)} of {len(MUTATIONS)} measures, for want of time")
    if player.survivors:
        raise Failed("; ".join(player.survivors) + f"; {AGAIN}")


if __name__ == "__main__":
    sys.exit(main("mutations", play))
