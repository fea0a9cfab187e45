"""Copies and new names that a store makes by itself, so that no byte travels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from buckia.diff import plain
from buckia.engine import checked
from buckia.engine.holding import found, holds
from buckia.engine.side import Side
from buckia.errors import Corrupted, NotFound, VersionMismatch
from buckia.model import NOTHING_KNOWN, BasicEntry
from buckia.protocols import (
    ABSENT,
    CopiesConditionally,
    CopiesInside,
    Entry,
    MovesInside,
    Storage,
)


def duplicate(
    side: Side, entry: BasicEntry, target: str, origin: str, *, known: Mapping[str, str]
) -> BasicEntry | None:
    """A copy of this version made inside the store and proven; None where it cannot."""
    mount = side.mount(origin)
    copying = _copying(side, mount.storage)
    if copying is None:
        return None
    source, place = mount.inside(entry.key), mount.inside(target)

    def attempt() -> Entry:
        try:
            return copying(source, place, entry.version)
        except VersionMismatch:
            made = _made(side, mount.storage, place, entry, known)
            if made is None:
                raise
            return made

    copy = side.limits.call(attempt, key=target)
    if not holds(mount.storage, copy, entry.size, known, side.limits):
        raise Corrupted(f"the copy {copy.key} is not what was copied", key=copy.key)
    return plain(copy, target)


def _copying(side: Side, storage: Storage) -> Callable[[str, str, str], Entry] | None:
    """How a version of one key is copied to another that is free; None where it cannot be."""
    conditional = side.able(storage, CopiesConditionally)
    if conditional is not None:
        return lambda source, place, version: conditional.copy_if(
            source, place, source_version=version, expect=ABSENT
        )
    copying = side.able(storage, CopiesInside)
    if copying is None:
        return None

    def looked(source: str, place: str, version: str) -> Entry:
        # What an earlier try made is in the way here, and so is never copied over.
        checked.insist(storage, place, ABSENT, side.limits)
        return copying.copy(source, place, source_version=version)

    return looked


def _made(
    side: Side, storage: Storage, place: str, entry: BasicEntry, known: Mapping[str, str]
) -> Entry | None:
    """What we made there, though the answer did not say so."""
    return found(storage, place, entry.size, known or entry.digests, side.limits.once)


def can_rename(side: Side, source: str, target: str) -> bool:
    """Whether what lies in one root gets a name in another without travelling."""
    mount = side.mount(target)
    can = can_move(side, target) or _copying(side, mount.storage) is not None
    return can and mount is side.mount(source)


def can_move(side: Side, origin: str) -> bool:
    return side.able(side.mount(origin).storage, MovesInside) is not None


def move(
    side: Side,
    entry: BasicEntry,
    target: str,
    origin: str,
    *,
    known: Mapping[str, str] = NOTHING_KNOWN,
) -> BasicEntry:
    """Give this version, whose digests are known, another name that is free."""
    mount = side.mount(origin)
    moving = side.able(mount.storage, MovesInside)
    assert moving is not None
    source, place = mount.inside(entry.key), mount.inside(target)

    def attempt() -> Entry:
        try:
            return moving.move(source, place, source_version=entry.version)
        except (VersionMismatch, NotFound):
            made = _made(side, mount.storage, place, entry, known)
            if made is None or not side.is_gone(mount.storage, source):
                raise
            return made

    return plain(side.limits.call(attempt, key=target), target)
