"""Keeping what databases held when both sides agreed, where edits of both are to be merged."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from buckia import digests
from buckia.body import WatchedBody, chunks
from buckia.databases import header
from buckia.diff import Case
from buckia.engine.pair import Pair, Settings
from buckia.engine.side import Side
from buckia.errors import StorageError
from buckia.model import Agreed, BasicEntry, Direction, Forgotten, Policy
from buckia.protocols import Source
from buckia.reconcile import Deed, Verdict, decided
from buckia.state.manifest import SqliteManifest

_ALL_KEPT = "ancestors of all rows are kept"
_SMALLEST = 512
"""Bytes of the smallest page, so of every database a divisor of the size."""


class Ancestry:
    """Of one run. It does nothing unless the settings say that databases are merged."""

    def __init__(self, pair: Pair, settings: Settings) -> None:
        self._pair = pair
        self._kept = pair.folder.ancestors
        rules = settings.rules
        self._wanted = rules.policy is Policy.MERGE and rules.direction is Direction.BOTH

    def begin(self, manifest: SqliteManifest) -> None:
        """Before anything is written down."""
        if not self._wanted and manifest.meta(_ALL_KEPT):
            manifest.set_meta(_ALL_KEPT, None)

    def of(self, row: Agreed | None) -> Path | None:
        """The database as it was when this row was written."""
        return self._kept.find(row.key, _names(row)) if row is not None else None

    def settled(self, case: Case, verdict: Verdict) -> Verdict:
        """A verdict that can be carried out: without an ancestor there is no telling who did what,
        so both are kept.
        """
        if verdict.deed is not Deed.MERGE or self.of(case.base) is not None:
            return verdict
        reason = "changed on both sides, and cannot be merged"
        return decided(case, Policy.KEEP_BOTH, reason, now_ns=time.time_ns())

    def keep(self, rows: Iterable[Agreed | Forgotten]) -> None:
        """Before these rows are written down."""
        if self._wanted:
            for row in rows:
                if isinstance(row, Agreed) and row.size and row.size % _SMALLEST == 0:
                    self._keep(row)

    def _keep(self, row: Agreed) -> None:
        names = _names(row)
        if not names or self._kept.find(row.key, names) is not None:
            return
        for side, version in ((self._pair.left, row.left), (self._pair.right, row.right)):
            # Where somebody has written to the one side meanwhile, there is still the other.
            with suppress(StorageError):
                self._take(side, BasicEntry(row.key, row.size, version), row, names[0])
                return

    def _take(self, side: Side, entry: BasicEntry, row: Agreed, name: str) -> None:
        entry = side.held(entry, row.origin)
        known = digests.unpack(row.digests)
        body = WatchedBody(side.body(entry, row.origin, known=known, content_type=None))

        def take() -> None:
            with closing(body.open()) as source:
                first = source.read(header.SIZE)
                if header.is_database(first):
                    self._kept.keep(row.key, name, _all(first, source))

        side.limits.call(take, key=row.key)

    def tidy(self, manifest: SqliteManifest) -> None:
        """At the end of a run: what no row speaks of goes, and what was agreed before comes."""
        for key in list(self._kept.keys()):
            row = manifest.get(key)
            self._kept.drop(key, but=_names(row) if row is not None else ())
        if self._wanted and not manifest.meta(_ALL_KEPT):
            for block in manifest.scan():
                self.keep(block)
            manifest.set_meta(_ALL_KEPT, "yes")


def _names(row: Agreed) -> list[str]:
    known = digests.unpacked(row.digests)
    return [f"{name}:{known[name]}" for name in digests.ALGORITHMS if name in known]


def _all(first: bytes, source: Source) -> Iterator[bytes]:
    yield first
    yield from chunks(source)
