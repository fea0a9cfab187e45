"""What must hold after a run: that it told the truth, and that what gave way is where it says."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from buckia import digests
from buckia.results import Conflict, SyncResult
from tests.histories.judge import differ, insist
from tests.histories.oracle import BOTH, PULL, PUSH, above, in_the_way
from tests.torture.histories.device import Device
from tests.torture.histories.ledger import COPY
from tests.torture.histories.scopes import SCOPES
from tests.torture.histories.words import Sync

Held = Mapping[str, bytes]


class Sides(msgspec.Struct, frozen=True):
    """What a device and its bucket showed at one moment."""

    left: Held
    right: Held
    rows: Mapping[str, Mapping[str, str]]
    uncertain: bool = False
    """A run was cut off before: what rows say may not be what both sides agree on."""

    def agreed(self, key: str, data: bytes) -> bool:
        known = self.rows.get(key)
        return known is not None and all(
            digests.of(data, name) == value for name, value in known.items()
        )


def unclear(device: Device, sides: Sides, result: SyncResult) -> set[str]:
    """Keys of which the manual does not say what both sides must hold.

    One that was skipped, one that two roots have, and where a side may not be written also those
    that are a file here and a folder there.
    """
    every = {*sides.left, *sides.right}
    named = {one.path for one in result.skipped} | device.doubled()
    found = {key for key in every if key in named or named & set(above(key))}
    found |= {key for key in every if any(key in above(name) for name in named)}
    return found


def _clashing(every: set[str]) -> set[str]:
    files = in_the_way(every)
    return files | {key for key in every if files & set(above(key))}


def check_agreement(device: Device, step: Sync, after: Sides, result: SyncResult) -> None:
    """Exit code 0 says that nothing is left to do under these settings."""
    covers, rules = SCOPES[step.narrow].covers, step.rules
    free = unclear(device, after, result)
    left = {key: data for key, data in after.left.items() if covers(key) and key not in free}
    right = {key: data for key, data in after.right.items() if covers(key) and key not in free}
    if rules.direction != BOTH:
        clashing = _clashing({*after.left, *after.right})
        left = {key: data for key, data in left.items() if key not in clashing}
        right = {key: data for key, data in right.items() if key not in clashing}
    if rules.direction == PULL:
        mine = device.uploaded_only()
        left = {key: data for key, data in left.items() if key not in mine}
        right = {key: data for key, data in right.items() if key not in mine}
    if rules.direction == PULL or not rules.delete_orphaned:
        stays = device.backed_up()
        right = {key: data for key, data in right.items() if key not in stays}
    if not rules.delete_orphaned and rules.direction == PUSH:
        right = {key: data for key, data in right.items() if key in left}
    if not rules.delete_orphaned and rules.direction == PULL:
        left = {key: data for key, data in left.items() if key in right}
    differ("after exit code 0 the bucket", right, left)


def check_reports(
    device: Device, step: Sync, sides: tuple[Sides, Sides], result: SyncResult
) -> None:
    """What gave way without having been agreed on is named, and is where it is said to be."""
    before, after = sides
    reported = {one.path: one for one in result.conflicts}
    covers, free = SCOPES[step.narrow].covers, unclear(device, after, result)
    for held in (before.left, before.right):
        for key, data in held.items():
            if not covers(key) or key in free or before.agreed(key, data):
                continue
            if data not in (after.left.get(key), after.right.get(key)):
                _check_loser(device, step, (before, after), reported.get(key), (key, data))
    for one in result.conflicts:
        if one.kept is not None:
            found = _kept(device, after, one.kept)
            insist(found is not None, f"{one.path!r}: nothing is at {one.kept}")


def _check_loser(
    device: Device,
    step: Sync,
    sides: tuple[Sides, Sides],
    conflict: Conflict | None,
    lost: tuple[str, bytes],
) -> None:
    before, after = sides
    key, data = lost
    trashed = any((kept.key, kept.data) == lost for kept in device.trash().values())
    # What may only come stays here under its new name.
    where = after.left if step.rules.direction == PULL else after.right
    copied = any(COPY in name and found == data for name, found in where.items())
    insist(
        not step.trash_days or trashed or copied,
        f"{key!r} gave way, and is neither in the trash nor a copy:",
        data[:48],
    )
    one_way = step.rules.direction != BOTH or key in device.uploaded_only()
    if (one_way and key not in before.rows) or (copied and key not in after.right):
        return
    insist(conflict is not None, f"{key!r} gave way, and nobody was told:", data[:48])
    assert conflict is not None
    insist(
        bool(conflict.kept) or not step.trash_days,
        f"{key!r} gave way, and nobody was told where it is",
    )


def _kept(device: Device, after: Sides, where: str) -> bytes | None:
    for path, kept in device.trash().items():
        if str(path) == where:
            return kept.data
    return after.right.get(where, after.left.get(where))
