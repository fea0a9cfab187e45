"""The first half of a run: both sides and the base are read, and each difference gets a verdict.

Nothing but the state is written here. Adoptions and refreshed versions are recorded as they
stream by, unless a guard has doubts already; what has to be done is kept, in key order, for the
plan. What became of the wishes of a run that was cut off is recorded by `settle`, once no guard
doubts what was seen: that a key is absent is no proof where all keys are.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing

import msgspec

from buckia import digests, keys
from buckia.align import Block, align
from buckia.compare import Compared, Comparison
from buckia.diff import Case, agreed_by, came_true
from buckia.engine.ahead import OnDemand
from buckia.engine.alike import alike
from buckia.engine.ancestry import Ancestry
from buckia.engine.pair import Pair, rules_by_origin
from buckia.engine.prove import Prover
from buckia.engine.recalled import RecalledBase
from buckia.engine.scan import Seen, left_blocks, right_blocks
from buckia.engine.seen import gone
from buckia.errors import StorageError, Unavailable
from buckia.events import Scanned
from buckia.model import Agreed, BasicEntry, Forgotten, Intent, Policy, SideName, Traits
from buckia.plan.actions import Action, step
from buckia.plan.clashes import Apart
from buckia.reconcile import STAYS, Deed, Rules, Unproven, Verdict, agreement, reconcile
from buckia.results import Failure, Step
from buckia.state.manifest import SqliteManifest
from buckia.state.spill import FoldIndex, Spill

_BETWEEN = 0.1
"""Seconds between two words about how far the listings are."""
Row = Agreed | Forgotten


class Reviewed(msgspec.Struct, kw_only=True):
    """What the reading came to."""

    actions: Spill[Action]
    apart: Spill[Apart]
    """Keys that only one side has, and that stay so; and those that nobody has any more."""
    forgotten: Spill[str]
    """Rows that end here; recorded once all listings are complete."""
    folded: FoldIndex | None = None
    unchanged: int = 0
    adopted: list[Step] = msgspec.field(default_factory=list)
    changed: list[Case] = msgspec.field(default_factory=list)
    """Keys that changed while they were being compared."""
    failed: list[Failure] = msgspec.field(default_factory=list)
    staying: list[str] = msgspec.field(default_factory=list)
    """Keys deleted here that a layer which is only read goes on giving."""
    lost: dict[str, int] = msgspec.field(default_factory=dict)
    """Base rows in scope whose left side is gone, by root."""


class Review:
    """Reads everything once. `comparison` and `seen` are filled on the way."""

    def __init__(
        self,
        pair: Pair,
        rules: Rules,
        manifest: SqliteManifest,
        prover: Prover,
        *,
        ancestry: Ancestry,
        records: bool,
    ) -> None:
        """`records` is False where what is seen must not be taken for the truth of this pair."""
        self._ancestry = ancestry
        self._pair = pair
        self._records = records
        self._manifest = manifest
        self._prover = prover
        self._tell = pair.tell
        self._now_ns = time.time_ns()
        self._rules = rules_by_origin(pair.scope, rules)
        self._intents = _by_key(manifest.intents())
        self._wished = frozenset(self._intents)
        self._settled: list[Row] = []
        """Rows of keys that a run which was cut off had wishes for, in the order to be recorded."""
        self._told = 0.0
        self.seen = Seen()
        first = pair.scope.roots[0] if pair.scope.roots else None
        root = first.origin if first is not None else ""
        self.comparison = Comparison(
            pair.scope,
            root=root,
            left_traits=pair.left.traits(root) if first is not None else Traits(),
            right_traits=pair.right.traits(""),
            right_prefix=pair.right.mount("").inner,
            pending=self._intents,
            layers=pair.right.layers,
        )
        self._folds = _folding(pair)
        scratch = pair.folder.scratch
        self.result = Reviewed(
            actions=Spill(Action, scratch),
            apart=Spill(Apart, scratch),
            forgotten=Spill(str, scratch),
            folded=FoldIndex(scratch) if self._folds is not None else None,
        )

    def run(self) -> Reviewed:
        """All that differs. When a listing fails anywhere, its error is raised."""
        pair, seen = self._pair, self.seen
        with (
            closing(OnDemand(left_blocks(pair.left, pair.scope, seen, pair.missing))) as left,
            closing(
                OnDemand(right_blocks(pair.right, pair.scope, seen, self._manifest.marks))
            ) as right,
        ):
            streams = (
                ("the local folder", left),
                ("the base", self._rows()),
                ("the bucket", right),
            )
            for here, rows, there in align(*streams):
                pair.limits.stop.check()
                self._index(here, rows, there)
                self._take(self.comparison.slice(here, rows, there))
                self._progress()
        self._tell(Scanned(left=seen.left, right=seen.right))
        self._dismiss_unseen()
        return self.result

    @property
    def secrets(self) -> set[str]:
        """Keys left out because of what their names suggest, on any side."""
        return self.seen.secrets | self.comparison.secrets

    def _rows(self) -> Iterator[Block[Agreed]]:
        for rows in self._manifest.scan():
            yield Block(rows.keys, rows)

    def _index(self, *blocks: Block[object]) -> None:
        if self.result.folded is None or self._folds is None:
            return
        for block in blocks:
            for key in block.keys:
                self.result.folded.add(keys.folded(key, self._folds), key)

    def _progress(self) -> None:
        now = time.monotonic()
        if now - self._told >= _BETWEEN:
            self._told = now
            self._tell(Scanned(left=self.seen.left, right=self.seen.right))

    def _take(self, compared: Compared) -> None:
        self.result.unchanged += compared.unchanged
        rows: list[Row] = []
        cases = [self._recalled(case) for case in compared.cases]
        for case, verdict in self._verdicts(case for case in cases if case is not None):
            self._route(case, verdict, self._settled if case.key in self._wished else rows)
        # A row of another root that ends here may just have got a successor.
        renewed = {row.key for row in (*rows, *self._settled)}
        self.result.forgotten.extend(key for key in compared.forgotten if key not in renewed)
        if rows and self._records:
            self._ancestry.keep(rows)
            self._manifest.record(rows)
            self._prover.recorded({row.key for row in rows})

    def _verdicts(self, cases: Iterable[Case]) -> Iterator[tuple[Case, Verdict]]:
        """The verdict on each case, in key order, after proving what has to be proven."""
        decided: dict[str, tuple[Case, Verdict]] = {}
        open_: list[Case] = []
        for case in cases:
            self._count_lost(case)
            rules = self._rules.get(case.origin)
            if rules is None:
                continue
            try:
                decided[case.key] = self._decided(case, rules)
            except Unproven:
                open_.append(case)
        for proof in self._prover.prove_all(open_):
            if proof.error is not None:
                self._failed(proof.case, proof.error)
                continue
            rules = self._rules[proof.case.origin]
            assert rules is not None
            decided[proof.case.key] = self._decided(proof.case, rules)
        yield from (decided[key] for key in sorted(decided))

    def _decided(self, case: Case, rules: Rules) -> tuple[Case, Verdict]:
        verdict = reconcile(case, rules, now_ns=self._now_ns)
        if (
            verdict.conflict
            and rules.policy is Policy.NEWEST_WINS
            and case.right is not None
            and case.right.mtime_ns is None
        ):
            # The listing may only be silent about a time that the object itself has.
            entry = self._pair.right.stat(case.key, case.origin)
            if entry is not None and entry.version == case.right.version:
                timed = msgspec.structs.replace(case.right, mtime_ns=entry.mtime_ns)
                case = msgspec.structs.replace(case, right=timed)
                verdict = reconcile(case, rules, now_ns=self._now_ns)
        if verdict.conflict and case.base is None:
            case = alike(case, self._pair.left, self._pair.right)
            verdict = reconcile(case, rules, now_ns=self._now_ns)
        return case, self._ancestry.settled(case, verdict)

    def _count_lost(self, case: Case) -> None:
        if case.base is not None:
            lost = self.result.lost
            lost[case.base.origin] = lost.get(case.base.origin, 0) + (case.left is None)

    def _route(self, case: Case, verdict: Verdict, rows: list[Row]) -> None:
        result = self.result
        if verdict.reason.startswith(STAYS):
            result.staying.append(case.key)
        if not (case.left and case.right) and verdict.deed in {Deed.NOTHING, Deed.FORGET}:
            sides = tuple(side for side in SideName if case.side(side) is not None)
            result.apart.append(Apart(case.key, sides, case.origin, with_row=case.base is not None))
        if verdict.deed is Deed.NOTHING:
            result.unchanged += bool(case.left and case.right and case.base)
        elif verdict.deed is Deed.REFRESH:
            result.unchanged += 1
            assert case.base is not None
            rows.append(agreement(case, proven_digests(case, case.base.digests)))
        elif verdict.deed is Deed.ADOPT:
            rows.append(agreement(case, proven_digests(case)))
            result.adopted.append(step(Action(case, verdict)))
        elif verdict.deed is Deed.FORGET and not verdict.conflict:
            if not self._would_come_back(case):
                result.forgotten.append(case.key)
        else:
            result.actions.append(Action(case, verdict))

    def _would_come_back(self, case: Case) -> bool:
        """Whether a key deleted in one root would come back from the bucket through another."""
        home = self._pair.scope.home(case.key)
        return case.right is not None and home is not None and home.origin != case.origin

    def _failed(self, case: Case, error: StorageError) -> None:
        if isinstance(error, Unavailable):
            raise error
        if gone(error):
            self.result.changed.append(case)
        else:
            self.result.failed.append(Failure(case.key, error.kind, error.message))

    @property
    def base(self) -> RecalledBase:
        """What both sides agree on, as `settle` will write it down."""
        return RecalledBase(self._manifest, self._settled)

    def settle(self) -> None:
        """Write down what became of earlier wishes."""
        self._ancestry.keep(self._settled)
        self._manifest.record(self._settled)

    def _recalled(self, case: Case) -> Case | None:
        """The case in the light of what an earlier run, which was cut off, was about to do."""
        intents = self._intents.pop(case.key, ())
        if not intents:
            return case
        try:
            for intent in intents:
                case, held = self._came_true(case, intent)
                if held:
                    row = agreed_by(case, intent)
                    self._settled.append(row if row is not None else Forgotten(case.key))
                    return msgspec.structs.replace(case, base=row)
        except StorageError as error:
            self._failed(case, error)
            return None
        self._settled.append(case.base if case.base is not None else Forgotten(case.key))
        return case

    def _came_true(self, case: Case, intent: Intent) -> tuple[Case, bool]:
        held = came_true(case, intent)
        entry = case.side(intent.side)
        if held is None and entry is not None:
            wanted = digests.computable(digests.unpack(intent.digests))
            proven = self._prover.entry(entry, intent.side, case.origin, wanted)
            case = with_side(case, intent.side, proven)
            held = came_true(case, intent)
        return case, bool(held)

    def _dismiss_unseen(self) -> None:
        """Wishes of an earlier run for keys that neither side has: nothing came of them."""
        if self.comparison.gaps or self._pair.scope.is_narrowed:
            return
        rows = ((key, self._manifest.get(key)) for key in self._intents)
        self._settled += [row or Forgotten(key) for key, row in rows]


def with_side(case: Case, side: SideName, entry: BasicEntry | None) -> Case:
    if side is SideName.LEFT:
        return msgspec.structs.replace(case, left=entry)
    return msgspec.structs.replace(case, right=entry)


def proven_digests(case: Case, packed: str = "") -> str:
    """All that is proven of the bytes that both sides hold, besides what is known already."""
    known = agreed = digests.unpacked(packed)
    for entry in (case.left, case.right):
        if entry is not None and entry.digests != known:
            known = {**known, **entry.digests}
    return packed if known == agreed else digests.pack(known)


def _by_key(intents: Iterable[Intent]) -> dict[str, list[Intent]]:
    found: dict[str, list[Intent]] = {}
    for intent in intents:
        found.setdefault(intent.key, []).append(intent)
    return found


def _folding(pair: Pair) -> Traits | None:
    """Traits by which names fold on any side; None where every name is its own."""
    traits = [side.traits(origin) for side in (pair.left, pair.right) for origin in side.mounts]
    case = any(one.folds_case for one in traits)
    form = any(one.folds_form for one in traits)
    return Traits(folds_case=case, folds_form=form) if case or form else None
