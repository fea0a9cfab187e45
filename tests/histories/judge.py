"""What is asked after every sync: the oracle's word, and that nothing was lost on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping

from buckia.results import SyncResult
from tests.histories.edits import Sync
from tests.histories.oracle import Copy, Expected, Rules, expect
from tests.histories.world import BUCKET, Device, World, contents, copy_name, digests, fingerprint

Seen = Mapping[str, bytes]
TEMPORARY = ".buckia-tmp-"
"""How names begin that a killed run may leave, and that must be gone after the next one."""


class Disagreement(AssertionError):
    """A sync did something else than the manual says."""


def insist(holds: bool, *words: object) -> None:
    if not holds:
        raise Disagreement(" ".join(str(word) for word in words))


def told(held: Mapping[str, object]) -> str:
    """The two sides of a comparison, short enough to read."""
    return "{" + ", ".join(f"{key!r}: {str(value)[:48]}" for key, value in held.items()) + "}"


def differ(what: str, found: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    """Complain about the keys that are not as they should be, and only about these."""
    keys = sorted(key for key in found.keys() | wanted if found.get(key) != wanted.get(key))
    insist(
        not keys,
        f"{what}: found",
        told({key: found.get(key, "nothing") for key in keys}),
        "where it should be",
        told({key: wanted.get(key, "nothing") for key in keys}),
    )


class Sides:
    """Both sides, the base and the trash of one device before a sync, and what must follow."""

    def __init__(self, world: World, device: Device, rules: Rules) -> None:
        self.world, self.device, self.rules = world, device, rules
        self.left, self.right = world.look(device.name), world.look(BUCKET)
        self.outside = world.outside()
        self.trash = device.trash()
        self.expected: Expected = expect(
            self.left, self.right, device.base, rules, now_ns=time.time_ns()
        )

    def check(self, result: SyncResult, *, killed: bool = False) -> None:
        """After the sync, or after the one that followed a killed one: all is as it must be.

        What a killed run had resolved is not reported again.
        """
        self._check_failures(result)
        left, right = contents(self.device.root), contents(self.world.bucket)
        copies = self._copies(left, right)
        self._check_side("the folder", left, self.expected.left, copies)
        self._check_side("the bucket", right, self.expected.right, copies)
        self._check_base(copies)
        self._check_kept(left, right)
        self._check_reports(result, killed=killed)
        differ("outside the prefix", self.world.outside(), self.outside)
        left_open = [key for key in self.device.intents() if key not in self.expected.open]
        insist(not left_open, "intents are left open:", left_open)
        self._agree(copies)

    def _check_failures(self, result: SyncResult) -> None:
        failed = {failure.path for failure in result.failed} - self.expected.open
        insist(not failed, "failed:", [one for one in result.failed if one.path in failed])
        insist(not result.skipped or bool(self.expected.open), "skipped:", result.skipped)

    def check_safe(self, result: SyncResult, known: Collection[bytes]) -> None:
        """After people edited what a killed sync had left: no more than that nothing is lost.

        `known` are the versions that people here had in front of them when they edited. In both
        directions both sides are also equal, but for what waits for a person.
        """
        left, right = contents(self.device.root), contents(self.world.bucket)
        self._check_live(left, right, lambda _key, data: data in known)
        lying = [key for key in (*left, *right) if TEMPORARY in key]
        insist(not lying, "temporary files are left lying about:", lying)
        if self.rules.direction == "both":
            waiting = {conflict.path for conflict in result.waiting}
            here = {key: data for key, data in left.items() if key not in waiting}
            there = {key: data for key, data in right.items() if key not in waiting}
            differ("after edits that followed a kill, the bucket", there, here)

    def _agree(self, copies: Seen) -> None:
        """From now on this is what both are known to agree on."""
        recorded = self.device.recorded()
        free = self._opened({*recorded, *self.expected.base})
        known = {key: data for key, data in self.expected.base.items() if key not in free}
        opened = {key: recorded[key] for key in free & recorded.keys()}
        self.device.base = {**known, **copies, **opened}

    def _opened(self, keys: Collection[str]) -> set[str]:
        """Those of the keys of which the manual does not say what must be there."""
        free = self.expected.open
        # A copy's name begins with that of its file, which may have been too long for all of it.
        stems = tuple((key.rpartition(".")[0] or key)[:60] for key in free)
        copies = {key for key in keys if ".conflict-" in key and stems and key.startswith(stems)}
        return copies | (free & set(keys))

    def _copies(self, left: Seen, right: Seen) -> dict[str, bytes]:
        """The keys of the conflict copies; each one that is wanted is there, on both sides."""
        found: dict[str, bytes] = {}
        for copy in self.expected.copies:
            names = _named(copy, left)
            insist(bool(names), f"no conflict copy of {copy.key!r} holds", copy.file.data[:48])
            new = [name for name in names if name not in self.expected.left]
            insist(len(new) < 2, f"several conflict copies of {copy.key!r}:", new)
            insist(
                all(right.get(name) == copy.file.data for name in new),
                f"the conflict copy {new} is not in the bucket",
            )
            found |= dict.fromkeys(new, copy.file.data)
        return found

    def _check_side(self, name: str, found: Seen, wanted: Seen, copies: Seen) -> None:
        opened = self._opened({*found, *wanted})
        if name == "the folder" and self.rules.direction == "push":
            opened = set()
        if name == "the bucket" and self.rules.direction == "pull":
            opened = set()
        differ(
            name,
            {key: data for key, data in found.items() if key not in opened},
            {key: data for key, data in {**wanted, **copies}.items() if key not in opened},
        )

    def _check_base(self, copies: Seen) -> None:
        rows = self.device.rows()
        wanted = digests({**self.expected.base, **copies})
        opened = self._opened({*rows, *wanted})
        differ(
            "the base",
            {key: row for key, row in rows.items() if key not in opened},
            {key: row for key, row in wanted.items() if key not in opened},
        )

    def _check_kept(self, left: Seen, right: Seen) -> None:
        trash = self.device.trash()
        gone = self.trash.keys() - trash.keys()
        insist(not gone, "versions are gone from the trash:", gone)
        for key, data in sorted(self.expected.trash):
            insist((key, data) in trash.values(), f"{key!r} is not in the trash:", data[:48])
        held = {*left.values(), *right.values(), *(kept.data for kept in trash.values())}
        for data in self.expected.moved:
            insist(data in held, "a version that was removed is nowhere:", data[:48])
        self._check_live(left, right, lambda key, data: self.device.base.get(key) == data)

    def _check_live(self, left: Seen, right: Seen, known: Callable[[str, bytes], bool]) -> None:
        """Every version of before is somewhere, but for the bucket's that the device knew."""
        held = {*left.values(), *right.values()}
        held |= {kept.data for kept in self.device.trash().values()}
        for side, name in ((self.left, "the folder"), (self.right, "the bucket")):
            for key, file in side.items():
                if TEMPORARY in key or (side is self.right and known(key, file.data)):
                    continue
                insist(
                    file.data in held, f"what {name} held as {key!r} is nowhere:", file.data[:48]
                )

    def _check_reports(self, result: SyncResult, *, killed: bool) -> None:
        """Exactly those keys are reported that are in conflict, and where the loser is."""
        reported = {conflict.path for conflict in result.conflicts}
        missing = self.expected.must_report - reported
        insist(killed or not missing, "conflicts that were not reported:", missing)
        invented = reported - self.expected.may_report
        insist(not invented, "conflicts that nobody made:", invented)
        waiting = {conflict.path for conflict in result.waiting}
        insist(waiting == self.expected.waiting, "waiting:", waiting, self.expected.waiting)
        for conflict in result.conflicts:
            loser = any(key == conflict.path for key, _ in self.expected.trash) or any(
                copy.key == conflict.path for copy in self.expected.copies
            )
            insist(
                bool(conflict.kept) or not loser,
                f"{conflict.path!r}: the version that gave way is not named",
            )


