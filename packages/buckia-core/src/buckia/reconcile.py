"""What to do with a key: a table from what happened on both sides to a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from buckia.diff import Case, Change, changes, same
from buckia.model import Agreed, Direction, Policy


class Deed(StrEnum):
    """What is to be done. The words of the command line are in `plan.actions`."""

    NOTHING = "nothing"
    REFRESH = "refresh"
    """The bytes are those of the base, only versions moved on: write down the new ones."""
    ADOPT = "adopt"
    """Both sides hold the same bytes and no row says so yet: write it down."""
    FORGET = "forget"
    TO_RIGHT = "to_right"
    TO_LEFT = "to_left"
    DELETE_RIGHT = "delete_right"
    DELETE_LEFT = "delete_left"
    RENAME_RIGHT = "rename_right"
    RENAME_LEFT = "rename_left"
    KEEP_BOTH = "keep_both"
    MERGE = "merge"
    """A database gets what came of both sides, row by row."""
    MAKE_WAY = "make_way"
    """A file gives its name to a folder and becomes a conflict copy."""
    ASK = "ask"


class Verdict(msgspec.Struct, frozen=True, gc=False):
    deed: Deed
    reason: str = ""
    conflict: str = ""
    """The resolution, where both sides did something and a person should hear of it."""
    keep: bool = False
    """A version that nobody agreed on gives way: it goes to the trash first."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that a verdict depends on."""

    direction: Direction = Direction.BOTH
    delete_orphaned: bool = False
    policy: Policy = Policy.LOCAL_WINS
    explicit_policy: bool = False
    """Somebody chose the policy, so it also holds where no base row exists."""


EDIT_WINS = "edit_wins"
ELSEWHERE = "other_root"
"""A key vanished from the root it belongs to while another root holds one of its name."""
NEAR_NS = 2_000_000_000
"""Times closer than this tell nothing: some file systems count in steps of two seconds."""

_K, _W, _R, _U = Change.KEPT, Change.WRITTEN, Change.REMOVED, Change.UNSURE
_TOLD_WHEN_GONE = frozenset({Deed.DELETE_RIGHT, Deed.TO_LEFT, Deed.FORGET})
_TOLD_WHEN_SHADOWED = frozenset({Deed.DELETE_LEFT})
"""What brings another root's file of the same name to light, in this run or the next."""


STAYS = "deleted here, but its layer is only read"
"""Such a key comes back, or is left alone where nothing comes from the bucket."""
_BRINGS_LENT: Mapping[Deed, str] = {
    Deed.DELETE_RIGHT: STAYS,
    Deed.DELETE_LEFT: "deleted in the bucket; a lower layer has one of its name",
    Deed.FORGET: "deleted on both sides; a lower layer has one of its name",
}
"""Deeds by which both sides would be without the key, though the bucket goes on showing it."""


class Unproven(Exception):
    """The verdict hangs on whether bytes are the same, and nothing has shown it yet."""


def reconcile(case: Case, rules: Rules, *, now_ns: int) -> Verdict:
    """The verdict on one key; raises `Unproven` where a digest is needed first."""
    left, right = changes(case)
    if _U in (left, right):
        raise Unproven
    verdict = _layered(case, _verdict(case, left, right, rules, now_ns), rules)
    told = _TOLD_WHEN_GONE if case.left is None else _TOLD_WHEN_SHADOWED
    if case.elsewhere and verdict.deed in told:
        reason = f"{verdict.reason}; {case.elsewhere} has one of the same name"
        return Verdict(verdict.deed, reason, ELSEWHERE, keep=verdict.keep)
    return verdict


def _layered(case: Case, verdict: Verdict, rules: Rules) -> Verdict:
    """The verdict where what the bucket shows is of a layer that is only read."""
    if case.right is None or not case.right.lent:
        return verdict
    if verdict.deed in _BRINGS_LENT and rules.direction is not Direction.PUSH:
        return Verdict(Deed.TO_LEFT, _BRINGS_LENT[verdict.deed])
    if verdict.deed is Deed.DELETE_RIGHT:
        return Verdict(Deed.NOTHING if case.base is None else Deed.FORGET, STAYS)
    return verdict


