"""Every kill of every scene on one ground, once each, however long that takes; run as a script.

python -m tests.torture.crashes.every s3 --report s3.json
"""

from __future__ import annotations

import sys

from tests.torture.crashes import deck, seam
from tests.torture.crashes.places import PLACES
from tests.torture.crashes.playing import Theatre
from tests.torture.session import Session, main

NEVER = float("inf")


def play(session: Session, ground: str) -> None:
    """In an order that chance draws, so that a part of it says something of the whole."""
    with Theatre(session.folder) as theatre:
        kills = deck.kills(deck.lengths(theatre, (ground,)))
        session.chance.shuffle(kills)
        total = len(kills)
        while kills and not session.over():
            one = kills.pop()
            session.saw(one.tried, theatre.play(one))
        if kills:
            session.note(f"{len(kills):,} of {total:,} kills, for want of time")


def begin() -> int:
    module = "tests.torture.crashes.every"
    if not PLACES.keys() & set(sys.argv[1:2]):
        print(f"python -m {module} {'|'.join(PLACES)}", file=sys.stderr)  # noqa: T201 - a script
        return 2
    missing = seam.insist_on(module)
    if missing:
        print(missing, file=sys.stderr)  # noqa: T201 - a script
        return 1
    ground = sys.argv.pop(1)
    name = f"crashes.every {ground}"
    return main(name, lambda session: play(session, ground), seconds=NEVER)


if __name__ == "__main__":
    sys.exit(begin())
