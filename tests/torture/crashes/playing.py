"""One play: a scene, the point where its sync ends, what becomes of the disk, and the judgment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Literal, Self

import msgspec

from tests.torture.crashes.disk import Disk
from tests.torture.crashes.ending import Length, Point, ended, ended_behind, length
from tests.torture.crashes.made_up import made_up
from tests.torture.crashes.places import PLACES, Place
from tests.torture.crashes.power import lose, told
from tests.torture.crashes.scenes import SCENES, Scene
from tests.torture.crashes.stage import Stage, staged
from tests.torture.crashes.verdict import Verdict
from tests.torture.session import Failed

Then = Literal["recovery", "another kill", "power loss"]
MADE_UP = "made up by "
"""How scenes are called that a seed makes up; the seed follows."""


class Play(msgspec.Struct, frozen=True):
    """All that is needed to play it again."""

    ground: str
    scene: str
    point: Point
    then: Then = "recovery"
    seed: int = 0
    """For whatever is left to chance."""

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        return msgspec.json.decode(text, type=cls)

    @property
    def tried(self) -> str:
        """In a few words, for the report."""
        what = "file operation" if self.point.of == "effect" else "request"
        deed = "power lost" if self.then == "power loss" else "kill"
        also = ", and the next run killed too" if self.then == "another kill" else ""
        drawn = "; a made-up scene" if self.scene.startswith(MADE_UP) else ""
        return f"{self.ground}: {deed} {self.point.when} a {what}{also}{drawn}"


class Theatre:
    """The places of all grounds, open until the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "world"
        self._stack = ExitStack()
        self._places: dict[str, Place] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def length(self, ground: str, scene: str) -> Length:
        """How many points the sync of a scene has there."""
        with self._staged(ground, scene) as stage:
            return length(stage)

    def play(self, play: Play) -> str:
        """How it ended; `Failed` where something that must hold does not."""
        try:
            with self._staged(play.ground, play.scene) as stage:
                return _played(stage, play)
        except Exception as error:
            # Whatever it is, what was played is what one wants to know.
            again = f"python -m tests.torture.crashes --only '{play}'"
            raise Failed(
                f"{play.tried} of {play.scene!r}: {error}\nplay it again: {again}"
            ) from error

    def _staged(self, ground: str, scene: str) -> _Staged:
        if ground not in self._places:
            self._places[ground] = self._stack.enter_context(PLACES[ground]())
        return _Staged(named(scene), self._places[ground], self._folder)


class _Staged:
    """A stage on which what comes before the scene's own sync has happened."""

    def __init__(self, scene: Scene, place: Place, folder: Path) -> None:
        self._scene = scene
        self._stack = ExitStack()
        self._open: Callable[[], Stage] = lambda: self._stack.enter_context(
            staged(scene, place, folder)
        )

    def __enter__(self) -> Stage:
        with self._stack:
            stage = self._open()
            if self._scene.cut_at:
                ended_behind(stage, self._scene.cut_at)
            self._stack = self._stack.pop_all()
            return stage

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def named(scene: str) -> Scene:
    """One of the scenes, or one that is made up."""
    if scene.startswith(MADE_UP):
        return made_up(int(scene.removeprefix(MADE_UP)))
    return SCENES[scene]


def _played(stage: Stage, play: Play) -> str:
    chance = Random(f"{play.seed} {play.point}")
    verdict = Verdict(stage)
    if play.then == "power loss":
        died = _lost_power(stage, play, chance)
    else:
        died = ended(stage, play.point)
    if play.then == "another kill":
        ended(stage, Point("effect", chance.randint(1, 300), "before"))
    verdict.give(stage.device.sync(stage.rules))
    return "completed by the next run" if died else "it had ended before"


def _lost_power(stage: Stage, play: Play, chance: Random) -> bool:
    disk, record = Disk(stage.watched()), stage.folder / "record"
    died = ended(stage, play.point, record)
    told(disk, record)
    # Nothing that was not flushed is there, or all of it, or as much as chance will have it.
    share = {0: 0.0, 1: 1.0}.get(play.seed, chance.random())
    lose(disk, disk.draw(chance, share), stage.folder / "holding")
    return died
