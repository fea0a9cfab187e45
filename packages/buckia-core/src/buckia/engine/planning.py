"""The second half of a reading: renames, clashes and copies are found, and the plan is whole."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator

import msgspec

from buckia import digests, keys
from buckia.diff import Case
from buckia.engine import inside
from buckia.engine.pair import Pair, Settings, rules_by_origin
from buckia.engine.prove import Prover, with_base
from buckia.engine.review import Reviewed
from buckia.errors import StorageError, Unavailable
from buckia.model import BasicEntry, Direction, SideName, Skipped
from buckia.plan.actions import DELETIONS, Action, keeper, moved, step
from buckia.plan.clashes import Apart, Base, Clashes, Rewrites
from buckia.plan.guards import Deletions
from buckia.plan.renames import Losses, is_new, rewritten
from buckia.reconcile import Deed
from buckia.results import Failure, Step
from buckia.scope import Judgement
from buckia.state.spill import Spill

_MOST_NAMES = 200
"""Names that are tried for one conflict copy."""
_LATEST_MS = 253_402_300_799_000
"""The end of the year 9999, the last that a name can tell."""


class Plan(msgspec.Struct, kw_only=True):
    """All that a run will do, in key order. Plugins are shown it before it is done."""

    bucket: str
    actions: Spill[Action]
    steps: list[Step] = msgspec.field(default_factory=list)
    """The lines of the plan, adoptions included, as people read them."""
    skipped: list[Skipped] = msgspec.field(default_factory=list)
    deletions: dict[SideName, Deletions] = msgspec.field(default_factory=dict)
    bytes_up: int = 0
    bytes_down: int = 0


class Planner:
    """Makes one plan. Where something could not be seen, nothing may go."""

    def __init__(self, pair: Pair, settings: Settings, base: Base, prover: Prover) -> None:
        self._pair = pair
        self._rules = rules_by_origin(pair.scope, settings.rules)
        self._base = base
        self._prover = prover
        self._namer = Namer(pair, prover, settings.algorithm)
        self._algorithm = settings.algorithm

    def plan(self, reviewed: Reviewed, unseen: Iterable[Failure] = ()) -> Plan:
        plan = Plan(bucket=self._pair.name, actions=Spill(Action, self._pair.folder.scratch))
        actions = Actions(reviewed.actions)
        respelled = self._drop_colliding(reviewed, actions, plan)
        unknown = {one.path for one in unseen}
        actions.apply(self._clashes(actions, reviewed.apart, unknown), plan)
        if unknown:
            actions.withhold(plan, unknown)
        else:
            # Last, for a key that gives way to a folder is no rename any more.
            actions.rewrite(self._renames(actions))
        self._drop_respelled(respelled, actions, plan)
        self._fill(plan, actions, reviewed.adopted)
        return plan

    def _drop_colliding(self, reviewed: Reviewed, actions: Actions, plan: Plan) -> list[list[str]]:
        """Leave keys alone that are one name on a side that would have to hold several of them.

        Returns those of which only one is to stay: a name was spelled anew, and that is for the
        renames to do.
        """
        if reviewed.folded is None:
            return []
        groups = [
            [key for key in names if self._pair.scope.judge(key) is Judgement.TAKE]
            for _, names in reviewed.folded.collisions()
        ]
        groups = [names for names in groups if len(names) > 1]
        named = {key for names in groups for key in names}
        leaving = {one.key for one in actions if one.key in named and one.deed in DELETIONS}
        respelled: list[list[str]] = []
        for names in groups:
            if len(set(names) - leaving) > 1:
                self._leave_alone(names, actions, plan)
            else:
                respelled.append(names)
        return respelled

    def _drop_respelled(self, groups: list[list[str]], actions: Actions, plan: Plan) -> None:
        """Where names fold, both spellings are one object, which only a move can rename."""
        if not groups:
            return
        moved = {
            action.key: action.source.key
            for action in actions
            if action.source is not None and self._can_move(action)
        }
        for names in groups:
            if not any(moved.get(key) in names for key in names):
                self._leave_alone(names, actions, plan)

    def _can_move(self, action: Action) -> bool:
        side = self._pair.left if action.deed is Deed.RENAME_LEFT else self._pair.right
        return inside.can_move(side, action.case.origin)

    def _leave_alone(self, names: list[str], actions: Actions, plan: Plan) -> None:
        actions.drop(names)
        for key in names:
            other = next(one for one in names if one != key)
            plan.skipped.append(
                Skipped(key, f"one name with {other} where case or accents do not count")
            )

    def _renames(self, actions: Actions) -> dict[str, list[Action]]:
        """What takes the place of the keys that were only renamed."""
        losses = Losses(actions)
        if not losses:
            return {}
        candidates: list[tuple[Action, SideName]] = []
        for action in actions:
            side = is_new(action)
            if side is not None and losses.could_match(action, side):
                candidates.append((action, side))
        found: dict[str, list[Action]] = {}
        for action, side in candidates:
            known = self._known(action, side)
            match = losses.match(known, side) if known is not None else None
            if match is not None:
                found[match.gone.action.key] = []
                for each in rewritten(match):
                    found[each.key] = [each]
        return found

    def _known(self, action: Action, side: SideName) -> Action | None:
        """The action with its new entry's digest, if that can be had without a transfer."""
        entry = action.case.side(side)
        assert entry is not None
        origin = action.case.origin
        try:
            if side is SideName.LEFT:
                entry = self._prover.entry(entry, side, origin, {self._algorithm})
            else:
                entry = self._prover.without_reading(entry, origin, self._algorithm)
        except StorageError:
            # It changed or cannot be read: the transfer will find out and say so.
            return None
        field = {side.value: entry}
        return msgspec.structs.replace(action, case=msgspec.structs.replace(action.case, **field))

    def _clashes(
        self, actions: Actions, apart: Iterable[Apart], unknown: Collection[str]
    ) -> Rewrites:
        solid = {
            side.name
            for side in (self._pair.left, self._pair.right)
            if any(not side.traits(origin).flat for origin in side.mounts)
        }
        clashes = Clashes(
            self._base,
            solid=solid,
            mapped=self._pair.scope.mapped,
            direction=self._direction,
            # What failed when it was looked at is not asked again: its key fails, and no other.
            look=lambda key: None if key in unknown else self._look(key),
        )
        return clashes.rewrites(actions, apart)

    def _direction(self, origin: str) -> Direction:
        rules = self._rules.get(origin)
        return rules.direction if rules is not None else Direction.BOTH

    def _look(self, key: str) -> Case | None:
        """The case of a key of which nothing is to be done, as it is now."""
        row, place = self._base.get(key), self._pair.scope.home(key)
        if row is None and place is None:
            return None
        origin = row.origin if row is not None else place.origin if place is not None else ""
        case = Case(
            key=key,
            left=self._pair.left.stat(key, origin),
            right=self._pair.right.stat(key, origin),
            base=row,
            origin=origin,
        )
        return with_base(case)

    def _fill(self, plan: Plan, actions: Actions, adopted: Iterable[Step]) -> None:
        plan.deletions = {
            SideName.LEFT: Deletions("here"),
            SideName.RIGHT: Deletions("in the bucket"),
        }
        for action in actions:
            whole = self._carried(self._namer.named(action))
            plan.actions.append(whole)
            plan.steps.append(step(whole))
            up, down = moved(whole)
            plan.bytes_up += up
            plan.bytes_down += down
            if whole.deed in DELETIONS:
                plan.deletions[DELETIONS[whole.deed]].add(whole.key)
        plan.steps.extend(adopted)
        plan.steps.sort(key=lambda one: one.path)

    def _carried(self, action: Action) -> Action:
        """The action; of a rename it is said whether its bytes travel."""
        name = keeper(action)
        if name is None or action.source is None:
            return action
        side = self._pair.left if name is SideName.LEFT else self._pair.right
        carried = not inside.can_rename(side, action.source.origin, action.case.origin)
        return msgspec.structs.replace(action, carried=carried)


