"""Every crash point of every scene, the power lost at any, and made-up scenes; run as a script.

python -m tests.torture.crashes --seconds 600 --seed 7
python -m tests.torture.crashes --only '{"ground":"local","scene":"touched",...}' --only ...
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from tests.torture.crashes.ending import Counted, Length, Point
from tests.torture.crashes.places import PLACES
from tests.torture.crashes.playing import MADE_UP, Play, Theatre, Then, named
from tests.torture.crashes.scenes import FAR, SCENES, plays_on
from tests.torture.effects.effects import Effects, NotHere, When, is_preloaded, preloaded
from tests.torture.session import Failed, Session, main

Lengths = Mapping[tuple[str, str], Length]
IN_TURN = 4
"""Of so many plays one is left to chance, as long as not every point has had its kill."""
ENDINGS: tuple[Then, ...] = ("recovery", "another kill", "power loss")
LONGEST = 400
"""Effects that most made-up scenes do not have."""


def play(session: Session) -> None:
    """All of it, until the time is over; however short that is, it sees a little of everything."""
    if not FAR.is_dir():
        session.note(f"a state on another disk: there is no {FAR}")
    with Theatre(session.folder) as theatre:
        lengths = {
            (ground, scene): theatre.length(ground, scene)
            for ground in PLACES
            for scene in plays_on(ground)
        }
        deck = kills(lengths)
        session.chance.shuffle(deck)
        # After an effect the disk is as it is before the next one: these may come last.
        deck.sort(key=lambda one: one.point.of != "effect" or one.point.when != "after")
        drawn = at_random(lengths, session.chance)
        total, number = len(deck), 0
        while not session.over():
            number += 1
            one = deck.pop() if deck and number % IN_TURN else next(drawn)
            session.saw(one.tried, theatre.play(one))
        if deck:
            session.note(f"{len(deck):,} of {total:,} kills, for want of time")


def kills(lengths: Lengths) -> list[Play]:
    """A kill before and after each effect and each request of each scene."""
    moments: tuple[When, ...] = ("before", "after")
    deck: list[Play] = []
    for (ground, scene), length in lengths.items():
        counts: tuple[tuple[Counted, int], ...] = (
            ("effect", length.effects),
            ("request", length.requests),
        )
        deck += [
            Play(ground, scene, Point(of, nth, when))
            for of, count in counts
            for nth in range(1, count + 1)
            for when in moments
        ]
    return deck


def at_random(lengths: Lengths, chance: Random) -> Iterator[Play]:
    """Without end: the power lost, the next run killed too, scenes that nobody wrote."""
    usual = list(lengths)
    near = [one for one in usual if not SCENES[one[1]].far_state]
    while True:
        ground, scene = chance.choice(near)
        point = Point("effect", chance.randint(1, lengths[ground, scene].effects), "after")
        # 0 is the worst that a disk may do, and 1 the best.
        seed = chance.choice((0, 1, *(chance.randrange(2, 10**6) for _ in range(4))))
        yield Play(ground, scene, point, "power loss", seed)
        ground, scene = chance.choice(usual)
        point = Point("effect", chance.randint(1, lengths[ground, scene].effects), "before")
        yield Play(ground, scene, point, "another kill", chance.randrange(10**6))
        scene = f"{MADE_UP}{chance.randrange(10**6)}"
        ground = chance.choice(named(scene).grounds)
        point = Point("effect", chance.randint(1, LONGEST), "after")
        yield Play(ground, scene, point, chance.choice(ENDINGS), chance.randrange(2, 10**6))


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
    """In a process that has the seam to the system; one that has not becomes one that has."""
    if not is_preloaded():
        try:
            environment = {**os.environ, **preloaded()}
        except NotHere as reason:
            told = str(reason)
            return main("crashes", lambda session: session.note(told))
        words = [sys.executable, "-m", "tests.torture.crashes", *sys.argv[1:]]
        os.execve(sys.executable, words, environment)
    Effects.tell_flushes_only()
    plays = [
        text for word, text in zip(sys.argv[1:], sys.argv[2:], strict=False) if word == "--only"
    ]
    return only(plays) if plays else main("crashes", play)


if __name__ == "__main__":
    sys.exit(begin())
