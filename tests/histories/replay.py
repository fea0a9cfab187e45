"""Playing a history, and making a failing one as short as it can be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.histories.edits import Author, Edit, History, Sync, edit
from tests.histories.judge import judged_sync
from tests.histories.world import World, disk_clock

DEVICES = ("A", "A", "AB")
PREFIXES = ("", "", "p/q/")
PATIENCE = 150
"""How many shorter histories are tried before the shortest so far is shown."""


class Setting:
    """What a seed decides besides the steps."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.devices = DEVICES[seed % len(DEVICES)]
        self.prefix = PREFIXES[seed // 3 % len(PREFIXES)]
        self.coarse = seed % 4 == 0

    def author(self) -> Author:
        return Author(self.seed, self.devices)

    def world(self, folder: Path) -> World:
        return World(folder, devices=self.devices, prefix=self.prefix)


class Failure(Exception):
    """A history that ends otherwise than it should; says how to play it again."""


def play(setting: Setting, history: History, folder: Path) -> int | None:
    """The place of the step at which something was wrong; None where all was right."""
    try:
        told(setting, history, folder)
    except _Wrong as wrong:
        return wrong.place
    return None


class _Wrong(Exception):
    def __init__(self, place: int, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.place = place


def told(setting: Setting, history: History, folder: Path) -> None:
    """Play it in a fresh folder."""
    shutil.rmtree(folder, ignore_errors=True)
    world = setting.world(folder)
    with disk_clock(coarse=setting.coarse):
        for place, step in enumerate(history):
            try:
                if isinstance(step, Edit):
                    edit(world, step)
                else:
                    judged_sync(world, step)
            except Exception as error:
                # Whatever it is, what led to it is what one wants to know.
                raise _Wrong(place, error) from error
    shutil.rmtree(folder)


Fails = Callable[[History], int | None]


def shortest(history: History, fails: Fails) -> History:
    """The failing history without what does not matter: its end, then step after step."""
    history = _cut(history, fails)
    tries = 0
    size = max(1, len(history) // 2)
    while size and tries < PATIENCE:
        at = 0
        while at < len(history) and tries < PATIENCE:
            shorter = history[:at] + history[at + size :]
            tries += 1
            if shorter and fails(shorter) is not None:
                history = _cut(shorter, fails)
            else:
                at += size
        size //= 2
    return history


def _cut(history: History, fails: Fails) -> History:
    place = fails(history)
    return history if place is None else history[: place + 1]


def script(setting: Setting, history: History) -> str:
    lines = [
        ", ".join(f"{name} {value!r}" for name, value in vars(setting).items()),
        *(f"  {number}. {line(step)}" for number, step in enumerate(history, start=1)),
    ]
    return "\n".join(lines)


def line(step: Edit | Sync) -> str:
    if isinstance(step, Sync):
        rules = step.rules
        return (
            f"sync {step.device}: {rules.direction}, delete_orphaned={rules.delete_orphaned},"
            f" policy={rules.policy}, workers={step.workers}"
        )
    return repr(step)


def run(seed: int, folder: Path, *, rounds: int) -> None:
    """Play the history of this seed; `Failure` shows the shortest one that fails too."""
    setting = Setting(seed)
    history = setting.author().history(rounds)
    place = play(setting, history, folder)
    if place is None:
        return
    short = shortest(history[: place + 1], lambda steps: play(setting, steps, folder))
    try:
        told(setting, short, folder)
    except _Wrong as wrong:
        raise Failure(f"{wrong}\n{script(setting, short)}\nin {folder}") from wrong.__cause__
    raise Failure(f"failed once, and not again:\n{script(setting, history)}")
