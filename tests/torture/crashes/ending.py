"""Ends a sync at one point of its way, in a fork of this process."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from tests.histories.judge import insist
from tests.stores.local.crashes import in_child
from tests.torture.crashes.guard import Order
from tests.torture.crashes.stage import Stage
from tests.torture.effects.effects import Effects, When

Counted = Literal["effect", "request"]


class Point(NamedTuple):
    """Where a sync ends."""

    of: Counted
    """What is counted: what it does to this machine's disk, or what it asks of a server."""
    nth: int
    """From 1."""
    when: When

    def __str__(self) -> str:
        return f"{self.when} {self.of} {self.nth}"


class Length(NamedTuple):
    """How many points an undisturbed sync has."""

    effects: int
    requests: int


def ended(stage: Stage, point: Point, record: Path | None = None) -> bool:
    """Sync in a fork that dies at this point; False where it came through before.

    With `record` all that it did to the disk is written down there.
    """

    def armed() -> None:
        seam = Effects(*stage.watched())
        if record is not None:
            seam.record(record)
        if point.of == "effect":
            seam.kill(point.nth, point.when)
        stage.device.perform(stage.rules)

    order = None if point.of == "effect" else Order(0, point.nth, point.when)
    status = _forked(stage, armed, order)
    if os.WIFSIGNALED(status):
        insist(os.WTERMSIG(status) == signal.SIGKILL, "the child died of", os.WTERMSIG(status))
        return True
    insist(status == 0, "the child failed")
    return False


def ended_behind(stage: Stage, kind: str) -> None:
    """Sync in a fork that dies when the server has done the first request of this kind."""
    order = Order(0, 1, "after", kind)
    status = _forked(stage, lambda: stage.device.perform(stage.rules), order)
    insist(os.WIFSIGNALED(status), f"there was no {kind}")
    stage.draw()


def length(stage: Stage) -> Length:
    """Sync undisturbed, and count."""
    told = stage.folder / "length.json"

    def armed() -> None:
        seam = Effects(*stage.watched())
        stage.device.perform(stage.rules)
        count = seam.count()
        seam.stop()
        told.write_text(json.dumps(count))

    insist(_forked(stage, armed, None) == 0, "the undisturbed sync failed")
    guard = stage.place.guard
    return Length(json.loads(told.read_text()), 0 if guard is None else guard.count)


def _forked(stage: Stage, work: Callable[[], object], order: Order | None) -> int:
    """The status of a child that did the work, which begins when the guard knows of it."""
    waiting, ready = os.pipe()

    def begun() -> None:
        os.close(ready)
        os.read(waiting, 1)
        work()

    child = in_child(begun)
    os.close(waiting)
    guard = stage.place.guard
    if guard is not None:
        guard.expect(None if order is None else order._replace(process=child))
    os.close(ready)
    _, status = os.waitpid(child, 0)
    if guard is not None:
        guard.settle()
        if order is not None:
            guard.expect(None)
    return status