class Actions:
    """The actions of a review with what was decided about some of them since; in key order."""

    def __init__(self, found: Spill[Action]) -> None:
        self._found = found
        self._instead: dict[str, list[Action]] = {}
        self._first: set[str] = set()
        self._withheld = False

    def __iter__(self) -> Iterator[Action]:
        added = iter(sorted(self._added(), key=lambda one: one.key))
        waiting = next(added, None)
        for action in self._found:
            while waiting is not None and waiting.key < action.key:
                yield waiting
                waiting = next(added, None)
            yield from self._current(action)
        while waiting is not None:
            yield waiting
            waiting = next(added, None)

    def _current(self, action: Action) -> Iterable[Action]:
        if action.key in self._instead:
            return self._instead[action.key]
        if self._withheld and action.deed in DELETIONS:
            return ()
        if action.key in self._first:
            return (msgspec.structs.replace(action, first=True),)
        return (action,)

    def _added(self) -> list[Action]:
        if not self._instead:
            return []
        known = self._instead.keys() - {action.key for action in self._found}
        return [action for key in known for action in self._instead[key]]

    def drop(self, names: Collection[str]) -> None:
        self._instead.update({name: [] for name in names})

    def withhold(self, plan: Plan, unknown: Collection[str]) -> None:
        """Nothing is deleted, because something could not be seen.

        What needs a name that only a deletion would free, or that `unknown` keys may have, waits:
        nobody gives way to it on account of what could not be seen.
        """
        self.drop(unknown)
        taken = {*self._first, *unknown}
        above = {folder for name in taken for folder in keys.folders_above(name)}
        waiting = [
            one.key
            for one in self
            if one.deed not in DELETIONS
            and (one.key in above or not taken.isdisjoint(keys.folders_above(one.key)))
        ]
        self.drop(waiting)
        plan.skipped.extend(
            Skipped(key, "its name is not free before all is seen") for key in waiting
        )
        self._withheld = True

    def rewrite(self, instead: dict[str, list[Action]]) -> None:
        self._instead.update(instead)

    def apply(self, rewrites: Rewrites, plan: Plan) -> None:
        self.drop(rewrites.dropped)
        plan.skipped.extend(rewrites.dropped.values())
        self.rewrite({key: [action] for key, action in rewrites.replaced.items()})
        self._first |= rewrites.first


