"""What a sync means, said a second time, from the manual alone and without Buckia's own code.

The oracle is given both sides and the base as they are before a sync, and the settings. It says
what both sides and the base must hold afterwards, which versions must be found under the name of
a conflict copy, which in the trash, and what must be reported. It knows nothing of files, plans,
transfers or digests: bytes are compared as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import NamedTuple

import msgspec

BOTH, PUSH, PULL = "both", "push", "pull"
LOCAL_WINS, REMOTE_WINS, NEWEST_WINS = "local_wins", "remote_wins", "newest_wins"
KEEP_BOTH, ASK = "keep_both", "ask"

NEAR = 2_000_000_000
"""Nanoseconds within which two times are not told apart."""


class File(NamedTuple):
    data: bytes
    mtime_ns: int


Tree = Mapping[str, File]


class Rules(msgspec.Struct, frozen=True):
    """The settings that decide what a sync means."""

    direction: str = BOTH
    delete_orphaned: bool = False
    policy: str | None = None
    """None where nobody gave one."""


class Copy(NamedTuple):
    """A version that must stand beside its key, under the name of a conflict copy."""

    key: str
    file: File


class Report(Enum):
    """Whether a key is among the reported conflicts."""

    NO = auto()
    MAYBE = auto()
    YES = auto()


class Fate(msgspec.Struct, frozen=True):
    """One key after the sync: what each side and the base hold, None for nothing."""

    left: bytes | None = None
    right: bytes | None = None
    base: bytes | None = None
    copied: File | None = None
    report: Report = Report.NO
    waits: bool = False
    """A person must decide; until then nothing is touched."""


class Before(NamedTuple):
    """One key before the sync."""

    left: File | None
    right: File | None
    base: bytes | None


class Expected(msgspec.Struct, frozen=True):
    """Everything that must hold after the sync."""

    left: Mapping[str, bytes]
    right: Mapping[str, bytes]
    base: Mapping[str, bytes]
    copies: tuple[Copy, ...]
    trash: frozenset[tuple[str, bytes]]
    """Versions that must be in the trash under their key."""
    moved: frozenset[bytes]
    """Bytes that lost their name without being replaced: still on a side, or in the trash."""
    must_report: frozenset[str]
    may_report: frozenset[str]
    waiting: frozenset[str]
    open: frozenset[str]
    """Keys of the receiving side for which the manual names no one outcome."""


class Change(Enum):
    KEPT = auto()
    WRITTEN = auto()
    REMOVED = auto()


def change(file: File | None, base: bytes | None) -> Change:
    """What became of one side since both agreed."""
    if base is None:
        return Change.KEPT if file is None else Change.WRITTEN
    if file is None:
        return Change.REMOVED
    return Change.KEPT if file.data == base else Change.WRITTEN


def agreed(data: bytes | None, report: Report = Report.NO) -> Fate:
    return Fate(left=data, right=data, base=data, report=report)


def two_way(before: Before, rules: Rules, now_ns: int) -> Fate:
    """The table."""
    left, right, base = before
    match change(left, base), change(right, base):
        case (Change.KEPT, Change.KEPT):
            return agreed(base)
        case (Change.KEPT, Change.WRITTEN):
            return agreed(_bytes(right))
        case (Change.WRITTEN, Change.KEPT):
            return agreed(_bytes(left))
        case (Change.REMOVED, Change.KEPT) | (Change.KEPT, Change.REMOVED):
            return Fate() if rules.delete_orphaned else agreed(base)
        case (Change.REMOVED, Change.REMOVED):
            return Fate()
        case (Change.WRITTEN, Change.REMOVED):
            return agreed(_bytes(left), Report.YES)
        case (Change.REMOVED, Change.WRITTEN):
            return agreed(_bytes(right), Report.YES)
        case _:
            return _both_written(before, rules, now_ns)


def _both_written(before: Before, rules: Rules, now_ns: int) -> Fate:
    left, right, base = before
    assert left is not None
    assert right is not None
    if left.data == right.data:
        return agreed(left.data)
    policy = rules.policy or (KEEP_BOTH if base is None else LOCAL_WINS)
    if policy == NEWEST_WINS:
        policy = _newest(left, right, now_ns)
    if policy == LOCAL_WINS:
        return agreed(left.data, Report.YES)
    if policy == REMOTE_WINS:
        return agreed(right.data, Report.YES)
    if policy == KEEP_BOTH:
        return Fate(right.data, right.data, right.data, copied=left, report=Report.YES)
    return Fate(left.data, right.data, base, report=Report.YES, waits=True)


def _newest(left: File, right: File, now_ns: int) -> str:
    distance = left.mtime_ns - right.mtime_ns
    if max(left.mtime_ns, right.mtime_ns) > now_ns or abs(distance) <= NEAR:
        return KEEP_BOTH
    return LOCAL_WINS if distance > 0 else REMOTE_WINS


def push(before: Before, rules: Rules, _now_ns: int) -> Fate:
    """Left is what the right is made like."""
    left, right, base = before
    changed_there = base is not None and change(right, base) is Change.WRITTEN
    if left is None:
        if right is None:
            return Fate()
        if rules.delete_orphaned:
            return Fate(report=Report.YES if changed_there else Report.NO)
        return Fate(right=right.data)
    report = Report.NO
    if changed_there and right is not None and right.data != left.data:
        report = Report.YES
    elif base is not None and right is None:
        report = Report.MAYBE
    return agreed(left.data, report)


def pull(before: Before, rules: Rules, now_ns: int) -> Fate:
    """The mirror image."""
    mirrored = push(Before(before.right, before.left, before.base), rules, now_ns)
    return msgspec.structs.replace(mirrored, left=mirrored.right, right=mirrored.left)


DECIDE: Mapping[str, Callable[[Before, Rules, int], Fate]] = {
    BOTH: two_way,
    PUSH: push,
    PULL: pull,
}


def _bytes(file: File | None) -> bytes | None:
    return None if file is None else file.data


def above(key: str) -> list[str]:
    """The names that must be folders for the key to exist: `a` and `a/b` for `a/b/c`."""
    parts = key.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def in_the_way(keys: set[str]) -> set[str]:
    """Keys that are files and, for the sake of another key, would have to be folders."""
    return keys & {folder for key in keys for folder in above(key)}


def expect(
    left: Tree, right: Tree, base: Mapping[str, bytes], rules: Rules, *, now_ns: int
) -> Expected:
    """What must hold after a sync of these sides."""
    before = {
        key: Before(left.get(key), right.get(key), base.get(key))
        for key in left.keys() | right.keys() | base.keys()
    }
    fates = {key: DECIDE[rules.direction](before[key], rules, now_ns) for key in before}
    present = {key for key, fate in fates.items() if fate.left is not None} | {
        key for key, fate in fates.items() if fate.right is not None
    }
    clashing: set[str] = set()
    if rules.direction == BOTH:
        for key in in_the_way(present):
            fates[key] = _made_way(before[key], fates[key])
    else:
        # Here one side is never written, or holds what is to be left alone.
        files = in_the_way(present)
        clashing = files | {key for key in present if files & set(above(key))}
    return _gathered(before, fates, frozenset(clashing))


def _made_way(before: Before, fate: Fate) -> Fate:
    """The folder keeps the name, and the file becomes a conflict copy on both sides."""
    data = fate.left if fate.left is not None else fate.right
    file = next(one for one in (before.left, before.right) if one and one.data == data)
    report = fate.report if fate.report is Report.YES else Report.MAYBE
    return Fate(copied=file, report=report)


def _gathered(
    before: Mapping[str, Before], fates: Mapping[str, Fate], clashing: frozenset[str]
) -> Expected:
    trash: set[tuple[str, bytes]] = set()
    moved: set[bytes] = set()
    for key, fate in fates.items():
        for was, becomes, owed in _lost(before[key], fate):
            if was.data == becomes or (fate.copied and fate.copied.data == was.data):
                continue
            if becomes is None and owed:
                moved.add(was.data)
            elif owed:
                trash.add((key, was.data))
    reports = {key: fate.report for key, fate in fates.items()}
    return Expected(
        left={key: fate.left for key, fate in fates.items() if fate.left is not None},
        right={key: fate.right for key, fate in fates.items() if fate.right is not None},
        base={key: fate.base for key, fate in fates.items() if fate.base is not None},
        copies=tuple(Copy(key, fate.copied) for key, fate in fates.items() if fate.copied),
        trash=frozenset(one for one in trash if one[0] not in clashing),
        moved=frozenset(moved),
        must_report=frozenset(key for key, one in reports.items() if one is Report.YES),
        may_report=frozenset(key for key, one in reports.items() if one is not Report.NO)
        | clashing,
        waiting=frozenset(key for key, fate in fates.items() if fate.waits),
        open=clashing,
    )


def _lost(before: Before, fate: Fate) -> list[tuple[File, bytes | None, bool]]:
    """Each side's version, what takes its place, and whether a lost one is owed to its writer.

    Every local version is; one of the bucket is, unless it is what both sides had agreed on.
    """
    found = []
    if before.left is not None:
        found.append((before.left, fate.left, True))
    if before.right is not None:
        found.append((before.right, fate.right, before.right.data != before.base))
    return found
