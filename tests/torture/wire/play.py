"""One fault and one kind of request: a scripted sync under it, calm runs behind it, a judgement."""

from __future__ import annotations

import sys
import time
from collections import Counter

import msgspec

from tests.torture.session import Failed
from tests.torture.wire.asked import Kind
from tests.torture.wire.budget import budget
from tests.torture.wire.faults import FAULTS
from tests.torture.wire.judge import calm, judged
from tests.torture.wire.line import Due
from tests.torture.wire.place import Place, Stand
from tests.torture.wire.scenes import STAYS, prepare, scene, settled, text
from tests.torture.wire.yard import Ended


class Cell(msgspec.Struct, frozen=True, order=True):
    """One place of the table."""

    ground: str
    fault: str
    kind: str
    often: bool

    @property
    def command(self) -> str:
        how = " --often" if self.often else ""
        words = f"--ground '{self.ground}' --fault '{self.fault}' --kind '{self.kind}'{how}"
        return f"{sys.executable} -m tests.torture.wire.one {words}"


class Seen(msgspec.Struct, frozen=True):
    """What became of a cell."""

    ended: str
    seconds: float
    tries: int
    """How many requests were harmed."""


def cells(ground: str, kinds: tuple[Kind, ...]) -> tuple[list[Cell], dict[str, str]]:
    """The whole table of a ground: what is played, and what is not and why."""
    played: list[Cell] = []
    left_out: dict[str, str] = {}
    for name, fault in FAULTS.items():
        for kind in kinds:
            if why := fault.left_out(ground, kind):
                left_out[f"{name}: {kind.name}"] = why
            else:
                played += [Cell(ground, name, kind.name, often) for often in (False, True)]
    return played, left_out


def play(stand: Stand, cell: Cell, seed: int) -> Seen:
    """Play it and judge it; `Failed` says what went wrong, and how to see it again."""
    try:
        seen = _played(stand.used(seed, settled), cell)
    except (AssertionError, ExceptionGroup) as error:
        # What is left behind is no ground for others.
        stand.leave()
        told = f"{cell.fault} | {cell.kind} | {'often' if cell.often else 'once'} | {cell.ground}"
        raise Failed(f"{told}: {error}\nplay it again: {cell.command} --seed {seed}") from error
    if FAULTS[cell.fault].lies_to(cell.ground, cell.kind):
        # What nobody could tell from the truth may show in later scenes.
        stand.leave()
    return seen


def _played(place: Place, cell: Cell) -> Seen:
    fault = FAULTS[cell.fault]
    lies = fault.lies_to(cell.ground, cell.kind)
    scene(cell.kind)(place)
    place.line.harm([Due(fault.harm, cell.kind, often=cell.often)])
    began = time.monotonic()
    deletes = STAYS[:2] if cell.kind == "delete many" else ()
    ended = place.run(deletes=deletes)
    seconds = time.monotonic() - began
    tries = place.line.applied
    made = sorted({one.kind for one in place.line.seen})
    assert tries, f"no request of this kind was made, but {made}: {ended.said}"
    judged(place, ended, lies=lies)
    if deletes:
        _told_of_deletes(place, ended, lies=lies)
    within_budget(place, cell.kind)
    place.line.harm([])
    prepare(place)
    calm(place, lies=lies)
    return Seen(f"exit code {ended.code}", seconds, tries)


def _told_of_deletes(place: Place, ended: Ended, *, lies: bool) -> None:
    """What is said to be deleted is gone, unless nobody could know better."""
    there = place.ground.objects()
    claimed = set(STAYS[:2]) - set(ended.told.get("failed", ())) if ended.code in (0, 1) else set()
    assert lies or not claimed & set(there), f"said to be deleted and there: {claimed}"
    for key in STAYS[:2]:
        place.ground.put(key, text(key))


def within_budget(place: Place, kind: str) -> None:
    """No request was made more often than its tries allow."""
    asked = Counter(one.key for one in place.line.seen if one.kind == kind)
    most = budget(place.wired.name, kind)
    over = {key: count for key, count in asked.items() if count > most}
    assert not over, f"more requests than tries: {over}, {most} are allowed"
