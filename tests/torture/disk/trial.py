"""One sync on a disk that fails, and what must be true of it: at once, and after a calm one."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from buckia.cli.codes import ExitCode
from buckia.cli.trouble import explained
from buckia.engine import limits
from buckia.errors import BuckiaError
from buckia.results import SyncResult
from buckia.state.folder import StateFolder
from buckia.state.trash import Trash
from tests.histories.crashing import build
from tests.histories.judge import Disagreement, Sides, insist, settled
from tests.histories.scenarios import Scenario
from tests.histories.world import STATE, contents, disk_clock
from tests.torture.disk.ways import Sick

DEADLINE = 90.0
"""Seconds in which any sync of a few files must end, whatever the disk does."""
CODES = frozenset({0, 1, 2, 3, 4, 5, 6})
"""Exit codes that a failing disk may lead to."""


class Ended(msgspec.Struct, frozen=True):
    """How a sync ended in a process that is gone by now."""

    code: int
    kind: str = ""
    """The class of the error that ended it; empty where nothing did."""
    message: str = ""
    hint: str = ""
    trace: str = ""
    failed: tuple[tuple[str, str, str], ...] = ()
    """Key, class of the error, and message."""
    deleted: int = 0
    hit: str = ""
    """The call that failed; empty where none did."""
    counts: dict[str, int] = msgspec.field(default_factory=dict)


def told(result: SyncResult) -> dict[str, Any]:
    return {
        "code": result.exit_code,
        "failed": [(one.path, one.error, one.message) for one in result.failed],
        "deleted": result.deleted,
    }


def explain(error: Exception) -> dict[str, Any]:
    import traceback

    found = explained(error)
    return {
        "code": int(found.code),
        "kind": found.kind,
        "message": found.message,
        "hint": found.hint,
        "trace": "" if isinstance(error, BuckiaError) else traceback.format_exc(),
    }


def in_fork(work: Callable[[], SyncResult], sick: Sick) -> Ended:
    """Do the work in a fork, where the disk fails; nothing of that stays in this process."""
    reading, saying = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _die_telling(work, sick, saying)
    os.close(saying)
    try:
        heard = _heard(reading, child)
    finally:
        os.close(reading)
        os.waitpid(child, 0)
    insist(bool(heard), "the process ended without a word")
    return msgspec.json.decode(heard, type=Ended)


def _die_telling(work: Callable[[], SyncResult], sick: Sick, saying: int) -> None:
    write, leave = os.write, os._exit
    try:
        # The pauses between two tries are not what is looked at here.
        limits.FIRST_PAUSE = 0.0
        sick.set()
        try:
            said = told(work())
        except Exception as error:  # noqa: BLE001 - any that comes out is told, and judged
            said = explain(error)
        write(saying, json.dumps({**said, "hit": sick.hit, "counts": sick.told()}).encode())
    finally:
        leave(0)


def _heard(reading: int, child: int) -> bytes:
    heard = b""
    while select.select([reading], [], [], DEADLINE)[0]:
        chunk = os.read(reading, 1 << 16)
        if not chunk:
            return heard
        heard += chunk
    os.kill(child, signal.SIGKILL)
    raise Disagreement(f"the sync did not end within {DEADLINE:.0f} seconds")


class Trial:
    """One scenario, built anew, synced once while the disk fails and once when it does not."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        with disk_clock(coarse=scenario.coarse):
            self.world, self.device = build(scenario, folder)
        self.sides = Sides(self.world, self.device, scenario.rules)
        self.rows = self.device.rows()

    def run(self, sick: Sick, mend: Callable[[], None] = lambda: None) -> Ended:
        """The whole of it; how the sync ended while the disk failed."""
        device, rules = self.device, self.scenario.rules
        with disk_clock(coarse=self.scenario.coarse):
            ended = in_fork(lambda: device.sync(rules, workers=1), sick)
            mend()
            self.check_at_once(ended)
            result = device.sync(rules)
            self.sides.check(result, killed=True)
            settled(self.world, device, self.sides)
        check_state(device.root / STATE)
        return ended

    def check_at_once(self, ended: Ended) -> None:
        """What must be true whatever failed, before anything was mended."""
        check_words(ended)
        left, right = contents(self.device.root), contents(self.world.bucket)
        self._check_whole(left, right)
        self._check_nothing_lost(left, right)
        self._check_deletions(ended, left, right)
        self._check_rows(left, right)
        if ended.code == ExitCode.DONE:
            # All is done, it says; then it is.
            self._check_done(left, right)

    def _check_whole(self, left: Mapping[str, bytes], right: Mapping[str, bytes]) -> None:
        """No name shows bytes that were never a version of anything."""
        known = {
            file.data for side in (self.sides.left, self.sides.right) for file in side.values()
        }
        for held in (left, right):
            for key, data in held.items():
                insist(data in known or ".buckia-" in key, f"{key!r} is half a file:", data[:48])

    def _check_nothing_lost(self, left: Mapping[str, bytes], right: Mapping[str, bytes]) -> None:
        held = {*left.values(), *right.values()}
        held |= {kept.data for kept in self.device.trash().values()}
        for side in (self.sides.left, self.sides.right):
            for key, file in side.items():
                agreed = self.device.base.get(key) == file.data and side is self.sides.right
                insist(agreed or file.data in held, f"{key!r} is nowhere any more:", file.data[:48])

    def _check_deletions(
        self, ended: Ended, left: Mapping[str, bytes], right: Mapping[str, bytes]
    ) -> None:
        """Where anything but a deletion failed, no deletion was begun."""
        expected = self.sides.expected
        going = (self.sides.left.keys() - expected.left) | (
            self.sides.right.keys() - expected.right
        )
        if all(key in going for key, _, _ in ended.failed):
            return
        for key in self._deletions():
            for before, now in ((self.sides.left, left), (self.sides.right, right)):
                insist(key in now or key not in before, f"{key!r} was deleted, and others failed")

    def _deletions(self) -> set[str]:
        """Keys that are to go from a side and free no name by that."""
        expected = self.sides.expected
        found: set[str] = set()
        for before, after in (
            (self.sides.left, expected.left),
            (self.sides.right, expected.right),
        ):
            moved = set(after.values())
            found |= {
                key for key, file in before.items() if key not in after and file.data not in moved
            }
        names = {*self.sides.left, *self.sides.right}
        found -= expected.open
        return {key for key in found if not _in_the_way(key, names)}

    def _check_rows(self, left: Mapping[str, bytes], right: Mapping[str, bytes]) -> None:
        """What the base says now and did not say before is on both sides."""
        for key, digest in self.device.rows().items():
            if self.rows.get(key) == digest:
                continue
            for name, side in (("the folder", left), ("the bucket", right)):
                found = side.get(key)
                insist(
                    found is not None and sha256(found).hexdigest() == digest,
                    f"the base says of {key!r} what is not in {name}",
                )

    def _check_done(self, left: Mapping[str, bytes], right: Mapping[str, bytes]) -> None:
        left, right = _without_ours(left), _without_ours(right)
        copies = self.sides._copies(left, right)
        self.sides._check_side("after exit 0 the folder", left, self.sides.expected.left, copies)
        self.sides._check_side("after exit 0 the bucket", right, self.sides.expected.right, copies)


