"""Rest: everybody syncs in turn, calmly and by the same rules, until all hold the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from buckia.results import SyncResult
from tests.histories.edits import ACTS, Edit
from tests.histories.judge import differ, insist
from tests.histories.oracle import above, in_the_way
from tests.torture.histories.device import Device, visible
from tests.torture.histories.judge import check_agreement, check_reports
from tests.torture.histories.words import Settle, Sync

if TYPE_CHECKING:
    from tests.torture.histories.play import Play

_ROUNDS = 6


def settle(play: Play, step: Settle) -> None:
    """Twice around all agree, and the next time there is nothing left to do.

    Where a file gives way to a folder each device makes a copy under its own name, of which
    the others hear one time later; so they do where a file came to light that another root
    had hidden.
    """
    _tidy(play)
    quiet = 0
    results: list[SyncResult] = []
    for turn in range(_ROUNDS):
        results = [_calmly(play, device, step) for device in play.devices]
        quiet = 0 if any(result.conflicts for result in results) else quiet + 1
        if turn > play.setting.overlaid and quiet > play.setting.overlaid:
            break
    _check_equal(play, step, {one.path for result in results for one in result.skipped})
    for device in play.devices:
        result = _calmly(play, device, step)
        insist(not result.actions, "a third run wants to do:", result.actions)
        insist(not result.bytes_up + result.bytes_down, "a third run moved bytes")
    play.saw("rest", "all agree")


def _tidy(play: Play) -> None:
    """Objects of which one is a folder of another are for a person to part."""
    before = play.right()
    for key in in_the_way(set(before)):
        play.bucket.remove(play.setting.prefix + key)
    play.ledger.stranger(before, play.right())


def _calmly(play: Play, device: Device, step: Settle) -> SyncResult:
    calm = Sync(device.number, step.rules)
    before, trash = play.sides(device), device.trash()
    outcome = _past_guards(play, device, calm)
    if isinstance(outcome, SyncResult) and (barring := _barring(play, device, outcome)):
        _without(play, device, barring)
        before = play.sides(device)
        outcome = _past_guards(play, device, calm)
    insist(isinstance(outcome, SyncResult), "a calm run ended with", outcome)
    assert isinstance(outcome, SyncResult)
    insist(outcome.exit_code == 0, "a calm run did not come to rest:", outcome.failed)
    device.limp = False
    play.ledger.hear(play.right())
    play.check_trash(device, calm.trash_days, trash)
    play.check_nothing_is_lost()
    after = play.sides(device)
    check_agreement(device, calm, after, outcome)
    if not before.uncertain:
        check_reports(device, calm, (before, after), outcome)
    return outcome


def _past_guards(play: Play, device: Device, calm: Sync) -> SyncResult | str:
    outcome = play.outcome(device, calm)
    if outcome == "GuardStopped":
        outcome = play.outcome(device, msgspec.structs.replace(calm, force=True))
    return outcome


def _barring(play: Play, device: Device, result: SyncResult) -> set[str]:
    """Files that stand where a folder is, of which a person has to hear: the bucket keeps the name
    for its folder, or the file is one that another root's shadows, and takes no part.
    """
    failed = {one.path for one in result.failed}
    shadowed = {name for key in failed for name in above(key)} & device.doubled()
    return failed | shadowed if play.bucket.keeps_folders else shadowed


def _without(play: Play, device: Device, barring: set[str]) -> None:
    """Somebody does away with them."""
    for root in device.roots():
        before = visible(root)
        for key in barring:
            ACTS["drop"](root, Edit("", "drop", key=key))
        play.ledger.user(before, visible(root))


def _check_equal(play: Play, step: Settle, skipped: set[str]) -> None:
    """All devices and the bucket hold the same, but for what was told to be left out."""
    apart = skipped | {key for device in play.devices for key in device.doubled()}
    if not step.rules.delete_orphaned:
        apart |= {key for device in play.devices for key in device.backed_up()}
    right = {key: data for key, data in play.right().items() if key not in apart}
    for device in play.devices:
        left = {key: data for key, data in device.view().items() if key not in apart}
        differ(f"at rest device {device.number}", left, right)
