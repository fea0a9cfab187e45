"""Conflict copies: both versions stay, one of them under another name."""

from __future__ import annotations

import msgspec

from buckia import digests
from buckia.diff import Case
from buckia.engine import inside
from buckia.engine.execute.desk import Desk, Outgoing, agreed
from buckia.engine.execute.doing import Doing
from buckia.engine.execute.transfers import Done, receive
from buckia.errors import NotFound, VersionMismatch
from buckia.model import BasicEntry, Forgotten, Intent, SideName
from buckia.plan.actions import Action
from buckia.protocols import ABSENT


def keep_both(desk: Desk, action: Action) -> Doing[Done]:
    """The bucket's version keeps the name, the local one becomes the copy, on both sides."""
    case = action.case
    assert case.left is not None
    assert case.right is not None
    out = desk.outgoing(desk.left, case.left, case.origin, action.copy)
    there = _put(desk, SideName.RIGHT, out, action)
    origin = desk.scope.beside(case.origin, action.copy)
    if origin is not None:
        here = _put(desk, SideName.LEFT, out, action)
        yield (agreed((here, there), out.digests, origin),)
    yield from receive(desk, action, case.right, case.left)
    return Done(uploaded=1, downloaded=1, kept=action.copy)


def _put(desk: Desk, name: SideName, out: Outgoing, action: Action) -> BasicEntry:
    """These bytes under the copy's name; a run that was cut off may have put them there already."""
    # No intent goes before: until both sides have the copy, it is no agreement but a new file.
    side, case, copy = desk.side(name), action.case, action.copy
    origin = desk.scope.beside(case.origin, copy) or case.origin
    try:
        if name is out.side and origin == case.origin:
            made = inside.duplicate(side, out.entry, copy, origin, known=out.digests)
            if made is not None:
                return made
        return side.write(copy, origin, out.body, expect=ABSENT)
    except VersionMismatch:
        found = _same_bytes(desk, name, out, action)
        if found is None:
            raise
        return found


def _same_bytes(desk: Desk, name: SideName, out: Outgoing, action: Action) -> BasicEntry | None:
    side, copy = desk.side(name), action.copy
    origin = desk.scope.beside(action.case.origin, copy) or action.case.origin
    entry = side.stat(copy, origin)
    return None if entry is None else _holding(desk, name, entry, origin, out)


def _holding(
    desk: Desk, name: SideName, entry: BasicEntry, origin: str, out: Outgoing
) -> BasicEntry | None:
    """The entry with the digests that prove it to hold these bytes; None where it does not."""
    if entry.size != out.entry.size:
        return None
    if digests.agree(entry.digests, out.digests) is None:
        entry, known = desk.side(name).digests(entry, origin, (desk.settings.algorithm,))
        entry = msgspec.structs.replace(entry, digests={**entry.digests, **known})
    return entry if digests.agree(entry.digests, out.digests) else None


def make_way(desk: Desk, action: Action) -> Doing[Done]:
    """A file gives its name to a folder: on each side that has it, it is moved to the copy's name.

    Where the other side may be written and has not got it, it gets the copy.
    """
    case = action.case
    done = Done(kept=action.copy)
    made: dict[SideName, BasicEntry] = {}
    present = [name for name in SideName if case.side(name) is not None]
    out = desk.outgoing(desk.side(present[0]), _of(case, present[0]), case.origin, action.copy)
    for name in present[1:]:
        # One copy stands for both sides, so what it does not hold must not go.
        if _holding(desk, name, _of(case, name), case.origin, out) is None:
            raise VersionMismatch(f"{case.key} is no longer the same on both sides", key=case.key)
    for name in SideName:
        if name in desk.written_sides(case.origin):
            made[name] = _put(desk, name, out, action)
            if case.side(name) is None:
                done.uploaded += name is SideName.RIGHT
                done.downloaded += name is SideName.LEFT
    if len(made) == len(SideName):
        pair = (made[SideName.LEFT], made[SideName.RIGHT])
        origin = desk.scope.beside(case.origin, action.copy) or case.origin
        yield (agreed(pair, out.digests, origin),)
    for name in made:
        entry = case.side(name)
        if entry is not None:
            yield from _take_away(desk, name, entry, case)
    yield (Forgotten(case.key),)
    return done


def _of(case: Case, name: SideName) -> BasicEntry:
    entry = case.side(name)
    assert entry is not None
    return entry


def _take_away(desk: Desk, name: SideName, entry: BasicEntry, case: Case) -> Doing[None]:
    """The old name goes, once the copy is there; its bytes are safe under the new one."""
    yield (Intent(key=case.key, side=name, digests="", origin=case.origin),)
    try:
        desk.side(name).remove(entry, case.origin)
    except NotFound:
        return
