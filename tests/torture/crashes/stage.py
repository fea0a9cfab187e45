"""A folder and a bucket as they are just before a sync, built anew for every play.

The histories' own words are kept: a world is a folder of folders, and one of them is the bucket.
Where the bucket is elsewhere, that folder is its picture: what people do there is done to the
picture and sent on, and what a sync did is looked up and drawn again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from buckia import notes
from buckia.digests import unpack
from buckia.results import SyncResult
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from tests.grounds import Ground, config
from tests.histories.edits import Edit, edit
from tests.histories.judge import insist
from tests.histories.oracle import Rules
from tests.histories.scenarios import HERE
from tests.histories.world import BUCKET, SENTINEL, STATE, Device, World, contents, disk_clock
from tests.torture.crashes.places import Place
from tests.torture.crashes.scenes import FAR, Scene


class Performer(Device):
    """A device of the histories whose bucket may be any."""

    def __init__(self, world: World, stage: Stage) -> None:
        super().__init__(world, HERE)
        self._stage = stage
        self.config = config(stage.ground, max_delete=1_000_000, retries=2)

    def perform(self, rules: Rules) -> None:
        """One sync, one thing after the other, and nothing else."""
        super().sync(rules, workers=1)

    def rows(self) -> dict[str, str]:
        """By SHA-256 also what a service knows by another digest."""
        found: dict[str, str] = {}
        for path in (self.root / STATE).glob("pairs/*/base.sqlite"):
            with Database.look(path) as database:
                for block in SqliteManifest(database).scan():
                    found |= {row.key: self._sha256(unpack(row.digests)) for row in block}
        return found

    def _sha256(self, known: Mapping[str, str]) -> str:
        if found := known.get("sha256"):
            return found
        for digest, data in self._stage.world.seen.items():
            if all(hashlib.new(name, data).hexdigest() == hexed for name, hexed in known.items()):
                return digest
        return f"of bytes that nobody saw: {known}"

    def sync(self, rules: Rules, *, dry_run: bool = False, workers: int = 4) -> SyncResult:
        try:
            return super().sync(rules, dry_run=dry_run, workers=workers)
        finally:
            self._stage.draw()


class Stage:
    """One scene, ready to be played."""

    def __init__(self, scene: Scene, place: Place, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        place.clear(folder)
        self.scene, self.place, self.folder = scene, place, folder
        self.ground: Ground = place.ground
        self.rules = scene.scenario.rules
        self.world = World(folder, devices="")
        self.device = Performer(self.world, self)
        self.world.devices[HERE] = self.device
        (self.root / SENTINEL).write_bytes((self.world.bucket / SENTINEL).read_bytes())

    @property
    def root(self) -> Path:
        return self.device.root

    @property
    def state(self) -> Path:
        return (self.root / STATE).resolve()

    def watched(self) -> list[Path]:
        """The folders of this machine that a sync changes."""
        found = [self.root]
        if self.ground.kind == "local":
            found.append(self.world.bucket)
        if not self.state.is_relative_to(self.root.resolve()):
            found.append(self.state)
        return found

    def move_state(self, far: Path) -> None:
        """From now on the state lies in that folder, and a link leads to it."""
        near = self.root / STATE
        shutil.copytree(near, far, dirs_exist_ok=True)
        shutil.rmtree(near)
        near.symlink_to(far)

    def build(self) -> None:
        """All up to the edits that the sync is to carry over."""
        for step in self.scene.scenario.before:
            edit(self.world, step)
        self._send()
        if self.scene.scenario.has_base:
            self._agree()
            self.device.base = contents(self.world.bucket)
            insist(self.device.base == contents(self.root), "the first sync did not agree")
            self.world.look(HERE)
        self.change(self.scene.scenario.edits)

    def _agree(self) -> None:
        """The first sync; what it finds out about a server holds for all plays before it."""
        kept = self.root / STATE / "notes"
        for name, content in self.place.habits.items():
            notes.write(kept / name, content)
        self.device.sync(Rules())
        found = kept.rglob("habits.json")
        self.place.habits = {str(path.relative_to(kept)): path.read_bytes() for path in found}

    def change(self, steps: tuple[Edit, ...]) -> None:
        for step in steps:
            edit(self.world, step)
        self._send()

    def _send(self) -> None:
        """Let the bucket be what its picture shows."""
        if self.ground.kind == "local":
            return
        shown, there = contents(self.world.bucket), self.ground.objects()
        for key in there.keys() - shown:
            self.ground.remove(key)
        for key, data in shown.items():
            if there.get(key) != data:
                self.ground.put(key, data)
                # The service gives it a time of its own, which is now.
                os.utime(self.world.bucket / key)

    def draw(self) -> None:
        """Let the picture show what is in the bucket; what is right already is left alone."""
        if self.ground.kind == "local":
            return
        shown, there = contents(self.world.bucket), self.ground.objects()
        for key in shown.keys() - there:
            edit(self.world, Edit(place=BUCKET, act="drop", key=key))
        for key, data in there.items():
            if shown.get(key) != data:
                path = self.world.bucket / key
                above = [one for one in path.parents if one.is_file()]
                below = [one for one in path.rglob("*") if one.is_file()]
                insist(not (above or below), f"{key!r} is below a file, or is a folder, too")
                shutil.rmtree(path, ignore_errors=True)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


@contextmanager
def staged(scene: Scene, place: Place, folder: Path) -> Iterator[Stage]:
    """A stage with everything built, under the clock of its scene."""
    with disk_clock(coarse=scene.scenario.coarse), _far(scene) as far:
        stage = Stage(scene, place, folder)
        if far is not None:
            stage.move_state(far)
        stage.build()
        yield stage


@contextmanager
def _far(scene: Scene) -> Iterator[Path | None]:
    if not scene.far_state:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="buckia-crashes-", dir=FAR) as far:
        yield Path(far)
