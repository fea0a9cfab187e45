"""Syncs that are killed, at every operation of the system or at any instant; run as a script.

    python -m tests.histories.crashing steps FOLDER SCENARIO STRIDE FIRST
    python -m tests.histories.crashing random FOLDER SEED...

`steps` builds the same two sides again and again and kills their sync with SIGKILL just before
its nth call that changes anything on the disk or commits anything to the base: for every n, or
for every STRIDE-th from FIRST on. `random` plays histories in which syncs are killed after a time
drawn by lot, once or several times in a row, and where people sometimes go on editing before the
next one. After each kill one more sync must end where an undisturbed one would have ended.

Each sync that may die runs in a fork of this process, which has everything imported already.
Prints as JSON how many kills there were.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.histories.edits import Edit, Sync, edit
from tests.histories.judge import Sides, insist, settled
from tests.histories.oracle import Change, Rules, change, in_the_way
from tests.histories.replay import Setting, line
from tests.histories.scenarios import SCENARIOS, Scenario
from tests.histories.world import Device, World, contents, disk_clock
from tests.stores.local.crashes import Fuse, in_child

MOST = 1500
"""Operations that a sync of a scenario may have."""


class Unfinished(Exception):
    """The run after a kill did not end as it should."""


def burn_at_commits(fuse: Fuse) -> None:
    """Count what is committed to a database, too."""
    connect = sqlite3.connect

    def watched(*given: Any, **how: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*given, **how)
        connection.set_trace_callback(
            lambda said: fuse.burn() if said.lstrip().upper().startswith("COMMIT") else None
        )
        return connection

    sqlite3.connect = watched  # type: ignore[assignment]


def kill_at(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that dies before its nth operation; whether it did die."""

    def burning() -> None:
        fuse = Fuse(step)
        fuse.set()
        burn_at_commits(fuse)
        work()

    _, status = os.waitpid(in_child(burning), 0)
    if os.WIFSIGNALED(status):
        insist(os.WTERMSIG(status) == signal.SIGKILL, "the child died of", os.WTERMSIG(status))
        return True
    insist(status == 0, "the child failed")
    return False


def safely(work: Callable[[], object]) -> None:
    """Do the work in a child, so that nothing of it stays in this process."""
    _, status = os.waitpid(in_child(work), 0)
    insist(status == 0, "the child failed")


def build(scenario: Scenario, folder: Path) -> tuple[World, Device]:
    """Both sides as they are just before the sync that is to be killed."""
    shutil.rmtree(folder, ignore_errors=True)
    world = World(folder)
    device = world.devices["A"]
    for step in scenario.before:
        edit(world, step)
    if scenario.has_base:
        safely(lambda: device.sync(Rules()))
        device.base = contents(world.bucket)
        insist(device.base == contents(device.root), "the first sync did not agree")
    for step in scenario.edits:
        edit(world, step)
    return world, device


def steps(folder: Path, name: str, stride: int, first: int) -> int:
    """Kill the sync of a scenario before each operation in turn; how many kills there were."""
    scenario = SCENARIOS[name]
    for kills, step in enumerate(range(first, MOST, stride)):
        world, device = build(scenario, folder)
        sides = Sides(world, device, scenario.rules)
        died = kill_at(step, lambda d=device: d.sync(scenario.rules, workers=1))  # type: ignore[misc]
        try:
            result = device.sync(scenario.rules)
            sides.check(result, killed=True)
            settled(world, device, sides)
        except Exception as error:
            # Whatever it is, the place of the kill is what one wants to know.
            raise Unfinished(f"{name}, killed before operation {step}: {error}") from error
        if not died:
            return kills
    raise AssertionError(f"the sync of {name} has more than {MOST} operations")


def kill_after(seconds: float, work: Callable[[], object]) -> bool:
    """Do the work in a child that is killed after so long, whatever it does; whether it was."""
    child = in_child(work)
    time.sleep(seconds)  # the instant is meant to be any
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    insist(os.WIFSIGNALED(status) or status == 0, "the child failed")
    return os.WIFSIGNALED(status)