class Namer:
    """Finds names for conflict copies: free ones, or that which a run that was cut off made."""

    def __init__(self, pair: Pair, prover: Prover, algorithm: str) -> None:
        self._pair = pair
        self._prover = prover
        self._algorithm = algorithm

    def named(self, action: Action) -> Action:
        """The action with the name of its copy, where it makes one."""
        if action.deed not in {Deed.KEEP_BOTH, Deed.MAKE_WAY}:
            return action
        entry = action.case.left or action.case.right
        assert entry is not None
        side = SideName.LEFT if action.case.left is not None else SideName.RIGHT
        return msgspec.structs.replace(action, copy=self._name(action.case, side, entry))

    def _name(self, case: Case, side: SideName, entry: BasicEntry) -> str:
        first = min(max(_moment_ns(entry) // 1_000_000, 0), _LATEST_MS)
        for milliseconds in range(first, first + _MOST_NAMES):
            name = keys.conflict_copy(case.key, milliseconds * 1_000_000, self._pair.state.device)
            if self._is_free(name, case, side, entry):
                return name
        # Nobody has so many: something says that there is an object, whatever it is asked for.
        raise Unavailable(f"no name is free for a copy of {case.key}", key=case.key)

    def _is_free(self, name: str, case: Case, side: SideName, entry: BasicEntry) -> bool:
        """Whether nobody has the name, or only a copy of these very bytes."""
        origin = self._pair.scope.beside(case.origin, name)
        for one in (self._pair.left, self._pair.right):
            if one is self._pair.left and origin is None:
                continue
            found = one.stat(name, origin or case.origin)
            if found is None:
                if one is self._pair.right and not self._pair.scope.in_folders(name):
                    # Nothing is listed there, and a copy's name is too odd for a folder.
                    continue
                if one.is_folder(name, origin or case.origin):
                    return False
                continue
            if found.size != entry.size:
                return False
            other = (found, one.name, origin or case.origin)
            if not self._are_equal((entry, side, case.origin), other):
                return False
        return True

    def _are_equal(self, *versions: tuple[BasicEntry, SideName, str]) -> bool:
        """Whether both are seen to hold the same bytes."""
        try:
            mine, other = (self._prover.entry(*one, {self._algorithm}) for one in versions)
        except Unavailable:
            raise
        except StorageError:
            # One changed or cannot be read, which is for its own key to say.
            return False
        return digests.agree(mine.digests, other.digests) is True


def _moment_ns(entry: BasicEntry) -> int:
    """The time of a version, the same whenever it is asked for, as far as anybody knows one."""
    if entry.mtime_ns is not None:
        return entry.mtime_ns
    if entry.changed is not None:
        return int(entry.changed.timestamp()) * 1_000_000_000 + entry.changed.microsecond * 1000
    return time.time_ns()
