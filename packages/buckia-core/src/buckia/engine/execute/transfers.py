"""Bringing the bytes of one side to the other."""

from __future__ import annotations

import msgspec

from buckia.body import WatchedBody
from buckia.engine.execute.desk import Desk, Outgoing
from buckia.engine.side import check_received, expected, untouched
from buckia.errors import BuckiaError, StorageError
from buckia.model import BasicEntry, SideName
from buckia.plan.actions import Action
from buckia.protocols import Staged
from buckia.state.slot import Slot


class Done(msgspec.Struct):
    """What one action came to."""

    uploaded: int = 0
    downloaded: int = 0
    deleted_local: int = 0
    deleted_remote: int = 0
    renamed: int = 0
    kept: str | None = None
    """Where the version that gave way is."""


def upload(desk: Desk, action: Action) -> Done:
    """Make the right side like the left."""
    case = action.case
    assert case.left is not None
    if action.twin is not None and copied(desk, action, SideName.RIGHT):
        return Done(uploaded=1)
    out = desk.outgoing(desk.left, case.left, case.origin, case.key)
    slot = None
    if action.verdict.keep and case.right is not None:
        slot = desk.rescue(action, case.right, desk.right, case.origin)
    try:
        send(desk, out, action, case.right)
    except StorageError as error:
        # After any other failure the write may have taken place, and this be the only copy.
        if slot is not None and untouched(error):
            slot.drop()
        raise
    return Done(uploaded=1, kept=str(slot.path) if slot is not None else None)


def send(desk: Desk, out: Outgoing, action: Action, over: BasicEntry | None) -> None:
    """Write these bytes of the left to the right, and write down the agreement."""
    key, origin = action.key, action.case.origin
    desk.intend(desk.wish(action.case, SideName.RIGHT, out.entry, out.digests))
    written = desk.right.write(key, origin, out.body, expect=expected(over))
    check_received(written, out.digests)
    desk.agree((out.entry, written), out.digests, origin)


def download(desk: Desk, action: Action) -> Done:
    """Make the left side like the right."""
    case = action.case
    assert case.right is not None
    if action.twin is not None and copied(desk, action, SideName.LEFT):
        return Done(downloaded=1)
    slot = receive(desk, action, case.right, case.left)
    kept = str(slot.path) if slot is not None and action.verdict.keep else None
    return Done(downloaded=1, kept=kept)


def receive(desk: Desk, action: Action, entry: BasicEntry, over: BasicEntry | None) -> Slot | None:
    """Write this version of the right to the left; returns where the version replaced is."""
    body = desk.incoming(entry, action.case.origin)
    staged = desk.left.stage(action.key, action.case.origin, body, source=desk.limits)
    if staged is None:
        return _written(desk, action, entry, over)
    try:
        return _committed(desk, action, (entry, over), (staged, body))
    finally:
        staged.discard()


def _committed(
    desk: Desk,
    action: Action,
    versions: tuple[BasicEntry, BasicEntry | None],
    coming: tuple[Staged, WatchedBody],
) -> Slot | None:
    (entry, over), (staged, body) = versions, coming
    # They were held against the digests that were listed or came along, as they passed.
    known = {**body.digests, **body.computed}
    key, origin = action.key, action.case.origin
    slot = desk.slot(action, over, SideName.LEFT, origin) if over is not None else None
    try:
        desk.intend(desk.wish(action.case, SideName.LEFT, entry, known))
        made = desk.left.commit(
            staged, key, expect=expected(over), slot=slot.path if slot is not None else None
        )
    except BuckiaError:
        # What was moved there stays; the place of a file that never came is not needed.
        if slot is not None:
            slot.drop()
        raise
    if slot is not None:
        slot.settle()
    desk.agree((made, entry), known, origin)
    return slot


def _written(desk: Desk, action: Action, entry: BasicEntry, over: BasicEntry | None) -> Slot | None:
    """For a left side that cannot stage: the old version is fetched first, then written over."""
    key, origin = action.key, action.case.origin
    out = desk.outgoing(desk.right, entry, origin, key)
    slot = desk.rescue(action, over, desk.left, origin) if over is not None else None
    desk.intend(desk.wish(action.case, SideName.LEFT, entry, out.digests))
    made = desk.left.write(key, origin, out.body, expect=expected(over))
    check_received(made, out.digests)
    desk.agree((made, entry), out.digests, origin)
    return slot


def copied(desk: Desk, action: Action, target: SideName) -> bool:
    """Give a side a key whose bytes it has already under another; False where it cannot copy."""
    case, twin, side = action.case, action.twin, desk.side(target)
    entry = case.side(target.other)
    assert twin is not None
    assert entry is not None
    known = {**twin.digests, **entry.digests}
    desk.intend(desk.wish(case, target, entry, known))
    made = side.duplicate(twin, case.key, case.origin, known=known)
    if made is None:
        return False
    pair = (made, entry) if target is SideName.LEFT else (entry, made)
    desk.agree(pair, known, case.origin)
    return True
