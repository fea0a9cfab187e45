"""A history being played: steps are done one after the other, and what must hold is asked.

After every run each version that somebody is owed must be found (`ledger`). A run in which nobody
interfered must also have told the truth (`judge`).
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from buckia.errors import (
    AlreadyRunning,
    ConfigError,
    GuardStopped,
    StorageError,
)
from buckia.results import SyncResult
from buckia.testing.faults import Call
from tests.histories.crashing import burn_at_commits
from tests.histories.edits import ACTS, Edit
from tests.histories.judge import differ, insist
from tests.histories.oracle import in_the_way
from tests.histories.world import disk_clock
from tests.stores.local.crashes import Fuse, in_child
from tests.torture.histories import clocks
from tests.torture.histories.acts import MORE, strange
from tests.torture.histories.buckets import BUCKETS, Bucket
from tests.torture.histories.device import Device, Kept, visible
from tests.torture.histories.judge import Sides, check_agreement, check_reports
from tests.torture.histories.ledger import Debt, Ledger
from tests.torture.histories.rest import settle
from tests.torture.histories.weather import CHANGES, Killed, Weather
from tests.torture.histories.words import (
    USUAL_DAYS,
    Clock,
    Disaster,
    Kill,
    Resolve,
    Restore,
    Setting,
    Settle,
    Step,
    Stranger,
    Sync,
    User,
)

SENTINEL = "keep.txt"
"""Nobody edits it: a side that is empty stops every run, which would be all there is to see."""
OUTSIDE = "outside"
_FEW = 9
"""So many requests a run has at least in which something is to be done."""
_STOPPED = 3
"""How a child ends whose run was stopped by an error of ours."""


class Play:
    """One bucket, its devices, and what has become of them."""

    def __init__(self, setting: Setting, folder: Path, bucket: Bucket) -> None:
        self.setting = setting
        self.bucket = bucket
        self.devices = [Device(folder, n, setting, bucket) for n in range(setting.devices)]
        self.ledger = Ledger()
        self.told: list[Step] = []
        self.seen: Counter[tuple[str, str]] = Counter()
        self._busy: list[Device] = []
        self._gaps = 0
        """How many runs stand just before a change that their bucket cannot make conditional."""
        self._outside = {OUTSIDE: b"not below the prefix"} if setting.prefix else {}
        for key, data in self._outside.items():
            bucket.put(key, data)
        (self.devices[0].first / SENTINEL).write_bytes(b"sentinel")
        self._begin()

    def _begin(self) -> None:
        for key in self.setting.agreed:
            self._user(User(0, Edit("", "write", key=key, text=f"{key} as agreed")))
        if self.setting.agreed:
            with self.bucket.rested():
                settle(self, Settle())
        self.seen.clear()

    def do(self, step: Step) -> None:
        self.told.append(step)
        self._do(step)

    def _do(self, step: Step) -> None:
        match step:
            case User():
                self._user(step)
            case Stranger():
                self._stranger(step)
            case Sync():
                self._sync(step)
            case Restore():
                self._restore(step)
            case Resolve():
                self._resolve(step)
            case Disaster():
                self._disaster(step)
            case Clock():
                self.devices[step.device].ahead = step.ahead
            case Settle():
                with self.bucket.rested():
                    settle(self, step)

    def saw(self, tried: str, ended: str) -> None:
        self.seen[tried, ended] += 1

    # What people do.

    def _user(self, step: User) -> None:
        device = self.devices[step.device]
        root = device.roots()[-1 if step.second else 0]
        before = visible(root)
        {**ACTS, **MORE}[step.edit.act](root, step.edit)
        after = visible(root)
        self.ledger.user(before, after)
        self.saw(f"edits: {step.edit.act}", "done" if before != after else "nothing changed")

    def _stranger(self, step: Stranger) -> None:
        if self._gaps:
            # What is written between a look and an unconditional write nobody can protect.
            self.saw("strangers in a gap", "held back")
            return
        before = self.right()
        strange(self.bucket, self.setting.prefix, before, step)
        after = self.right()
        self.ledger.stranger(before, after)
        self.saw(f"strangers: {step.act}", "done" if before != after else "nothing changed")

    def right(self) -> dict[str, bytes]:
        """The bucket, as the keys of the devices."""
        prefix = self.setting.prefix
        objects = self.bucket.objects().items()
        return {key[len(prefix) :]: data for key, data in objects if key.startswith(prefix)}

    # Runs.

    def _sync(self, step: Sync) -> None:
        device = self.devices[step.device]
        before, trash = self.sides(device), device.trash()
        outcome = self.outcome(device, step)
        self.ledger.hear(self.right())
        if isinstance(outcome, SyncResult):
            device.limp = False
        self.check_trash(device, step.trash_days, trash)
        if step.trash_days == 0:
            self._forgive([*before.left.items(), *before.right.items(), *_debts(trash)])
        self.check_nothing_is_lost()
        calm = step.calm and not self._busy and not self.bucket.behind
        if calm and isinstance(outcome, SyncResult):
            after = self.sides(device)
            if outcome.exit_code == 0:
                check_agreement(device, step, after, outcome)
            if not before.uncertain:
                check_reports(device, step, (before, after), outcome)
        self.saw(_kind(step, nested=bool(self._busy)), _ending(outcome))

    def sides(self, device: Device) -> Sides:
        return Sides(device.view(), self.right(), device.rows(), uncertain=device.limp)

    def outcome(self, device: Device, step: Sync) -> SyncResult | str:
        """The result, or the name of what ended the run."""
        if step.kill and step.kill.how != "unwind":
            if self.bucket.forks and not self._busy:
                return self._killed(device, step)
            # What a fork does to a bucket of this process nobody would see.
            step = msgspec.structs.replace(step, kill=Kill("unwind", 1 + step.kill.nth % _FEW))
        weather = Weather(self._possible(step), self._live)
        running = device in self._busy
        before = (device.view(), self.right()) if step.calm else None
        self._busy.append(device)
        try:
            return device.sync(step, weather)
        except Killed:
            device.limp = True
            return "Killed"
        except GuardStopped as error:
            if before and not self.bucket.behind:
                differ("a guard stopped the run, and the folder", device.view(), before[0])
                differ("a guard stopped the run, and the bucket", self.right(), before[1])
            return error.kind
        except AlreadyRunning as error:
            insist(running, "nothing else runs:", error)
            return error.kind
        except StorageError as error:
            insist(weather.suffered > 0, f"there was no trouble: {error.kind}:", error)
            return error.kind
        finally:
            self._busy.pop()

    def _killed(self, device: Device, step: Sync) -> str:
        """A run in a child, whose end is seen by what it left."""
        weather = Weather(self._possible(step), self._live)
        kill = step.kill
        assert kill is not None

        def work() -> None:
            if kill.how == "disk":
                fuse = Fuse(kill.nth)
                fuse.set()
                burn_at_commits(fuse)
            try:
                device.sync(step, weather)
            except (GuardStopped, StorageError):
                os._exit(_STOPPED)

        _, status = os.waitpid(in_child(work), 0)
        if os.WIFSIGNALED(status):
            device.limp = True
            return "killed"
        insist(os.WEXITSTATUS(status) in (0, _STOPPED), "the run that was to be killed failed")
        return "came through" if os.WEXITSTATUS(status) == 0 else "stopped before"

    def _possible(self, step: Sync) -> Sync:
        """Without damage that nothing in the world would show."""
        troubles = [one for one in step.troubles if one.kind != "damaged" or self.bucket.vouches]
        return msgspec.structs.replace(step, troubles=tuple(troubles))

    def _live(self, steps: Sequence[Step], call: Call | None) -> None:
        """The world goes on while a run waits."""
        gap = call is not None and call.operation in CHANGES and not self.bucket.promises
        self._gaps += gap
        try:
            for step in steps:
                self._do(step)
        finally:
            self._gaps -= gap

    # What must hold.

    def found(self) -> set[bytes]:
        held = set(self.bucket.objects().values())
        if self._busy or any(device.limp for device in self.devices):
            held.update(self.bucket.hidden())
        for device in self.devices:
            held |= device.found(everything=device.limp or device in self._busy)
        return held

    def check_nothing_is_lost(self) -> None:
        missing = self.ledger.missing(self.found())
        insist(not missing, "lost:", sorted((key, data[:48]) for key, data in missing))
        objects = self.bucket.objects()
        differ(
            "outside the prefix", {key: objects.get(key) for key in self._outside}, self._outside
        )

    def _forgive(self, gone: Iterable[Debt]) -> None:
        """Write off those of these versions that went for good, as they were allowed to.

        What has the same bytes under another key is another one's version, of which nobody who
        does away with it can know that it was the last.
        """
        gone = set(gone)
        data = {version for _key, version in gone}
        missing = self.ledger.missing(self.found())
        self.ledger.write_off(debt for debt in missing if debt[1] in data)
        self.ledger.write_off(gone - self._standing())

    def _standing(self) -> set[Debt]:
        """What a user finds anywhere under its own key."""
        held = set(self.right().items())
        for device in self.devices:
            held.update(device.view().items(), _debts(device.trash()))
        return held

    def check_trash(self, device: Device, days: int, before: Mapping[Path, Kept]) -> None:
        """What goes from the trash was too old for this run, and for the one before it, too."""
        gone = [kept for path, kept in before.items() if path not in device.trash()]
        for kept in gone:
            due = days == 0 or device.is_due(kept, days)
            insist(due, f"{kept.key!r} is gone from the trash, where it was put at", kept.when)
        device.ran()
        self._forgive((kept.key, kept.data) for kept in gone)

    # Commands of a user.

    def _restore(self, step: Restore) -> None:
        device = self.devices[step.device]
        with clocks.at_work(device.ahead, threads=False), device.client({}) as client:
            items = list(client.versions())
            insist(
                {item.path for item in items} == device.trash().keys(),
                "not every version in the trash is told:",
                items,
            )
            keys = sorted({item.key for item in items})
            if not keys:
                return
            key = keys[step.nth % len(keys)]
            before = visible(device.first), device.view()
            try:
                client.restore(key)
            except StorageError as error:
                blocked = key in _folders(before[1]) or bool(set(_above(key)) & before[1].keys())
                insist(blocked, f"{key!r} could not be restored:", error)
                self.saw("restore", "a folder or file is in the way")
                return
        wanted = {kept.data for kept in device.trash().values() if kept.key == key}
        # Each version comes back to its own root, where another root's may shadow it.
        held = [visible(root) for root in device.roots()]
        found = {one[key] for one in held if key in one}
        insist(bool(found & wanted), f"{key!r} was not restored: found", found)
        for data in found & wanted:
            self.ledger.user({}, {key: data})
        self.check_nothing_is_lost()
        self.saw("restore", "brought back")

    def _resolve(self, step: Resolve) -> None:
        device = self.devices[step.device]
        before, trash = self.sides(device), device.trash()
        with clocks.at_work(device.ahead, threads=False), device.client({}) as client:
            try:
                waiting = client.conflicts()
                if not waiting:
                    return
                one = waiting[step.nth % len(waiting)]
                path = one.path
                gone = {"local": one.left, "remote": one.right}.get(step.keep, one) is None
                result = client.resolve(path, step.keep)
            except (GuardStopped, ConfigError) as error:
                mine = isinstance(error, ConfigError) and bool(device.uploaded_only() or gone)
                insist(isinstance(error, GuardStopped) or mine, "resolve failed:", error)
                self.saw(f"resolve: {step.keep}", error.kind)
                return
            self.check_trash(device, USUAL_DAYS, trash)
        self.ledger.hear(self.right())
        self.check_nothing_is_lost()
        winner = {"local": before.left, "remote": before.right}.get(step.keep)
        if winner is not None and result.exit_code == 0 and path in winner:
            after = self.sides(device)
            held = (after.left.get(path), after.right.get(path))
            gave_way = path in in_the_way({*before.left, *before.right})
            done = gave_way or held == (winner[path],) * 2
            insist(done, f"{path!r} was resolved otherwise:", held)
        self.saw(f"resolve: {step.keep}", str(result.exit_code))

    def _disaster(self, step: Disaster) -> None:
        device = self.devices[step.device]
        had = [*device.view().items(), *_debts(device.trash())]
        device.suffer(step.what)
        self.ledger.write_off(self.ledger.missing(self.found()))
        self._forgive(had)
        self.saw("disasters", step.what)


def _kind(step: Sync, *, nested: bool) -> str:
    words = []
    if nested:
        words.append("overtaking")
    if step.kill:
        words.append(f"to be killed ({step.kill.how})")
    if step.troubles:
        words.append("in trouble")
    if step.meanwhile:
        words.append("with others at work")
    return f"syncs: {', '.join(words) or 'calm'}, {step.rules.direction}"


def _ending(outcome: SyncResult | str) -> str:
    return outcome if isinstance(outcome, str) else f"exit code {outcome.exit_code}"


def _debts(trash: Mapping[Path, Kept]) -> set[Debt]:
    return {(kept.key, kept.data) for kept in trash.values()}


def _above(key: str) -> list[str]:
    parts = key.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _folders(held: Mapping[str, bytes]) -> set[str]:
    return {folder for key in held for folder in _above(key)}


@contextmanager
def played(setting: Setting, folder: Path) -> Iterator[Play]:
    """A fresh world in a fresh folder, under clocks of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        stack.enter_context(clocks.ruled())
        stack.enter_context(disk_clock(coarse=setting.coarse))
        bucket = stack.enter_context(BUCKETS[setting.ground](folder))
        yield Play(setting, folder, bucket)
    shutil.rmtree(folder, ignore_errors=True)
