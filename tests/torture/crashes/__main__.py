"""Kills at points that chance draws, the power lost at any, and made-up scenes; run as a script.

    python -m tests.torture.crashes --seconds 600 --seed 7
    python -m tests.torture.crashes --only '{"ground":"local","scene":"touched",...}' --only ...

Every kill once is played by `tests.torture.crashes.every`, which takes hours.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.torture.crashes import deck, seam
from tests.torture.crashes.playing import Play, Theatre
from tests.torture.crashes.scenes import FAR
from tests.torture.session import Failed, Session, main

IN_TURN = 4
"""Of so many plays one is left to chance, as long as not every point has had its kill."""


def play(session: Session) -> None:
    """All of it, until the time is over; however short that is, it sees a little of everything."""
    if not FAR.is_dir():
        session.note(f"a state on another disk: there is no {FAR}")
    with Theatre(session.folder) as theatre:
        lengths = deck.lengths(theatre)
        kills = deck.kills(lengths)
        session.chance.shuffle(kills)
        drawn = deck.at_random(lengths, session.chance)
        total, number = len(kills), 0
        while not session.over():
            number += 1
            one = kills.pop() if kills and number % IN_TURN else next(drawn)
            session.saw(one.tried, theatre.play(one))
        if kills:
            session.note(f"{len(kills):,} of {total:,} kills, for want of time")


def only(plays: list[str]) -> int:
    """Play just these; 1 with a sentence about the first that fails."""
    with tempfile.TemporaryDirectory() as folder, Theatre(Path(folder)) as theatre:
        for text in plays:
            one = Play.parse(text)
            try:
                print(f"{one.tried}: {theatre.play(one)}", flush=True)  # noqa: T201 - a script
            except Failed as error:
                print(error, file=sys.stderr)  # noqa: T201 - a script
                return 1
    return 0


def begin() -> int:
    missing = seam.insist_on("tests.torture.crashes")
    if missing:
        return main("crashes", lambda session: session.note(missing))
    plays = [
        text for word, text in zip(sys.argv[1:], sys.argv[2:], strict=False) if word == "--only"
    ]
    return only(plays) if plays else main("crashes", play)


if __name__ == "__main__":
    sys.exit(begin())