def _named(copy: Copy, held: Seen) -> list[str]:
    """Keys that are a conflict copy of this very version."""
    pattern = copy_name(copy.key, copy.file.mtime_ns)
    return [key for key, data in held.items() if data == copy.file.data and pattern.fullmatch(key)]


def steps(result: SyncResult) -> list[tuple[str, str, str]]:
    return [(step.action, step.path, step.reason) for step in result.actions]


def stamps(world: World) -> Mapping[str, object]:
    found: dict[str, object] = {}
    for place in world.places():
        found |= fingerprint(world.place(place))
    return found


def settled(world: World, device: Device, sides: Sides, *, workers: int = 4) -> None:
    """Nothing is left to do: status says so, and a second run does so."""
    rules, waiting = sides.rules, sides.expected.waiting
    before, rows = stamps(world), device.rows()
    idle = {(action, path) for action, path, _ in steps(device.status(rules))}
    wanted = {("conflict", key) for key in waiting}
    strange = {one for one in idle ^ wanted if one[1] not in sides.expected.open}
    insist(not strange, "status after the sync:", strange)
    again = device.sync(rules, workers=workers)
    strange = {(action, path) for action, path, _ in steps(again)} ^ wanted
    strange = {one for one in strange if one[1] not in sides.expected.open}
    insist(not strange, "a second run wants to do:", strange)
    if sides.expected.open:
        return
    differ("a second run wrote", stamps(world), before)
    differ("a second run changed the base", device.rows(), rows)
    insist(again.exit_code == (5 if waiting else 0), "exit code of a second run:", again.exit_code)
    insist(not again.bytes_up + again.bytes_down, "a second run moved bytes")


def judged_sync(world: World, step: Sync) -> None:
    """One sync with everything around it that must hold."""
    device = world.devices[step.device]
    sides = Sides(world, device, step.rules)
    before, state = stamps(world), device.rows()
    planned = device.status(step.rules)
    tried = device.sync(step.rules, dry_run=True, workers=step.workers)
    differ("a dry run wrote", stamps(world), before)
    differ("a dry run changed the base", device.rows(), state)
    insist(steps(planned) == steps(tried), "status and a dry run differ", steps(planned))
    done = device.sync(step.rules, workers=step.workers)
    insist(
        steps(tried) == steps(done), "the dry run said", steps(tried), "the run did", steps(done)
    )
    sides.check(done)
    settled(world, device, sides, workers=step.workers)