def _without_ours(held: Mapping[str, bytes]) -> dict[str, bytes]:
    """Without what the next run will clear away."""
    return {key: data for key, data in held.items() if "/.buckia-" not in f"/{key}"}


def _in_the_way(key: str, names: Collection[str]) -> bool:
    """Whether it is the folder of one of these names, or lies below one as below a folder."""
    return any(name.startswith(key + "/") or key.startswith(name + "/") for name in names)


def check_words(ended: Ended) -> None:
    """Whoever reads what is said knows what happened, where, and what to do."""
    insist(ended.code in CODES, f"exit code {ended.code}:", ended.message)
    insist(not ended.trace, "an error that nobody foresaw:", ended.trace)
    if ended.kind:
        insist(bool(ended.message), f"{ended.kind} says nothing")
        insist(bool(ended.hint), f"{ended.kind} does not say what to do: {ended.message}")
    for key, _, message in ended.failed:
        insist(bool(key and message), f"a failure without words: {key!r} {message!r}")


def check_state(state: Path) -> None:
    """After a calm run nothing half-made lies in the state, or a later run will clear it away."""
    for path in _half_made(state):
        os.utime(path, (0, 0))
    StateFolder(state).sweep()
    for pair in (state / "trash").iterdir() if (state / "trash").exists() else ():
        Trash(pair).expire(1000, datetime.now(UTC) + timedelta(days=2))
    found = [path.relative_to(state).as_posix() for path in _half_made(state)]
    insist(not found, "left in the state:", found)


def _half_made(state: Path) -> list[Path]:
    return [
        path
        for path in state.rglob("*")
        if path.name.startswith((".", "scratch-")) or path.name.endswith((".part", ".suspect"))
    ]
