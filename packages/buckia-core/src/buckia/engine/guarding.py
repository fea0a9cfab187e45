"""The guards of one run: what must be as it was, before anything is done to either side."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from buckia.engine.pair import Pair, Settings
from buckia.engine.planning import Plan
from buckia.engine.review import Review
from buckia.errors import GuardStopped
from buckia.layers import beginning
from buckia.model import SideName
from buckia.plan.guards import FEW, Emptied, too_many
from buckia.protocols import Identifies, ability
from buckia.state.folder import PairId
from buckia.state.manifest import SqliteManifest

_ADVICE = (
    "nothing was changed; `buckia sync --no-delete-orphaned --force` brings back what is missing"
    " instead of deleting it; --force alone goes on if all of this is meant"
)
_OTHER = (
    "nothing was changed; plug in or mount the disk that is meant, or put the configuration right;"
    " if all is as it should be, run with --force"
)
_RIGHT = "the bucket"
_IDENTITY = "identity of the bucket"


class Guards:
    """Collects what looks wrong; `pair` is what the run goes on with."""

    def __init__(self, pair: Pair, settings: Settings, manifest: SqliteManifest) -> None:
        self.pair = pair
        self._settings = settings
        self._manifest = manifest
        self._found: list[str] = []
        self._gone: set[str] = set()

    def before(self) -> None:
        """What can be seen without a listing."""
        self._another_pair()
        self._another_place()
        self._missing_roots()

    @property
    def doubts(self) -> bool:
        """Whether something looked wrong so far, so that nothing should be learned from it."""
        return bool(self._found)

    def check(self, plan: Plan, review: Review) -> list[str]:
        """What the listings and the plan show besides; stops, or says what `force` passed."""
        advice = _OTHER if self._found else _ADVICE
        self._emptied(review)
        known = self._manifest.count()
        seen = {SideName.LEFT: review.seen.left, SideName.RIGHT: review.seen.right}
        for name, deletions in plan.deletions.items():
            deletions.known = known or seen[name]
        self._found += too_many(list(plan.deletions.values()), self._settings.allowance)
        if self._found and not self._settings.force:
            raise GuardStopped("; ".join(self._found), hint=advice)
        return self._found

    def _another_pair(self) -> None:
        """Another bucket or folder than last time, under the same name."""
        pair = self.pair
        last = pair.state.last_pair(pair.name)
        if last is None or _place(last) == _place(pair.id):
            return
        self._found.append(
            f"{pair.name} was last run with {_described(last)}, and is now {_described(pair.id)}"
        )

    def _another_place(self) -> None:
        """A bucket that carries another name than the one we know, or none at all."""
        known = self._manifest.meta(_IDENTITY)
        named = ability(self.pair.right.mount("").storage, Identifies)
        if known is None or named is None:
            return
        found = self.pair.limits.call(named.identity)
        if found != known:
            marked = "bears another mark" if found else "does not bear its mark any more"
            self._found.append(f"the bucket is not the one of the last run: it {marked}")

    def _missing_roots(self) -> None:
        """Roots that are gone; before anything was agreed on, they are made when needed."""
        pair = self.pair
        for origin in pair.missing:
            if self._manifest.count():
                self._found.append(f"the folder {origin} does not exist")
                self._gone.add(origin)
        if (
            pair.missing
            and not self._settings.dry_run
            and (self._settings.force or not self._found)
        ):
            for origin in pair.missing:
                pair.make(origin)
            self.pair = msgspec.structs.replace(pair, missing=())

    def _emptied(self, review: Review) -> None:
        scope, seen = self.pair.scope, review.seen
        narrowed = scope.is_narrowed
        for place in scope.roots:
            if place.origin in self._gone:
                continue
            lost = review.result.lost.get(place.origin, 0)
            if (
                lost
                and not seen.origins[place.origin]
                and not (narrowed and not self.pair.is_empty(place.origin))
            ):
                self._found.append(str(Emptied(f"the folder {place.origin}", lost)))
        for folder in scope.folders or ("",):
            known = self._manifest.count_under(folder)
            if known and folder not in seen.filled:
                self._found.append(str(Emptied(folder or _RIGHT, known)))
            if folder and known and not seen.folders[folder] and not narrowed:
                self._found.append(str(Emptied(f"{folder} here", known)))
        if seen.filled:
            self._found += map(str, self._bare_layers(seen.layers))

    def _bare_layers(self, giving: Collection[str]) -> Iterator[Emptied]:
        """Layers of which nothing is left; one that others merely hide is as it should be."""
        right = self.pair.right
        for layer in right.layers:
            known = 0 if layer in giving else self._manifest.count_of_right(beginning(layer))
            # In the nearest there may be little: who takes back an edit has emptied it.
            least = FEW if layer == right.layers[-1] else 0
            if known > least and self._is_bare(layer):
                yield Emptied(f"the layer {layer}", known)

    def _is_bare(self, layer: str) -> bool:
        layered = self.pair.right.layered
        assert layered is not None
        return self.pair.limits.call(lambda: layered.is_bare(layer), key=layer)

    @staticmethod
    def accept(pair: Pair, manifest: SqliteManifest, *, force: bool) -> None:
        """Remember which bucket and folders these are, for the next run."""
        # Made before it is needed, so that a dry run names conflict copies as the next run will.
        _ = pair.state.device
        if pair.state.last_pair(pair.name) != pair.id:
            pair.state.remember_pair(pair.name, pair.id)
        named = ability(pair.right.mount("").storage, Identifies)
        if named is None:
            return
        known = manifest.meta(_IDENTITY)
        if known is None or force:
            identity = pair.limits.call(lambda: named.identity(create=True))
            if identity is not None and identity != known:
                manifest.set_meta(_IDENTITY, identity)


def _place(pair: PairId) -> tuple[str, str, str, str]:
    # Another prefix is another part of the same bucket: a base of its own, and no surprise.
    return pair.provider, pair.endpoint, pair.bucket_name, pair.root


def _described(pair: PairId) -> str:
    endpoint = f" at {pair.endpoint}" if pair.endpoint else ""
    return f"{pair.provider} bucket {pair.bucket_name}{endpoint} and {pair.root}"
