"""The plays of this room: every kill there is, and without end what chance draws."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from random import Random

from tests.torture.crashes.ending import Length, Point
from tests.torture.crashes.places import PLACES
from tests.torture.crashes.playing import MADE_UP, Play, Theatre, Then, named
from tests.torture.crashes.scenes import SCENES, plays_on
from tests.torture.effects.effects import When

Lengths = Mapping[tuple[str, str], Length]
MOMENTS: tuple[When, ...] = ("before", "after")
ENDINGS: tuple[Then, ...] = ("recovery", "another kill", "power loss")
LONGEST = 400
"""Effects that most made-up scenes do not have."""


def lengths(theatre: Theatre, grounds: Collection[str] = tuple(PLACES)) -> Lengths:
    """How many points each scene has on each ground, counted while nothing disturbs it."""
    return {
        (ground, scene): theatre.length(ground, scene)
        for ground in grounds
        for scene in plays_on(ground)
    }


def kills(lengths: Lengths) -> list[Play]:
    """A kill at each effect on the disk and at each request of each scene.

    A kill before an effect is also one after the effect before it, as the disk knows no
    difference; a server does, for it has its answer still to give.
    """
    deck: list[Play] = []
    for (ground, scene), length in lengths.items():
        points = [Point("effect", nth, "before") for nth in range(1, length.effects + 1)]
        points.append(Point("effect", length.effects, "after"))
        points += [
            Point("request", nth, when) for nth in range(1, length.requests + 1) for when in MOMENTS
        ]
        deck += [Play(ground, scene, point) for point in points]
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
