"""Bringing the bytes of one side to the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from buckia.body import WatchedBody
from buckia.engine import inside
from buckia.engine.execute.desk import Desk, Outgoing, agreed
from buckia.engine.execute.doing import Doing, Settle, Turn, settled, waited
from buckia.engine.execute.patching import patched
from buckia.engine.seen import check_received, expected, untouched
from buckia.errors import BuckiaError, Corrupted, StorageError, Unavailable
from buckia.model import BasicEntry, SideName
from buckia.plan.actions import Action
from buckia.protocols import Alters, Staged, StagesTogether
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
    is_waiting: bool = False
    """Nothing was done: a person must decide first."""


def upload(desk: Desk, action: Action) -> Doing[Done]:
    """Make the right side like the left."""
    case = action.case
    assert case.left is not None
    if action.twin is not None and (yield from copied(desk, action, SideName.RIGHT)):
        return Done(uploaded=1)
    out = desk.outgoing(desk.left, case.left, case.origin, case.key, over=case.right)
    slot = None
    if action.verdict.keep and case.right is not None:
        slot = desk.rescue(action, case.right, desk.right, case.origin)
    try:
        yield from send(desk, out, action, case.right)
    except StorageError as error:
        # After any other failure the write may have taken place, and this be the only copy.
        if slot is not None and untouched(error):
            slot.drop()
        raise
    return Done(uploaded=1, kept=str(slot.path) if slot is not None else None)


def send(desk: Desk, out: Outgoing, action: Action, over: BasicEntry | None) -> Doing[None]:
    """Write these bytes of the left to the right, and write down the agreement."""
    key, origin = action.key, action.case.origin
    wish = desk.wish(action.case, SideName.RIGHT, out.entry, out.digests)
    is_quick = desk.is_quick(action)
    together = desk.right.together(origin) if is_quick else None
    if together is None:
        yield (wish,)
        first = None
        if is_quick:
            # A thread that would wait for it at once need not begin it.
            yield Turn.SENDING
            first = desk.right.begin_write(key, origin, out.body, expect=expected(over))
        yield from waited(first)
        written = desk.right.write(key, origin, out.body, expect=expected(over), first=first)
    else:
        source = desk.limits
        staged = desk.right.stage(key, origin, out.body, source=source, together=together)
        assert staged is not None
        try:
            yield (Settle(together), wish)
            written = desk.right.commit(staged, key, expect=expected(over), slot=None)
        finally:
            staged.discard()
    check_received(written, out.digests)
    yield (*settled(together), agreed((out.entry, written), out.digests, origin))


def download(desk: Desk, action: Action) -> Doing[Done]:
    """Make the left side like the right."""
    case = action.case
    assert case.right is not None
    if action.twin is not None and (yield from copied(desk, action, SideName.LEFT)):
        return Done(downloaded=1)
    slot = yield from receive(desk, action, case.right, case.left)
    kept = str(slot.path) if slot is not None and action.verdict.keep else None
    return Done(downloaded=1, kept=kept)


def receive(
    desk: Desk, action: Action, entry: BasicEntry, over: BasicEntry | None
) -> Doing[Slot | None]:
    """Write this version of the right to the left; returns where the version replaced is."""
    key, origin = action.key, action.case.origin
    together, first = None, None
    if desk.is_quick(action):
        together = desk.left.together(origin)
        yield Turn.SENDING
        first = desk.right.begin_read(entry, origin)
    try:
        yield from waited(first)
        stage = partial(desk.left.stage, key, origin, together=together)
        found = None if first is not None else _patched(desk, stage, (entry, over), origin)
        body = desk.incoming(entry, origin, first)
        staged: Staged | None
        if found is not None:
            staged, body = found
        elif first is None:
            staged = stage(body, source=desk.limits)
        else:
            try:
                staged = stage(body, source=desk.limits.once, is_begun=True)
            except (Unavailable, Corrupted) as error:
                failure = error
                # A second try asks for time.
                yield Turn.ALONE
                staged = stage(body, source=desk.limits, after=failure)
    finally:
        if first is not None:
            first.close()
    if staged is None:
        return (yield from _written(desk, action, entry, over))
    try:
        return (yield from _committed(desk, action, (entry, over), (staged, body), together))
    finally:
        staged.discard()


def _patched(
    desk: Desk,
    stage: Callable[..., Staged | None],
    versions: tuple[BasicEntry, BasicEntry | None],
    origin: str,
) -> tuple[Staged, WatchedBody] | None:
    """What differs fetched, and the rest from the version that is replaced; None: fetch it all."""
    try:
        body = patched(desk, *versions, origin)
        staged = None if body is None else stage(body, source=desk.limits.once)
    except (Unavailable, Corrupted):
        return None
    return None if body is None or staged is None else (staged, body)


def _committed(
    desk: Desk,
    action: Action,
    versions: tuple[BasicEntry, BasicEntry | None],
    coming: tuple[Staged, WatchedBody],
    together: StagesTogether | None,
) -> Doing[Slot | None]:
    (entry, over), (staged, body) = versions, coming
    # They were held against the digests that were listed or came along, as they passed.
    known = {**body.digests, **body.computed}
    if isinstance(staged, Alters) and staged.altered:
        known = dict(staged.altered)
    key, origin = action.key, action.case.origin
    slot = desk.slot(action, over, SideName.LEFT, origin) if over is not None else None
    try:
        yield (*settled(together), desk.wish(action.case, SideName.LEFT, entry, known))
        made = desk.left.commit(
            staged, key, expect=expected(over), slot=slot.path if slot is not None else None
        )
    except (BuckiaError, GeneratorExit):
        # What was moved there stays; the place of a file that never came is not needed.
        if slot is not None:
            slot.drop()
        raise
    if slot is not None:
        slot.settle()
    yield (*settled(together), agreed((made, entry), known, origin))
    return slot


def _written(
    desk: Desk, action: Action, entry: BasicEntry, over: BasicEntry | None
) -> Doing[Slot | None]:
    """For a left side that cannot stage: the old version is fetched first, then written over."""
    key, origin = action.key, action.case.origin
    out = desk.outgoing(desk.right, entry, origin, key)
    slot = desk.rescue(action, over, desk.left, origin) if over is not None else None
    yield (desk.wish(action.case, SideName.LEFT, entry, out.digests),)
    made = desk.left.write(key, origin, out.body, expect=expected(over))
    check_received(made, out.digests)
    yield (agreed((made, entry), out.digests, origin),)
    return slot


def copied(desk: Desk, action: Action, target: SideName) -> Doing[bool]:
    """Give a side a key whose bytes it has already under another; False where it cannot copy."""
    case, twin, side = action.case, action.twin, desk.side(target)
    entry = case.side(target.other)
    assert twin is not None
    assert entry is not None
    known = {**twin.digests, **entry.digests}
    yield (desk.wish(case, target, entry, known),)
    made = inside.duplicate(side, twin, case.key, case.origin, known=known)
    if made is None:
        return False
    pair = (made, entry) if target is SideName.LEFT else (entry, made)
    yield (agreed(pair, known, case.origin),)
    return True
