"""Where one name would have to be a file and a folder at once: who waits, who gives way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec

from buckia import keys
from buckia.diff import Case
from buckia.model import Agreed, Direction, SideName, Skipped
from buckia.plan.actions import DELETIONS, Action
from buckia.reconcile import Deed, Verdict


class Base(Protocol):
    """What must be known of keys that nobody changed."""

    def get(self, key: str) -> Agreed | None: ...
    def has_below(self, prefix: str) -> bool: ...
    def count_under(self, prefix: str) -> int: ...
    def scan(self, prefix: str = "") -> Iterator[Sequence[Agreed]]: ...


class Apart(msgspec.Struct, frozen=True):
    """A key of which nothing is to be done though not both sides have it."""

    key: str
    sides: tuple[SideName, ...]
    """Those that have it and go on having it."""
    origin: str
    with_row: bool


T = TypeVar("T", Action, Apart)


class Rewrites(msgspec.Struct):
    """What becomes of the actions of some keys; all others stay as they are."""

    first: set[str] = msgspec.field(default_factory=set)
    """Deletions that free a name for another action."""
    dropped: dict[str, Skipped] = msgspec.field(default_factory=dict)
    replaced: dict[str, Action] = msgspec.field(default_factory=dict)
    """Also holds actions for keys that had none."""


Spot = tuple[SideName, str]
"""A place where names must be distinct: the right side, or one root or mapping of the left."""


class _Below(msgspec.Struct):
    """What the plan leaves below a name, what there is now, and what is new there."""

    after: set[Spot] = msgspec.field(default_factory=set)
    now: set[Spot] = msgspec.field(default_factory=set)
    coming: set[Spot] = msgspec.field(default_factory=set)
    deleted: list[tuple[Spot, str]] = msgspec.field(default_factory=list)
    arriving: list[tuple[Spot, str]] = msgspec.field(default_factory=list)
    with_row: int = 0


class Clashes:
    """Finds the names that are files and folders; `solid` are the sides that cannot hold both."""

    def __init__(
        self,
        base: Base,
        *,
        solid: Collection[SideName],
        mapped: Collection[str],
        direction: Callable[[str], Direction],
        look: Callable[[str], Case | None],
    ) -> None:
        """`solid` are the sides that cannot hold `a` and `a/b`; `mapped` keys are single files.

        `direction` is that of a root; `look` gives the case of a key nobody changed.
        """
        self._base = base
        self._solid = frozenset(solid)
        self._mapped = frozenset(mapped)
        self._direction = direction
        self._look = look

    def rewrites(self, actions: Iterable[Action], apart: Iterable[Apart]) -> Rewrites:
        """Both are walked several times."""
        result = Rewrites()
        if not self._solid:
            return result
        suspects = self._suspects(actions, apart)
        if not suspects:
            return result
        below: dict[str, _Below] = {name: _Below() for name in suspects}
        for action in _within(actions, suspects):
            for above in suspects.intersection(keys.folders_above(action.key)):
                _note(below[above], action)
        for one in _within(apart, suspects):
            for above in suspects.intersection(keys.folders_above(one.key)):
                _note_apart(below[above], one)
        own = {action.key: action for action in actions if action.key in suspects}
        for name in sorted(suspects - result.dropped.keys()):
            self._judge(name, own.get(name), below[name], result)
        return result

    def _suspects(self, actions: Iterable[Action], apart: Iterable[Apart]) -> set[str]:
        folders = _folders(action.key for action in actions)
        # Whatever stays as it is cannot clash with another that does.
        suspects = {one.key for one in apart if one.sides and one.key in folders}
        folders |= _folders(one.key for one in apart if one.sides)
        checked: set[str] = set()
        has_rows = self._base.has_below("")
        for action in actions:
            if action.key in folders:
                suspects.add(action.key)
            is_new = action.case.base is None or _coming(action)
            if not (is_new and has_rows):
                continue
            if self._base.has_below(action.key + "/"):
                suspects.add(action.key)
            for above in keys.folders_above(action.key):
                if above not in checked:
                    checked.add(above)
                    if self._base.get(above) is not None:
                        suspects.add(above)
        return suspects

    def _judge(self, name: str, action: Action | None, below: _Below, result: Rewrites) -> None:
        if self._base.count_under(name + "/") > below.with_row:
            # Somewhere below are files that nobody changed.
            kept = self._kept(name)
            below.after |= kept
            below.now |= kept
        if action is None:
            case = self._look(name)
            if case is None:
                return
            action = Action(case, Verdict(Deed.NOTHING))
        if not any(side in self._solid for side, _ in _after(action) & below.after):
            self._order(action, below, result)
        elif action.deed is Deed.ASK or _is_apart(action):
            # Both sides must hold the same before a folder can have the name.
            self._wait(_now(action.case) | _after(action), below, result)
        else:
            self._resolve(action, below, result)

    def _kept(self, name: str) -> set[Spot]:
        origins = {row.origin for block in self._base.scan(name + "/") for row in block}
        return {(SideName.RIGHT, ""), *((SideName.LEFT, origin) for origin in origins)}

    def _order(self, action: Action, below: _Below, result: Rewrites) -> None:
        """Both have their time: what is deleted must go before what comes."""
        for spot in _deleted(action) & below.coming:
            if spot[0] in self._solid:
                result.first.add(action.key)
        coming = {spot for spot in _coming(action) if spot[0] in self._solid}
        result.first.update(key for spot, key in below.deleted if spot in coming)

    def _resolve(self, action: Action, below: _Below, result: Rewrites) -> None:
        case, direction = action.case, self._direction(action.case.origin)
        reason = "the bucket has a folder of the same name"
        holds_both = SideName.RIGHT not in self._solid and (SideName.RIGHT, "") in below.now
        only_there = case.left is None and case.right is not None
        # Where only one side is ever written, that of the other stays.
        stays = {Direction.PUSH: case.left, Direction.PULL: case.right}.get(direction)
        if direction is Direction.PULL:
            reason = "there is a folder of the same name here"
        if _is_lent(case):
            reason = "a folder has its name, and its layer is only read"
        if (holds_both and only_there) or stays or action.key in self._mapped or _is_lent(case):
            result.dropped[action.key] = Skipped(action.key, reason)
            self._wait(_now(case), below, result)
            return
        verdict = Verdict(Deed.MAKE_WAY, "gives its name to a folder", "keep_both")
        result.replaced[action.key] = Action(case, verdict)

    def _wait(self, taken: Collection[Spot], below: _Below, result: Rewrites) -> None:
        """What would come below a file that keeps its name for now."""
        for spot, key in below.arriving:
            if spot in taken and spot[0] in self._solid:
                result.dropped[key] = Skipped(key, "a file has the name of its folder")


def _is_apart(action: Action) -> bool:
    """Whether both sides hold the key with different bytes."""
    if action.case.left is None or action.case.right is None:
        return False
    return action.deed not in {Deed.NOTHING, Deed.ADOPT, Deed.REFRESH}


def _within(found: Iterable[T], folders: set[str]) -> list[T]:
    """Those whose keys lie below one of these."""
    return [one for one in found if folders.intersection(keys.folders_above(one.key))]


def _note_apart(below: _Below, one: Apart) -> None:
    spots = {_spot(side, one.origin) for side in one.sides}
    below.after |= spots
    below.now |= spots
    below.with_row += one.with_row


def _note(below: _Below, action: Action) -> None:
    below.after |= _after(action)
    below.now |= _now(action.case)
    below.coming |= _coming(action)
    below.arriving += [(spot, action.key) for spot in _coming(action)]
    below.deleted += [(spot, action.key) for spot in _deleted(action)]
    below.with_row += action.case.base is not None


def _folders(names: Iterable[str]) -> set[str]:
    """All folders above these keys, which come in order."""
    found: set[str] = set()
    last = ""
    for name in names:
        folder = name.rpartition("/")[0]
        if folder and folder != last:
            found.update(keys.folders_above(name))
            last = folder
    return found


def _spot(side: SideName, origin: str) -> Spot:
    return (side, origin if side is SideName.LEFT else "")


def _now(case: Case) -> set[Spot]:
    """What of a lower layer is seen takes no name away from what is written into the nearest."""
    held = {_spot(side, case.origin) for side in SideName if case.side(side) is not None}
    return held - {_spot(SideName.RIGHT, "")} if _is_lent(case) else held


def _is_lent(case: Case) -> bool:
    return case.right is not None and case.right.lent


def _after(action: Action) -> set[Spot]:
    """Where the key is once the action is done."""
    if action.deed in DELETIONS:
        return set()
    if action.deed in _ON_BOTH:
        return {_spot(side, action.case.origin) for side in SideName}
    return _now(action.case)


def _coming(action: Action) -> set[Spot]:
    return _after(action) - _now(action.case)


def _deleted(action: Action) -> set[Spot]:
    return _now(action.case) if action.deed in DELETIONS else set()


_ON_BOTH = frozenset({Deed.TO_LEFT, Deed.TO_RIGHT, Deed.KEEP_BOTH})