class Stopwatch:
    """Lets a piece of work come through, to know how long that takes here and now."""

    seconds = 0.0

    def __call__(self, work: Callable[[], object]) -> bool:
        begun = time.monotonic()
        safely(work)
        self.seconds = time.monotonic() - begun
        return False


class Tale:
    """A history whose syncs are killed now and then."""

    def __init__(self, folder: Path, seed: int) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        setting = Setting(seed)
        self.chance = Random(f"kills {seed}")
        self.author = setting.author()
        self.world = setting.world(folder)
        self.told: list[str] = []
        self.kills = 0
        self._usual = 0.05

    def play(self, rounds: int) -> None:
        for _ in range(rounds):
            self._edit(self.author.edits(self.chance.randint(1, 7)))
            step = self.author.sync()
            self.told.append(line(step))
            self._round(step)

    def _edit(self, made: list[Edit]) -> None:
        for step in made:
            self.told.append(line(step))
            edit(self.world, step)

    def _round(self, step: Sync) -> None:
        device = self.world.devices[step.device]
        sides = Sides(self.world, device, step.rules)
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            delay = self.chance.uniform(0, 1.2 * self._usual)
            died = kill_after(delay, lambda: device.sync(step.rules, workers=step.workers))
            self.told.append(f"  killed after {delay:.3f} s" if died else "  came through")
            self.kills += died
        if self.chance.random() < 0.3:
            self._go_on(device, sides, step)
            return
        begun = time.monotonic()
        result = device.sync(step.rules, workers=step.workers)
        self._usual = 0.5 * self._usual + 0.5 * (time.monotonic() - begun)
        sides.check(result, killed=True)
        settled(self.world, device, sides)

    def _go_on(self, device: Device, sides: Sides, step: Sync) -> None:
        """People edit the folder of the device between the kill and the next sync."""
        made = [one for one in self.author.edits(4) if one.place == device.name]
        here = contents(device.root)
        self._edit(made)
        now = contents(device.root)
        touched = {key for key in here.keys() | now if here.get(key) != now.get(key)}
        again = Sides(self.world, device, step.rules)
        result = device.sync(step.rules, workers=step.workers)
        known = {*device.base.values(), *here.values()}
        again.check_safe(result, known | {file.data for file in sides.left.values()})
        theirs = {
            key
            for key in again.left.keys() | again.right.keys() | device.base.keys()
            if change(sides.right.get(key), device.base.get(key)) is not Change.KEPT
        }
        invented = {one.path for one in result.conflicts if one.path in touched} - theirs
        invented -= sides.expected.may_report | in_the_way({*again.left, *again.right})
        insist(not invented or step.rules.direction != "both", "conflicts nobody made:", invented)
        device.base = device.recorded()


def at_random(folder: Path, seeds: list[int]) -> int:
    kills = 0
    for seed in seeds:
        tale = Tale(folder, seed)
        try:
            with disk_clock(coarse=seed % 2 == 0):
                tale.play(rounds=4)
        except Exception as error:
            # Whatever it is, what led to it is what one wants to know.
            story = "\n  ".join(tale.told)
            raise Unfinished(f"seed {seed}: {error}\n  {story}\nin {folder}") from error
        kills += tale.kills
    return kills


def main(words: Iterator[str]) -> None:
    mode, folder = next(words), Path(next(words))
    try:
        if mode == "steps":
            name, stride, first = words
            with disk_clock(coarse=SCENARIOS[name].coarse):
                kills = steps(folder, name, int(stride), int(first))
        else:
            kills = at_random(folder, [int(word) for word in words])
    except Unfinished as error:
        sys.exit(str(error))
    print(json.dumps({"kills": kills}))  # noqa: T201 - a script


if __name__ == "__main__":
    main(iter(sys.argv[1:]))
