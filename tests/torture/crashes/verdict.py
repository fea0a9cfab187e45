"""What must hold after the sync that follows one that was cut off."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from buckia.results import SyncResult
from buckia.state.trash import Trash
from tests.histories.judge import Seen, Sides, insist, settled
from tests.histories.oracle import Copy
from tests.histories.world import IDENTITY, copy_name
from tests.torture.crashes.stage import Stage

ANY_TIME = re.compile(r"\d{8}T\d{9}Z")
AT_HOME = re.compile(
    r"device|tag|notes/([^/]+/)*[^/.]+\.json|last/[^/.][^/]*\.json|pairs/[^/]+/(base\.sqlite|lock)"
    r"|trash/[^/]+/\d{4}-\d\d-\d\d/[^/.]+(\.json)?"
)
"""Files that belong into a state at rest."""


class Verdict(Sides):
    """What the histories ask, and besides that nothing lies about and the state is sound."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.world, stage.device, stage.rules)
        self._stage = stage

    def give(self, result: SyncResult) -> None:
        self.check(result, killed=True)
        settled(self.world, self.device, self)
        self._a_day_passes()
        self._nothing_lies_about()
        self._state_is_sound()

    def _copies(self, left: Seen, right: Seen) -> dict[str, bytes]:
        """A service keeps times of its own, by which the copy of its version is called."""
        if self._stage.ground.kind == "local":
            return super()._copies(left, right)
        found: dict[str, bytes] = {}
        for copy in self.expected.copies:
            names = _named(copy, left)
            insist(bool(names), f"no conflict copy of {copy.key!r} holds", copy.file.data[:48])
            new = [name for name in names if name not in self.expected.left]
            insist(len(new) < 2, f"several conflict copies of {copy.key!r}:", new)
            insist(all(right.get(name) == copy.file.data for name in new), f"{new} is not there")
            found |= dict.fromkeys(new, copy.file.data)
        return found

    def _a_day_passes(self) -> None:
        """What nobody may take away at once, since it might be another's, goes the day after."""
        state, long_ago = self._stage.state, time.time() - 2 * 24 * 3600
        for name in _strangers(state):
            if not name.startswith("trash/"):
                os.utime(state / name, (long_ago, long_ago))
        for trash in state.glob("trash/*"):
            Trash(trash).expire(10_000, datetime.now(UTC) + timedelta(days=2))
        self.device.sync(self.rules)

    def _nothing_lies_about(self) -> None:
        insist(not self._stage.ground.unfinished(), "left:", self._stage.ground.unfinished())
        lying = [str(path) for path in self._stage.root.rglob(".buckia-*") if path.name != IDENTITY]
        insist(not lying, "left in the folder:", lying)

    def _state_is_sound(self) -> None:
        state = self._stage.state
        for path in state.glob("pairs/*/base.sqlite"):
            with closing(sqlite3.connect(path)) as base:
                said = base.execute("PRAGMA integrity_check").fetchall()
            insist(said == [("ok",)], "the base is damaged:", said)
        strange = sorted(set(_strangers(state)))
        insist(not strange, "strange files in the state:", strange)
        insist(not list(state.glob("pairs/*/*damaged*")), "a base was set aside")


def _strangers(state: Path) -> Iterator[str]:
    """The names of what is nobody's."""
    names = {path.relative_to(state).as_posix() for path in state.rglob("*") if path.is_file()}
    yield from (name for name in names if not AT_HOME.fullmatch(name))
    for name in names:
        kept, dot, _ = name.rpartition(".json")
        if name.startswith("trash/") and (kept if dot else f"{name}.json") not in names:
            yield name


def _named(copy: Copy, held: Seen) -> list[str]:
    """Keys that are a conflict copy of this very version, whatever time they name."""
    exact = copy_name(copy.key, copy.file.mtime_ns).pattern
    pattern = re.compile(ANY_TIME.sub(lambda _: r"\d{8}T\d{9}Z", exact))
    return [key for key, data in held.items() if data == copy.file.data and pattern.fullmatch(key)]
