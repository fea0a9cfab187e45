"""A plan being done: names are freed first, then bytes move, and deletions come last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial

from buckia.diff import Case
from buckia.engine.execute import copies, merges, removals, transfers
from buckia.engine.execute.desk import Desk
from buckia.engine.execute.doing import Doing
from buckia.engine.execute.outcomes import Hopeless, Outcomes
from buckia.engine.execute.pool import Pool
from buckia.engine.execute.stream import Stream
from buckia.engine.execute.transfers import Done
from buckia.engine.moved import insist_still_here
from buckia.engine.planning import Namer
from buckia.engine.prove import Prover
from buckia.engine.review import proven_digests
from buckia.engine.seen import gone
from buckia.errors import BuckiaError, Incomplete, StorageError, VersionMismatch
from buckia.model import Forgotten
from buckia.plan.actions import DELETIONS, Action, moved
from buckia.reconcile import Deed, Verdict, agreement, reconcile
from buckia.state.slot import Slot

ROUNDS = 3
"""How often a key that keeps changing is looked at anew before it is reported."""

_DO: Mapping[Deed, Callable[[Desk, Action], Doing[Done]]] = {
    Deed.TO_RIGHT: transfers.upload,
    Deed.TO_LEFT: transfers.download,
    Deed.RENAME_RIGHT: removals.rename,
    Deed.RENAME_LEFT: removals.rename,
    Deed.KEEP_BOTH: copies.keep_both,
    Deed.MERGE: merges.merge,
    Deed.MAKE_WAY: copies.make_way,
    Deed.FORGET: removals.forget,
}
_RENAMES = frozenset({Deed.RENAME_LEFT, Deed.RENAME_RIGHT})
_UNCOVERING = frozenset({Deed.DELETE_RIGHT, Deed.RENAME_RIGHT})


class Execution:
    """One plan's execution; `may_delete` is False when something could not be seen."""

    def __init__(
        self, desk: Desk, prover: Prover, namer: Namer, outcomes: Outcomes, *, may_delete: bool
    ) -> None:
        self._desk = desk
        self._prover = prover
        self._namer = namer
        self._outcomes = outcomes
        self._may_delete = may_delete
        self._began = time.monotonic()
        self._promised = 0
        self._lock = threading.Lock()
        self._again: list[tuple[Action, Case]] = []
        self._freed: list[tuple[Action, Slot]] = []

    def run(self, actions: Iterable[Action], changed: Iterable[Case] = ()) -> None:
        """`actions` is walked once for each phase; `changed` are keys to be looked at anew."""
        try:
            self._all(actions, changed)
        except Hopeless as error:
            raise error.error from error

    def _all(self, actions: Iterable[Action], changed: Iterable[Case]) -> None:
        self._outcomes.watch(_watched(actions))
        try:
            self._each(a for a in actions if a.first or a.deed is Deed.MAKE_WAY)
            self._each(a for a in actions if a.deed in _RENAMES and not a.first)
            self._each(a for a in actions if a.deed in _DO and not _is_early(a))
            self._again += [(_look(case), case) for case in changed]
            late = self._look_again()
            for action in actions:
                if action.deed is Deed.ASK:
                    self._outcomes.left(action)
            if self._outcomes.failed or not self._may_delete:
                return
            self._each(a for a in actions if a.deed in DELETIONS and not a.first)
            self._each(late)
            self._look_again(deleting=True)
        finally:
            self._put_back()

    def _each(self, given: Iterable[Action]) -> None:
        """`given` is from one look at both sides, or from several that are over."""
        desk, most = self._desk, self._desk.settings.at_once
        actions = self._here_still(given)
        with Pool(desk.settings.workers) as pool:

            def give(doing: Doing[None]) -> None:
                pool.give(partial(self._do, doing), instead=doing.close)

            with Stream(most, note=desk.note, give=give) as stream:
                for action in actions:
                    pool.check()
                    doing = self._guarded(action)
                    if desk.is_quick(action):
                        if pool.count >= most:
                            pool.wait_below(most)
                        stream.narrow(most - pool.count)
                        stream.add(doing, sum(moved(action)))
                        continue
                    # Nobody should be kept waiting for an answer that nobody hears.
                    stream.narrow(most - pool.count - 1 if pool.has_room() else 0)
                    give(doing)

    def _here_still(self, actions: Iterable[Action]) -> Iterator[Action]:
        """Before the first of them is deleted here, the bucket is asked whether it was moved."""
        desk, looked = self._desk, False
        unsure: StorageError | None = None
        for action in actions:
            if action.deed is Deed.DELETE_LEFT and not looked:
                looked = True
                try:
                    insist_still_here(desk.right, desk.scope.folders or ("",))
                except StorageError as error:
                    unsure = error
            if action.deed is Deed.DELETE_LEFT and unsure is not None:
                self._outcomes.failure(action, unsure)
            else:
                yield action

    def _do(self, doing: Doing[None]) -> None:
        """All of it, or the rest of it, by a thread of its own."""
        with closing(doing):
            for wanted in doing:
                if isinstance(wanted, tuple):
                    self._desk.note(wanted)

    def _guarded(self, action: Action) -> Doing[None]:
        """One action, whose failure is its own."""
        self._desk.limits.stop.check()
        self._outcomes.begun(action)
        try:
            self._allow(action)
            done = yield from self._deed(action)
        except StorageError as error:
            if not gone(error):
                self._outcomes.failure(action, error)
                return
            with self._lock:
                self._again.append((action, action.case))
                if action.source is not None:
                    self._again.append((_look(action.source), action.source))
        except Incomplete as error:
            self._outcomes.failure(action, error)
        else:
            if done.is_waiting:
                self._outcomes.left(action, done.kept)
            else:
                self._outcomes.done(action, done)
                self._look_below(action)

    def _look_below(self, action: Action) -> None:
        """Where an object hid one of a lower layer, that one is seen when it is gone."""
        if action.deed not in _UNCOVERING or action.first or not self._desk.right.layers:
            return
        case = action.source or action.case
        try:
            entry = self._desk.right.stat(case.key, case.origin)
            # A folder that took the name meanwhile keeps it, which the next run will say.
            if entry is None or self._desk.left.is_folder(case.key, case.origin):
                return
        except StorageError as error:
            self._outcomes.failure(_look(case), error)
            return
        with self._lock:
            self._again.append((_look(case), case))

    def _deed(self, action: Action) -> Doing[Done]:
        if action.deed not in DELETIONS:
            return (yield from _DO[action.deed](self._desk, action))
        done, slot = yield from removals.delete(self._desk, action)
        if action.first and slot is not None:
            with self._lock:
                self._freed.append((action, slot))
        return done

    def _allow(self, action: Action) -> None:
        """Hold back transfers beyond what the run may move, or after its time."""
        settings, size = self._desk.settings, sum(moved(action))
        if action.deed in DELETIONS or (action.deed in _RENAMES and not action.carried):
            return
        limit = settings.max_duration
        if limit is not None and time.monotonic() - self._began > limit:
            raise Incomplete("left for the next run: max_duration is over")
        with self._lock:
            if settings.max_transfer is not None and self._promised + size > settings.max_transfer:
                raise Incomplete("left for the next run: max_transfer is used up")
            self._promised += size

    def _look_again(self, *, deleting: bool = False) -> list[Action]:
        """Do what is left of keys that changed meanwhile.

        Deletions among it are done when their time has come, and else returned.
        """
        late: list[Action] = []
        for _ in range(ROUNDS):
            waiting, self._again = self._again, []
            if not waiting:
                break
            fresh = [self._fresh(action, case) for action, case in waiting]
            found = [action for action in fresh if action is not None]
            self._each(action for action in found if action.deed in _DO)
            deletions = [action for action in found if action.deed in DELETIONS]
            if deleting:
                self._each(deletions)
            else:
                late += deletions
        for action, _ in self._again:
            self._outcomes.failure(
                action,
                VersionMismatch(f"{action.key} keeps changing", key=action.key, hint="run again"),
            )
        self._again = []
        return late

    def _fresh(self, action: Action, case: Case) -> Action | None:
        """What is to be done about a key as it is now; None where that is nothing any more."""
        try:
            return self._judged(action, case)
        except StorageError as error:
            self._outcomes.failure(action, error)
            return None

    def _judged(self, action: Action, case: Case) -> Action | None:
        desk, key, origin = self._desk, case.key, case.origin
        rules = desk.rules.get(origin)
        now = Case(
            key=key,
            left=desk.left.stat(key, origin),
            right=desk.right.stat(key, origin),
            base=desk.manifest.get(key),
            origin=origin,
        )
        proof = self._prover.prove(now)
        if proof.error is not None:
            raise proof.error
        now = proof.case
        # What was intended and came too late must not look like the work of a run cut off.
        desk.manifest.record([now.base if now.base is not None else Forgotten(key)])
        if rules is None:
            return None
        verdict = desk.ancestry.settled(now, reconcile(now, rules, now_ns=time.time_ns()))
        if verdict.deed in {Deed.ADOPT, Deed.REFRESH}:
            packed = now.base.digests if verdict.deed is Deed.REFRESH and now.base else ""
            desk.note((agreement(now, proven_digests(now, packed)),))
        elif verdict.deed is Deed.FORGET:
            desk.manifest.record([Forgotten(key)])
        elif verdict.deed is Deed.ASK:
            self._outcomes.left(Action(now, verdict))
            return None
        elif verdict.deed is not Deed.NOTHING:
            return self._namer.named(Action(now, verdict))
        self._outcomes.settled(action)
        return None

    def _put_back(self) -> None:
        """Names that were freed in vain get their files back."""
        done = self._outcomes.succeeded
        for action, slot in self._freed:
            name = action.key
            if any(key.startswith(name + "/") or name.startswith(key + "/") for key in done):
                continue
            try:
                self._do(removals.undo(self._desk, action, slot))
            except BuckiaError as error:
                self._outcomes.failure(action, error)


def _is_early(action: Action) -> bool:
    return action.first or action.deed is Deed.MAKE_WAY or action.deed in _RENAMES


def _look(case: Case) -> Action:
    """Stands for a key of which nothing is decided yet."""
    return Action(case, Verdict(Deed.TO_LEFT, "changed meanwhile"))


def _watched(actions: Iterable[Action]) -> tuple[str, ...]:
    """Beginnings of the keys that decide whether a freed name was used."""
    found: set[str] = set()
    for action in actions:
        if action.first:
            found.add(action.key)
            found.update(_folders(action.key))
    return tuple(found)


def _folders(key: str) -> Iterator[str]:
    while "/" in key:
        key = key.rpartition("/")[0]
        yield key
