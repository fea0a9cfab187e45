"""One run: look at both sides, make a plan, guard it, do it, and say what came of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import msgspec

from buckia.engine.ancestry import Ancestry
from buckia.engine.execute.desk import Desk
from buckia.engine.execute.execution import Execution
from buckia.engine.execute.outcomes import Outcomes
from buckia.engine.guarding import Guards
from buckia.engine.mending import mend, sweep
from buckia.engine.pair import Pair, Settings, probe
from buckia.engine.planning import Namer, Plan, Planner
from buckia.engine.prove import Prover
from buckia.engine.publishing import publish
from buckia.engine.review import Review, Reviewed
from buckia.errors import ConfigError, Interrupted
from buckia.events import Finished, Noticed, Planned, Started, Tell
from buckia.model import Covered, Forgotten, Policy, SideName, Skipped
from buckia.plan.actions import WRITES_RIGHT, Action, foretold
from buckia.reconcile import Deed, decided
from buckia.results import Conflict, Failure, Question, SyncResult
from buckia.state.cache import DigestCache
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import DamagedState
from buckia.state.spill import Spill

_BATCH = 1000
_LAST_RUN = "last complete run"
_NEVER = "1970-01-01T00:00:00+00:00"
Answer = Callable[[Question], Policy | None]
"""Decides a conflict; None leaves it for later."""


class Callbacks(msgspec.Struct, frozen=True, kw_only=True):
    """What a run tells, asks and shows on its way."""

    tell: Tell
    answer: Answer | None = None
    planned: Callable[[Plan], None] = lambda _plan: None
    """Sees every plan, also that of a dry run."""
    before: Callable[[Plan], None] = lambda _plan: None
    """Sees the plan before anything is done, and may raise to stop it."""
    after: Callable[[SyncResult], None] = lambda _result: None


class Memory(msgspec.Struct, frozen=True):
    """The state of one run, open."""

    manifest: SqliteManifest
    cache: DigestCache


def run(pair: Pair, settings: Settings, callbacks: Callbacks) -> SyncResult:
    """Sync one pair, or with `dry_run` say what that would do; what stops it is raised."""
    began = time.monotonic()
    callbacks.tell(Started(bucket=pair.name, dry_run=settings.dry_run))
    error = ""
    try:
        result = _twice(pair, settings, callbacks)
        result = msgspec.structs.replace(result, seconds=time.monotonic() - began)
        if not settings.dry_run:
            callbacks.after(result)
    except BaseException as raised:  # only to tell its name; it goes on its way
        error = type(raised).__name__
        raise
    finally:
        seconds = time.monotonic() - began
        callbacks.tell(Finished(bucket=pair.name, seconds=seconds, error=error))
    return result


def _twice(pair: Pair, settings: Settings, callbacks: Callbacks) -> SyncResult:
    """State found damaged while it is read is set aside, and all is looked at once more."""
    one = Run(pair, settings, callbacks)
    try:
        return one.run()
    except DamagedState as error:
        if settings.dry_run or one.has_begun:
            raise
        callbacks.tell(Noticed(bucket=pair.name, message=error.message))
        return Run(pair, settings, callbacks).run()


class Run:
    """One attempt. `has_begun` says whether either side may have been touched."""

    def __init__(self, pair: Pair, settings: Settings, callbacks: Callbacks) -> None:
        self._pair = pair
        self._settings = settings
        self._callbacks = callbacks
        self._tell = callbacks.tell
        self._ancestry = Ancestry(pair, settings)
        self.has_begun = False

    def run(self) -> SyncResult:
        with self._memory() as memory, self._prover(memory) as prover:
            guards = Guards(self._pair, self._settings, memory.manifest)
            try:
                return self._run(memory, prover, guards)
            except Interrupted:
                return SyncResult(name=self._pair.name, interrupted=True)

    def _run(self, memory: Memory, prover: Prover, guards: Guards) -> SyncResult:
        pair, settings = self._pair, self._settings
        guards.before()
        pair = guards.pair
        records = not settings.dry_run and (settings.force or not guards.doubts)
        if records and memory.manifest.intents():
            mend(pair)
        if not settings.dry_run:
            self._ancestry.begin(memory.manifest)
        review = Review(
            pair,
            settings.rules,
            memory.manifest,
            prover,
            ancestry=self._ancestry,
            records=records,
        )
        with review.result.actions, review.result.apart, review.result.forgotten:
            reviewed = review.run()
            planner = Planner(pair, settings, review.base, prover)
            plan = planner.plan(reviewed, _unseen(review))
            with plan.actions:
                self._callbacks.planned(plan)
                for passed in guards.check(plan, review):
                    self._tell(Noticed(bucket=pair.name, message=f"forced: {passed}"))
                self._announce(plan)
                if settings.dry_run:
                    return self._foretold(plan, review)
                return self._executed(plan, review, memory, prover)

    def _announce(self, plan: Plan) -> None:
        self._tell(
            Planned(
                bucket=plan.bucket,
                actions=len(plan.actions),
                bytes_up=plan.bytes_up,
                bytes_down=plan.bytes_down,
            )
        )

    def _executed(self, plan: Plan, review: Review, memory: Memory, prover: Prover) -> SyncResult:
        pair, settings = self._pair, self._settings
        self._callbacks.before(plan)
        self.has_begun = True
        if any(action.deed in WRITES_RIGHT for action in plan.actions):
            probe(pair)
        reviewed = review.result
        Guards.accept(pair, memory.manifest, force=settings.force)
        review.settle()
        sweep(pair)
        _forget(reviewed, memory.manifest)
        namer = Namer(pair, prover, settings.algorithm)
        actions = self._answered(plan, namer)
        outcomes = Outcomes(len(plan.actions), self._tell)
        desk = Desk(
            pair,
            settings,
            memory.manifest,
            self._tell,
            run=secrets.token_hex(4),
            ancestry=self._ancestry,
        )
        may_delete = not (review.comparison.gaps or reviewed.failed)
        execution = Execution(desk, prover, namer, outcomes, may_delete=may_delete)
        interrupted = False
        unpublished: Sequence[Failure] = ()
        try:
            execution.run(actions, reviewed.changed)
            unpublished = publish(pair)
        except Interrupted:
            interrupted = True
        if settings.tidies and not interrupted:
            self._tidy(memory)
        failed = (*_unseen(review), *outcomes.failed, *unpublished)
        return self._result(
            plan,
            review,
            **outcomes.counts,
            bytes_up=desk.moved_bytes[SideName.RIGHT],
            bytes_down=desk.moved_bytes[SideName.LEFT],
            conflicts=tuple(sorted(outcomes.conflicts, key=lambda one: one.path)),
            failed=tuple(sorted(failed, key=lambda one: one.path)),
            interrupted=interrupted,
        )

    def _foretold(self, plan: Plan, review: Review) -> SyncResult:
        conflicts = tuple(
            Conflict(action.key, action.verdict.conflict, action.copy or None)
            for action in plan.actions
            if action.verdict.conflict
        )
        return self._result(
            plan,
            review,
            **foretold(plan.actions),
            dry_run=True,
            bytes_up=plan.bytes_up,
            bytes_down=plan.bytes_down,
            conflicts=conflicts,
            failed=tuple(_unseen(review)),
        )

    def _result(self, plan: Plan, review: Review, **more: object) -> SyncResult:
        outside = (
            Skipped(key, f"outside the synced folders, like others in {origin}")
            for origin, key in self._pair.scope.foreign.items()
        )
        left_alone = (*outside, *_secrets(review), *_staying(review))
        found = (*review.comparison.skipped, *plan.skipped, *left_alone)
        return SyncResult(
            name=self._pair.name,
            unchanged=review.result.unchanged,
            adopted=len(review.result.adopted),
            skipped=tuple(one for one in found if not isinstance(one, Covered)),
            actions=tuple(plan.steps),
            excluded_secrets=len(review.secrets),
            **more,  # type: ignore[arg-type]  # fields of the struct
        )

    def _answered(self, plan: Plan, namer: Namer) -> Spill[Action]:
        """The plan with the conflicts that somebody decided just now."""
        answer = self._callbacks.answer
        if answer is None or not any(action.deed is Deed.ASK for action in plan.actions):
            return plan.actions
        answered: Spill[Action] = Spill(Action, self._pair.folder.scratch)
        for action in plan.actions:
            chosen = answer(question(action)) if action.deed is Deed.ASK else None
            if chosen not in {None, *Policy}:
                raise ConfigError(
                    f"{chosen!r} is no answer to a conflict",
                    hint="on_conflict returns a buckia.model.Policy, or None to leave it",
                )
            if chosen is not None and chosen is not Policy.ASK:
                verdict = decided(
                    action.case, Policy(chosen), "changed on both sides", now_ns=time.time_ns()
                )
                verdict = self._ancestry.settled(action.case, verdict)
                action = namer.named(msgspec.structs.replace(action, verdict=verdict))  # noqa: PLW2901 - the decided one takes its place
            answered.append(action)
        return answered

    def _tidy(self, memory: Memory) -> None:
        """What is due at the end of a run: old versions go, unused digests are dropped."""
        memory.cache.prune()
        now = datetime.now(UTC)
        # What goes must have been too old for the run before as well: clocks are wrong at times.
        last = datetime.fromisoformat(memory.manifest.meta(_LAST_RUN) or _NEVER)
        memory.manifest.set_meta(_LAST_RUN, now.isoformat())
        self._pair.state.sweep()
        self._ancestry.tidy(memory.manifest)
        trash, days = self._pair.folder.trash, self._settings.trash_days
        self._pair.folder.reports.expire(days)
        expired = trash.expire(days, min(now, last))
        for reason in expired.failed:
            self._tell(Noticed(message=f"a version in the trash could not be removed: {reason}"))

    @contextmanager
    def _memory(self) -> Iterator[Memory]:
        with ExitStack() as stack:
            if not self._settings.dry_run:
                stack.enter_context(self._pair.folder.lock())
                opened = Database.open(self._pair.folder.base)
            else:
                opened = Database.look(self._pair.folder.base)
            database = stack.enter_context(opened)
            for notice in (*self._pair.state.notices, *database.notices):
                self._tell(Noticed(bucket=self._pair.name, message=notice))
            cache = DigestCache(database)
            stack.callback(cache.close)
            yield Memory(SqliteManifest(database), cache)

    @contextmanager
    def _prover(self, memory: Memory) -> Iterator[Prover]:
        prover = Prover(
            self._pair.left,
            self._pair.right,
            memory.cache,
            algorithm=self._settings.algorithm,
            workers=self._settings.workers,
            tell=self._tell,
        )
        try:
            yield prover
        finally:
            prover.close()


def question(action: Action) -> Question:
    case, verdict = action.case, action.verdict
    return Question(
        path=case.key,
        reason=verdict.reason,
        left=case.left,
        right=case.right,
        resolution=verdict.conflict,
    )


def _unseen(review: Review) -> Iterator[Failure]:
    for gap in review.comparison.gaps:
        yield Failure(gap.key, "Unreadable", gap.reason)
    yield from review.result.failed


def _secrets(review: Review) -> Iterator[Skipped]:
    """One line for all files that are left out because of what their names suggest."""
    names = sorted(review.secrets)
    if names:
        others = _like(names)
        yield Skipped(names[0], f"such names hold secrets{others}; a !pattern brings them back")


def _staying(review: Review) -> Iterator[Skipped]:
    """One line for all deletions that cannot travel."""
    names = review.result.staying
    if names:
        yield Skipped(names[0], f"not deleted: its layer is only read{_like(names)}")


def _like(names: Sequence[str]) -> str:
    return f", like {len(names) - 1} others" if len(names) > 1 else ""


def _forget(reviewed: Reviewed, manifest: SqliteManifest) -> None:
    batch: list[Forgotten] = []
    for key in reviewed.forgotten:
        batch.append(Forgotten(key))
        if len(batch) >= _BATCH:
            manifest.record(batch)
            batch = []
    manifest.record(batch)
