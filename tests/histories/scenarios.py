"""Two sides with everything in them that a sync can have to do, for kills at every step."""

from __future__ import annotations

from itertools import count

import msgspec

from tests.histories import oracle
from tests.histories.edits import Edit
from tests.histories.oracle import Rules
from tests.histories.world import BUCKET

HERE = "A"


class Scenario(msgspec.Struct, frozen=True):
    rules: Rules
    before: tuple[Edit, ...]
    """What is on both sides when they last agreed; without a base, what is here at all."""
    edits: tuple[Edit, ...]
    has_base: bool = True
    coarse: bool = False
    """On a disk whose clock counts in seconds, where a file that was just written proves little."""


def put(place: str, key: str, text: str, at: int, times: int = 1) -> Edit:
    return Edit(place=place, act="write", key=key, text=text, at=at, anew=True, times=times)


def move(place: str, key: str, to: str) -> Edit:
    return Edit(place=place, act="move", text=key, key=to)


def drop(place: str, key: str) -> Edit:
    return Edit(place=place, act="drop", key=key)


AGREED = ("a", "b", "c", "d/x", "d/y", "e", "g/h", "k", "m", "n/o/p", "r", "s")
MANY = 60_000
TIMES = count(100, 40)
"""Each a few seconds after the one before, so that the newest of two can be told."""


def agreed() -> tuple[Edit, ...]:
    return tuple(put(HERE, key, f"{key} as agreed", next(TIMES)) for key in AGREED)


def here() -> tuple[Edit, ...]:
    """What was done in the folder since."""
    return (
        put(HERE, "a", "written here", next(TIMES)),
        drop(HERE, "b"),
        move(HERE, "c", "c2"),
        put(HERE, "d/x", "both wrote this, here", next(TIMES)),
        drop(HERE, "e"),
        put(HERE, "e/inner", "a file became a folder", next(TIMES)),
        drop(HERE, "k"),
        put(HERE, "new here", "much here ", next(TIMES), MANY),
        put(HERE, "twin", "the same on both sides", next(TIMES)),
        put(HERE, "s", "edited here, deleted there", next(TIMES)),
    )


def there() -> tuple[Edit, ...]:
    """And what was done in the bucket."""
    return (
        put(BUCKET, "d/x", "both wrote this, there", next(TIMES)),
        move(BUCKET, "d/y", "d/y2"),
        drop(BUCKET, "g/h"),
        put(BUCKET, "g", "a folder became a file", next(TIMES)),
        put(BUCKET, "k", "deleted here, edited there", next(TIMES)),
        drop(BUCKET, "m"),
        drop(BUCKET, "n/o/p"),
        put(BUCKET, "new/there", "much there ", next(TIMES), MANY),
        put(BUCKET, "r", "written there", next(TIMES)),
        put(BUCKET, "twin", "the same on both sides", next(TIMES)),
        drop(BUCKET, "s"),
    )


def scenario(rules: Rules, *, coarse: bool = False) -> Scenario:
    return Scenario(rules, agreed(), (*here(), *there()), coarse=coarse)


SCENARIOS = {
    "two-way, keeping both": scenario(Rules(oracle.BOTH, True, oracle.KEEP_BOTH)),
    "two-way, local wins": scenario(Rules(oracle.BOTH, True, oracle.LOCAL_WINS)),
    "two-way, remote wins": scenario(Rules(oracle.BOTH, True, oracle.REMOTE_WINS)),
    "two-way, on a coarse clock": scenario(Rules(delete_orphaned=True), coarse=True),
    "restoring": scenario(Rules(oracle.BOTH)),
    "mirror up": scenario(Rules(oracle.PUSH, delete_orphaned=True)),
    "mirror down": scenario(Rules(oracle.PULL, delete_orphaned=True)),
    "first sync": Scenario(Rules(), agreed(), there()[:1] + there()[4:5], has_base=False),
}
