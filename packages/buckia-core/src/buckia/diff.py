"""Each side against its own past: what happened to a key, as far as versions and digests show."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

import msgspec

from buckia import digests, layers
from buckia.model import Agreed, BasicEntry, Intent, SideName
from buckia.protocols import Entry


class Change(Enum):
    """What became of one side of a key since both sides agreed."""

    KEPT = auto()
    WRITTEN = auto()
    REMOVED = auto()
    UNSURE = auto()
    """Another version of the same size: the bytes may or may not differ."""


class Case(msgspec.Struct, frozen=True, gc=False):
    """One key as a run saw it: both sides, and what they agreed on before."""

    key: str
    left: BasicEntry | None
    right: BasicEntry | None
    base: Agreed | None
    origin: str = ""
    """The root or mapping of the left side that the key lives in."""
    elsewhere: str = ""
    """Another root that has the key, too."""

    def side(self, name: SideName) -> BasicEntry | None:
        return self.left if name is SideName.LEFT else self.right

    def swapped(self) -> Case:
        """The same case seen from the other side."""
        base = self.base
        if base is not None:
            base = msgspec.structs.replace(base, left=base.right, right=base.left)
        return msgspec.structs.replace(self, left=self.right, right=self.left, base=base)


def plain(entry: Entry, key: str) -> BasicEntry:
    """Any store's entry as a value of ours, under the key that the engine knows it by."""
    if type(entry) is BasicEntry and entry.key == key:
        return entry
    return BasicEntry(
        key=key,
        size=entry.size,
        version=entry.version,
        changed=entry.changed,
        mtime_ns=entry.mtime_ns,
        digests=entry.digests,
        hints=entry.hints,
        lent=type(entry) is BasicEntry and entry.lent,
    )


def changes(case: Case) -> tuple[Change, Change]:
    """What happened on the left and on the right; without a base row a key is written, or was
    never there.
    """
    base = case.base
    if base is None:
        return _WITHOUT_BASE[case.left is None], _WITHOUT_BASE[case.right is None]
    return _change(case.left, base.left, base), _change(case.right, base.right, base)


def _change(entry: BasicEntry | None, version: str, base: Agreed) -> Change:
    if entry is None:
        return Change.REMOVED
    if entry.version == version:
        return Change.KEPT
    change = _CHANGES[holds_bytes(entry, base.size, base.digests)]
    return Change.REMOVED if change is Change.WRITTEN and uncovered(entry, version) else change


def uncovered(entry: BasicEntry | None, version: str) -> bool:
    """Whether an object is seen because that version, which hid it, is gone from its layer."""
    return entry is not None and entry.lent and layers.is_own(version)


_WITHOUT_BASE = (Change.WRITTEN, Change.KEPT)


_CHANGES: Mapping[bool | None, Change] = {
    True: Change.KEPT,
    False: Change.WRITTEN,
    None: Change.UNSURE,
}


def holds_bytes(entry: BasicEntry, size: int, packed: str) -> bool | None:
    """Whether an entry has the bytes of these digests; None while nothing proves it."""
    if entry.size != size:
        return False
    known = digests.unpacked(packed)
    proven = digests.agree(entry.digests, known)
    if proven is None and digests.hinted(entry.hints, known):
        return True
    return proven


def same(one: BasicEntry, other: BasicEntry) -> bool | None:
    """Whether two entries have the same bytes; None while nothing proves it.

    A hint that equals a digest proves sameness, a hint that differs proves nothing.
    """
    if one.size != other.size:
        return False
    proven = digests.agree(one.digests, other.digests)
    if proven is None and (
        digests.hinted(other.hints, one.digests) or digests.hinted(one.hints, other.digests)
    ):
        return True
    return proven


def came_true(case: Case, intent: Intent) -> bool | None:
    """Whether a side is as an earlier run wanted to make it; None while nothing proves it."""
    entry = case.side(intent.side)
    if not intent.digests:
        return entry is None
    if entry is None:
        return False
    return holds_bytes(entry, intent.size, intent.digests)


def agreed_by(case: Case, intent: Intent) -> Agreed | None:
    """What both sides had agreed on when the intent came true: a row, or that there is none."""
    entry = case.side(intent.side)
    if not intent.digests or entry is None:
        return None
    left, right = entry.version, intent.source
    if intent.side is SideName.RIGHT:
        left, right = right, left
    return Agreed(
        key=case.key,
        left=left,
        right=right,
        size=entry.size,
        digests=intent.digests,
        origin=intent.origin,
    )