def _verdict(case: Case, left: Change, right: Change, rules: Rules, now_ns: int) -> Verdict:
    if rules.direction is Direction.PUSH:
        return _mirror(case, left, right, rules)
    if rules.direction is Direction.PULL:
        return _swapped(_mirror(case.swapped(), right, left, rules))
    if (left, right) == (_W, _W):
        return _both_written(case, rules, now_ns)
    key = (left, right, rules.delete_orphaned)
    verdict = _TWO_WAY[key]
    if verdict.deed is Deed.NOTHING:
        return _kept(case)
    if case.base is None:
        return _NEW[verdict.deed]
    return verdict


_TWO_WAY: Mapping[tuple[Change, Change, bool], Verdict] = {
    (_K, _K, False): Verdict(Deed.NOTHING),
    (_K, _K, True): Verdict(Deed.NOTHING),
    (_K, _W, False): Verdict(Deed.TO_LEFT, "changed in the bucket"),
    (_K, _W, True): Verdict(Deed.TO_LEFT, "changed in the bucket"),
    (_K, _R, False): Verdict(Deed.TO_RIGHT, "missing in the bucket"),
    (_K, _R, True): Verdict(Deed.DELETE_LEFT, "deleted in the bucket"),
    (_W, _K, False): Verdict(Deed.TO_RIGHT, "changed here"),
    (_W, _K, True): Verdict(Deed.TO_RIGHT, "changed here"),
    (_W, _R, False): Verdict(Deed.TO_RIGHT, "changed here, deleted in the bucket", EDIT_WINS),
    (_W, _R, True): Verdict(Deed.TO_RIGHT, "changed here, deleted in the bucket", EDIT_WINS),
    (_R, _K, False): Verdict(Deed.TO_LEFT, "missing here"),
    (_R, _K, True): Verdict(Deed.DELETE_RIGHT, "deleted here"),
    (_R, _W, False): Verdict(Deed.TO_LEFT, "deleted here, changed in the bucket", EDIT_WINS),
    (_R, _W, True): Verdict(Deed.TO_LEFT, "deleted here, changed in the bucket", EDIT_WINS),
    (_R, _R, False): Verdict(Deed.FORGET, "deleted on both sides"),
    (_R, _R, True): Verdict(Deed.FORGET, "deleted on both sides"),
}

_NEW: Mapping[Deed, Verdict] = {
    Deed.TO_RIGHT: Verdict(Deed.TO_RIGHT, "new here"),
    Deed.TO_LEFT: Verdict(Deed.TO_LEFT, "new in the bucket"),
}


def _kept(case: Case) -> Verdict:
    """Nothing to transfer; the row may have to learn new versions of the same bytes."""
    base, left, right = case.base, case.left, case.right
    if base is None or left is None or right is None:
        return Verdict(Deed.NOTHING)
    row = (base.left, base.right, base.origin)
    if row == (left.version, right.version, case.origin):
        return Verdict(Deed.NOTHING)
    return Verdict(Deed.REFRESH)


def _both_written(case: Case, rules: Rules, now_ns: int) -> Verdict:
    assert case.left is not None
    assert case.right is not None
    equal = same(case.left, case.right)
    if equal is None:
        raise Unproven
    if equal:
        return Verdict(Deed.ADOPT, "the same on both sides")
    policy = rules.policy
    if case.base is None and (not rules.explicit_policy or policy is Policy.MERGE):
        policy = Policy.KEEP_BOTH
    changed = "changed on both sides" if case.base is not None else "different on both sides"
    return decided(case, policy, changed, now_ns=now_ns)


def decided(case: Case, policy: Policy, reason: str, *, now_ns: int) -> Verdict:
    """The verdict of a policy on a key that both sides changed."""
    if policy is Policy.NEWEST_WINS:
        assert case.left is not None
        assert case.right is not None
        policy, why = _newest(case.left.mtime_ns, case.right.mtime_ns, now_ns)
        reason = f"{reason}, {why}"
    deed, words = _POLICIES[policy]
    return Verdict(deed, f"{reason}: {words}", str(policy), keep=True)


