"""What is on both sides before a sync that is to end before its end.

Between them the scenes make a sync do all that it can do: send and fetch what is new and what
changed, delete and rename both ways, settle conflicts by each policy, clear up where one name is a
file and a folder, move versions to a trash on another disk, send and go on sending in parts.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.histories import oracle
from tests.histories.oracle import Rules
from tests.histories.scenarios import HERE, SCENARIOS, TIMES, Scenario, agreed, move, put, scenario
from tests.histories.world import BUCKET

FAR = Path("/dev/shm")
"""Another disk than that of any usual folder, in which only folders of our own are made."""
EVERYWHERE = ("local", "s3", "bunny")
LARGE = 330_000
"""Times seven bytes: two and a bit of the parts that this room sends."""


class Scene(msgspec.Struct, frozen=True):
    """A scenario, and where and how it is played."""

    scenario: Scenario
    grounds: tuple[str, ...] = EVERYWHERE
    cut_at: str = ""
    """A kind of request: a first run is ended behind it, and the one after that is the scene's."""
    far_state: bool = False
    """State and trash lie on another disk."""


def _large() -> Scenario:
    """Bodies that go in parts: a new one, one that changed, one that is renamed, one fetched."""
    before = (
        *agreed(),
        put(HERE, "large a", "first a", next(TIMES), LARGE),
        put(HERE, "large m", "first m", next(TIMES), LARGE),
    )
    edits = (
        put(HERE, "large a", "newer a", next(TIMES), LARGE),
        move(HERE, "large m", "d/large m"),
        put(HERE, "large n", "brandnew", next(TIMES), LARGE),
        put(BUCKET, "large t", "theirs.", next(TIMES), LARGE),
    )
    return Scenario(Rules(delete_orphaned=True), before, edits)


def _touched() -> Scenario:
    """The same bytes under other times, on one side and on both."""
    again = [
        put(place, key, f"{key} as agreed", next(TIMES))
        for place, keys in ((HERE, ("a", "d/x", "e")), (BUCKET, ("b", "d/x")))
        for key in keys
    ]
    return Scenario(Rules(delete_orphaned=True), agreed(), tuple(again))


SCENES = {
    **{name: Scene(one) for name, one in SCENARIOS.items()},
    # What others put there without the file's time, as people here do, is never the newest.
    "two-way, newest wins": Scene(
        scenario(Rules(oracle.BOTH, True, oracle.NEWEST_WINS)), ("local",)
    ),
    "two-way, asking": Scene(scenario(Rules(oracle.BOTH, True, oracle.ASK))),
    "touched": Scene(_touched()),
    "state on another disk": Scene(
        scenario(Rules(oracle.BOTH, True, oracle.REMOTE_WINS)), ("local", "s3"), far_state=True
    ),
    "large": Scene(_large(), ("s3",)),
    "large, gone on with": Scene(_large(), ("s3",), cut_at="UploadPart"),
}


def plays_on(ground: str) -> list[str]:
    """The scenes of a ground, in their order; without those for which this machine is too small."""
    fitting = (name for name, scene in SCENES.items() if ground in scene.grounds)
    return [name for name in fitting if FAR.is_dir() or not SCENES[name].far_state]
