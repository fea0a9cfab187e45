"""Deleting and renaming: what one side did to its keys is done to the other's."""

from __future__ import annotations

import msgspec

from buckia import digests
from buckia.body import FileBody
from buckia.engine import inside
from buckia.engine.execute.desk import Desk, agreed
from buckia.engine.execute.doing import Doing
from buckia.engine.execute.transfers import Done, download, upload
from buckia.engine.seen import check_received, untouched
from buckia.errors import StorageError, VersionMismatch
from buckia.model import Forgotten, Intent, SideName
from buckia.plan.actions import DELETIONS, Action, keeper
from buckia.protocols import ABSENT
from buckia.reconcile import Deed
from buckia.state.slot import Slot


def delete(desk: Desk, action: Action) -> Doing[tuple[Done, Slot | None]]:
    """Remove the key from a side; with the place in the trash where its version is."""
    name = DELETIONS[action.deed]
    side, origin = desk.side(name), action.case.origin
    entry = action.case.side(name)
    assert entry is not None
    if desk.side(name.other).stat(action.key, origin) is not None:
        # The listing was behind, or the key came back: then it is no deletion.
        raise VersionMismatch(f"{action.key} is there again", key=action.key)
    slot = None
    retires = side.can_retire(origin)
    if retires:
        slot = desk.slot(action, entry, name, origin)
    elif name is SideName.LEFT or action.verdict.keep or action.first or desk.settings.force:
        slot = desk.rescue(action, entry, side, origin)
    try:
        yield (Intent(key=action.key, side=name, digests="", origin=origin),)
        if slot is not None and retires:
            side.retire(entry, origin, slot.path)
            slot.settle()
        else:
            side.remove(entry, origin)
    except StorageError as error:
        # After any other failure it may be gone, and what was fetched be the only copy.
        if slot is not None and untouched(error):
            slot.drop()
        raise
    yield (Forgotten(action.key),)
    kept = str(slot.path) if slot is not None and action.verdict.keep else None
    if name is SideName.LEFT:
        return Done(deleted_local=1, kept=kept), slot
    return Done(deleted_remote=1, kept=kept), slot


def forget(_desk: Desk, action: Action) -> Doing[Done]:
    """Neither side is touched; only the row ends, which a person is told of."""
    yield (Forgotten(action.key),)
    return Done()


def undo(desk: Desk, action: Action, slot: Slot) -> Doing[None]:
    """Bring back what was deleted to free its name, because the name was not used."""
    name = DELETIONS[action.deed]
    entry, case = action.case.side(name), action.case
    assert entry is not None
    known = entry.digests or (digests.unpack(case.base.digests) if case.base is not None else {})
    body = FileBody(path=slot.path, size=entry.size, mtime_ns=entry.mtime_ns, digests=known)
    if case.base is not None and known:
        # Else what comes back would look like somebody's new file if its row cannot be written.
        was = getattr(case.base, name.other.value)
        yield (desk.wish(case, name, msgspec.structs.replace(entry, version=was), known),)
    back = desk.side(name).write(case.key, case.origin, body, expect=ABSENT)
    check_received(back, known)
    if case.base is not None:
        yield (msgspec.structs.replace(case.base, **{name.value: back.version}),)


def rename(desk: Desk, action: Action) -> Doing[Done]:
    """Give the bytes that a side has under an old key their new one."""
    name, case, source = keeper(action), action.case, action.source
    assert name is not None
    assert source is not None
    side, old, fresh = desk.side(name), source.side(name), case.side(name.other)
    assert old is not None
    assert fresh is not None
    if side.mount(case.origin) is not side.mount(source.origin):
        return (yield from _by_transfer(desk, action, name))
    base = digests.unpack(source.base.digests) if source.base is not None else {}
    known = {**base, **fresh.digests}
    yield (
        desk.wish(case, name, fresh, known),
        Intent(key=source.key, side=name, digests="", origin=source.origin),
    )
    if inside.can_move(side, case.origin):
        made = inside.move(side, old, case.key, case.origin, known=known)
    else:
        copy = inside.duplicate(side, old, case.key, case.origin, known=known)
        if copy is None:
            return (yield from _by_transfer(desk, action, name))
        made = copy
        side.remove(old, case.origin)
    pair = (made, fresh) if name is SideName.LEFT else (fresh, made)
    yield (agreed(pair, known, case.origin), Forgotten(source.key))
    return Done(renamed=1)


def _by_transfer(desk: Desk, action: Action, name: SideName) -> Doing[Done]:
    """Where a store cannot copy, the bytes are sent anew; then the old key goes."""
    bring, remove = upload, Deed.DELETE_RIGHT
    if name is SideName.LEFT:
        bring, remove = download, Deed.DELETE_LEFT
    yield from bring(desk, msgspec.structs.replace(action, source=None))
    assert action.source is not None
    verdict = msgspec.structs.replace(action.verdict, deed=remove)
    yield from delete(desk, Action(action.source, verdict))
    return Done(renamed=1)