_POLICIES: Mapping[Policy, tuple[Deed, str]] = {
    Policy.LOCAL_WINS: (Deed.TO_RIGHT, "the local version wins"),
    Policy.REMOTE_WINS: (Deed.TO_LEFT, "the bucket's version wins"),
    Policy.KEEP_BOTH: (Deed.KEEP_BOTH, "both are kept"),
    Policy.MERGE: (Deed.MERGE, "the databases are merged"),
    Policy.ASK: (Deed.ASK, "a person must decide"),
}


def _newest(left: int | None, right: int | None, now_ns: int) -> tuple[Policy, str]:
    """Which side is newer, where two stored times can tell."""
    if left is None or right is None:
        return Policy.KEEP_BOTH, "no time is stored to compare"
    if max(left, right) > now_ns:
        return Policy.KEEP_BOTH, "a time lies in the future"
    if abs(left - right) <= NEAR_NS:
        return Policy.KEEP_BOTH, "the times are too close to tell"
    if left > right:
        return Policy.LOCAL_WINS, "newer here"
    return Policy.REMOTE_WINS, "newer in the bucket"


def _mirror(case: Case, winner: Change, loser: Change, rules: Rules) -> Verdict:
    """Push, with the left as the winner; pull is the same on the swapped case."""
    if case.left is None:
        return _mirror_absence(case, loser, rules)
    if case.right is None:
        reason = {_R: "missing in the bucket"}.get(loser, "new here")
        return Verdict(Deed.TO_RIGHT, reason)
    if (winner, loser) == (_K, _K):
        return _kept(case)
    if (winner, loser) == (_W, _W):
        equal = same(case.left, case.right)
        if equal is None:
            raise Unproven
        if equal:
            return Verdict(Deed.ADOPT, "the same on both sides")
    if loser is _K:
        return Verdict(Deed.TO_RIGHT, "changed here")
    if case.base is None:
        return Verdict(Deed.TO_RIGHT, "different in the bucket", keep=True)
    return Verdict(
        Deed.TO_RIGHT, "changed in the bucket, put back", str(Policy.LOCAL_WINS), keep=True
    )


def _mirror_absence(case: Case, loser: Change, rules: Rules) -> Verdict:
    if case.right is None or not rules.delete_orphaned:
        if case.base is None:
            return Verdict(Deed.NOTHING)
        return Verdict(Deed.FORGET, "deleted here")
    if loser is _K:
        return Verdict(Deed.DELETE_RIGHT, "deleted here")
    if case.base is None:
        return Verdict(Deed.DELETE_RIGHT, "not here", keep=True)
    return Verdict(
        Deed.DELETE_RIGHT,
        "deleted here, changed in the bucket",
        str(Policy.LOCAL_WINS),
        keep=True,
    )


_SWAPPED: Mapping[Deed, Deed] = {
    Deed.TO_RIGHT: Deed.TO_LEFT,
    Deed.DELETE_RIGHT: Deed.DELETE_LEFT,
}
_SWAPPED_REASONS: Mapping[str, str] = {
    "missing in the bucket": "missing here",
    "new here": "new in the bucket",
    "changed here": "changed in the bucket",
    "different in the bucket": "different here",
    "changed in the bucket, put back": "changed here, put back",
    "deleted here": "deleted in the bucket",
    "not here": "not in the bucket",
    "deleted here, changed in the bucket": "deleted in the bucket, changed here",
}
_SWAPPED_POLICIES: Mapping[str, str] = {str(Policy.LOCAL_WINS): str(Policy.REMOTE_WINS)}


def _swapped(verdict: Verdict) -> Verdict:
    return Verdict(
        _SWAPPED.get(verdict.deed, verdict.deed),
        _SWAPPED_REASONS.get(verdict.reason, verdict.reason),
        _SWAPPED_POLICIES.get(verdict.conflict, verdict.conflict),
        verdict.keep,
    )


def agreement(case: Case, packed_digests: str) -> Agreed:
    """The row that writes down what both sides were seen to hold."""
    assert case.left is not None
    assert case.right is not None
    return Agreed(
        key=case.key,
        left=case.left.version,
        right=case.right.version,
        size=case.left.size,
        digests=packed_digests,
        origin=case.origin,
    )
