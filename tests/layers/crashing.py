"""Syncs of a tree of layers that are killed; run as a script.

    python -m tests.layers.crashing FOLDER SCENE STRIDE FIRST
    python -m tests.layers.crashing FOLDER SCENE seeds SEED...

The first way kills before every STRIDE-th operation from FIRST on, the second after times drawn by
lot. After each kill no lower layer is another than before and all that anybody wrote is somewhere,
and one more sync ends where an undisturbed one would have ended.

Prints as JSON how many kills there were.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.results import SyncResult
from tests.histories.crashing import Stopwatch, kill_after, kill_at
from tests.histories.killing import script

MOST = 1500
OLD = 1_600_000_000
LAYERS = ("default", "team", "me")
Tree = Mapping[str, str]
OURS = (".buckia.state/", ".buckia-bucket")

GIVEN: Tree = {
    "default/a": "default a",
    "default/b": "default b",
    "default/gone": "default gone",
    "team/a": "team a",
    "team/dropped": "team dropped",
    "team/edited": "team edited",
    "team/moved": "team moved",
    "team/both": "team both",
    "team/taken": "team taken",
    "me/taken": "my taken",
    "me/renamed": "my renamed",
    "default/renamed": "default renamed",
    "me/mine": "my mine",
}
LATER: Tree = {"default/b": "default b, later", "team/both": "team both, later", "team/c": "team c"}
"""What those in charge of lower layers write meanwhile; they take `default/gone` away."""
SCENES: Mapping[str, tuple[Tree, Tree]] = {
    "local_wins": ({}, {"both": "both, here"}),
    "remote_wins": ({"both": "both, here"}, {"both": "team both, later"}),
    "keep_both": ({}, {"both": "team both, later"}),
}
"""By the policy: what has to be in the trash, and what the tree shows of what both wrote."""
SHOWN: Tree = {
    "a": "team a",
    "b": "default b, later",
    "c": "team c",
    "dropped": "team dropped",
    "edited": "edited here",
    "moved": "team moved",
    "my moved": "team moved",
    "taken": "team taken",
    "renamed": "default renamed",
    "my renamed": "my renamed",
    "mine": "my mine, edited",
    "new": "new here",
}


class Stage:
    """A folder and a tree of layers that agreed, and what was done since."""

    def __init__(self, folder: Path, scene: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.scene = scene
        self.root, self.bucket = folder / "here", folder / "bucket"
        self.root.mkdir(parents=True)
        for key, text in GIVEN.items():
            put(self.bucket / key, text)
        self.config = BucketConfig(
            provider="local",
            bucket_name="bucket",
            options={"root": str(folder)},
            layers=LAYERS,
            delete_orphaned=True,
            conflict_resolution=scene,
        )
        assert self.sync().exit_code == 0

    def sync(self) -> SyncResult:
        with BuckiaClient(self.config, local_path=self.root) as client:
            return client.sync(max_workers=1)

    def begin(self) -> None:
        for key, text in LATER.items():
            put(self.bucket / key, text)
        (self.bucket / "default/gone").unlink()
        put(self.root / "edited", "edited here")
        put(self.root / "both", "both, here")
        put(self.root / "mine", "my mine, edited")
        put(self.root / "new", "new here")
        for name in ("moved", "renamed"):
            (self.root / name).rename(self.root / f"my {name}")
        for name in ("dropped", "taken"):
            (self.root / name).unlink()
        self.lower = self._lower()
        self.written = {"edited here", "both, here", "my mine, edited", "new here", "my renamed"}

    def check_killed(self) -> None:
        assert self._lower() == self.lower, "a lower layer was written"
        held = {*texts(self.root).values(), *self._kept()}
        assert self.written <= held, self.written - held

    def check_ended(self) -> None:
        for _ in range(2):
            result = self.sync()
            assert not result.failed, result.failed
        self.check_killed()
        kept, shown = SCENES[self.scene]
        here = texts(self.root)
        copies = {key for key in here if ".conflict-" in key}
        assert {here.pop(key) for key in copies} == (
            {"both, here"} if self.scene == "keep_both" else set()
        )
        assert here == {**SHOWN, **shown}
        assert set(kept.values()) <= set(self._kept())
        again = self.sync()
        assert again.exit_code == 0
        assert not again.actions, again.actions
        for top in (self.root, self.bucket):
            lying = {path.relative_to(top).as_posix() for path in top.rglob(".buckia-*")}
            # What a killed look at the disk left in the state goes a day later.
            assert not {one for one in lying if not one.startswith(OURS)}, lying

    def _lower(self) -> Tree:
        return {key: text for key, text in texts(self.bucket).items() if key[:3] != "me/"}

    def _kept(self) -> list[str]:
        trash = self.root / ".buckia.state/trash"
        return [path.read_text() for path in trash.rglob("*") if is_kept(path)]


def is_kept(path: Path) -> bool:
    return path.is_file() and path.suffix != ".json"


def put(path: Path, text: str) -> None:
    """With a time that is long ago, and another for each text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    at = OLD + sum(text.encode())
    os.utime(path, (at, at))


def texts(top: Path) -> dict[str, str]:
    return {
        path.relative_to(top).as_posix(): path.read_text()
        for path in top.rglob("*")
        if path.is_file() and ".buckia" not in path.relative_to(top).as_posix()
    }


def steps(folder: Path, scene: str, stride: int, first: int) -> int:
    for kills, step in enumerate(range(first, MOST, stride)):
        stage = Stage(folder, scene)
        stage.begin()
        died = kill_at(step, stage.sync)
        judge(stage, f"{scene}, killed before operation {step}")
        if not died:
            return kills
    raise AssertionError(f"the sync has more than {MOST} operations")


def at_random(folder: Path, scene: str, seeds: list[int]) -> int:
    kills, usual = 0, Stopwatch()
    stage = Stage(folder, scene)
    stage.begin()
    usual(stage.sync)
    for seed in seeds:
        stage = Stage(folder, scene)
        stage.begin()
        seconds = Random(f"{scene} {seed}").uniform(0, usual.seconds)
        kills += kill_after(seconds, stage.sync)
        judge(stage, f"{scene}, seed {seed}")
    return kills


def judge(stage: Stage, played: str) -> None:
    try:
        stage.check_killed()
        stage.check_ended()
    except AssertionError as error:
        sys.exit(f"{played}: {error!r}")


if __name__ == "__main__":
    script(steps, at_random)
