"""Taking away from both sides what has served its purpose: exactly the bytes that it was about."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from buckia import digests
from buckia.engine.pair import Pair, probe
from buckia.engine.publishing import publish
from buckia.engine.seen import untouched
from buckia.errors import (
    AccessDenied,
    Interrupted,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.layers import is_lent
from buckia.model import Agreed, BasicEntry, Forgotten, SideName
from buckia.results import Failure
from buckia.state.manifest import SqliteManifest

_ALGORITHM = "sha256"


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is to go."""

    key: str
    origin: str
    digest: str
    """SHA-256 of its bytes; a file of other bytes stays."""
    reason: str
    """Why it went, for the trash; empty where it is kept elsewhere."""


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    left: int
    right: int
    failed: Sequence[Failure]
    interrupted: bool = False
    """Somebody asked to stop, and what was left is left."""


def clear(
    pair: Pair, manifest: SqliteManifest, served: Sequence[Served], *, trash_days: int
) -> Cleared:
    """Remove these files here and in the bucket, and forget that both sides agreed on them.

    The bucket goes first: what cannot be deleted there stays here too, and is not fetched anew by
    each run. A run that is killed in between sends the file once more, and clears it again.
    """
    clearing = _Clearing(pair, manifest, keeps=trash_days > 0)
    return clearing.all(served)


class _Clearing:
    def __init__(self, pair: Pair, manifest: SqliteManifest, *, keeps: bool) -> None:
        self._pair = pair
        self._manifest = manifest
        self._keeps = keeps
        self._counts = dict.fromkeys(SideName, 0)
        self._agreed: dict[str, Agreed] = {}
        self._failed: list[Failure] = []

    def all(self, served: Sequence[Served]) -> Cleared:
        interrupted = False
        try:
            self._forget(served)
            self._clear_all(served)
            if self._counts[SideName.RIGHT]:
                self._failed += publish(self._pair)
        except Interrupted:
            interrupted = True
        finally:
            self._manifest.record(self._agreed.values())
        left, right = self._counts[SideName.LEFT], self._counts[SideName.RIGHT]
        return Cleared(left=left, right=right, failed=self._failed, interrupted=interrupted)

    def _clear_all(self, served: Sequence[Served]) -> None:
        for one in served:
            self._pair.limits.stop.check()
            if self._is_lent(one.key):
                # It is there for everybody, and everybody's list says that it was applied.
                continue
            try:
                self._clear(one)
            except StorageError as error:
                self._failed.append(Failure(one.key, error.kind, error.message))
                if isinstance(error, Unavailable | AccessDenied):
                    # It is not about this one file.
                    return

    def _is_lent(self, key: str) -> bool:
        row = self._agreed.get(key)
        return row is not None and bool(self._pair.right.layers) and is_lent(row.right)

    def _forget(self, served: Sequence[Served]) -> None:
        """First of all: a base that knows nothing of a key is right whatever is left of it."""
        found = (self._manifest.get(one.key) for one in served)
        self._agreed = {row.key: row for row in found if row is not None}
        if self._agreed:
            probe(self._pair)
        going = (key for key in self._agreed if not self._is_lent(key))
        self._manifest.record(map(Forgotten, going))

    def _clear(self, one: Served) -> None:
        left = self._pair.left
        entry = left.stat(one.key, one.origin)
        if entry is None:
            raise NotFound(f"{one.key} is gone already", key=one.key)
        row = self._agreed.get(one.key)
        known = digests.unpack(row.digests) if row is not None else {}
        wanted = sorted(digests.computable(known) | {_ALGORITHM})
        entry, found = left.digests(entry, one.origin, wanted)
        if found[_ALGORITHM] != one.digest:
            raise VersionMismatch(f"{one.key} has other bytes by now", key=one.key)
        if row is not None and digests.agree(found, known):
            self._remove_right(row)
        self._remove_left(entry, one)
        self._counts[SideName.LEFT] += 1

    def _remove_right(self, row: Agreed) -> None:
        try:
            self._pair.right.remove(BasicEntry(row.key, row.size, row.right), "")
        except Unavailable:
            # It may have been done all the same.
            del self._agreed[row.key]
            raise
        del self._agreed[row.key]
        self._counts[SideName.RIGHT] += 1

    def _remove_left(self, entry: BasicEntry, one: Served) -> None:
        left = self._pair.left
        if not (one.reason and self._keeps and left.can_retire(one.origin)):
            left.remove(entry, one.origin)
            return
        slot = self._pair.folder.trash.slot(
            one.key,
            side=SideName.LEFT,
            reason=one.reason,
            size=entry.size,
            mtime_ns=entry.mtime_ns,
            version=entry.version,
            digests={_ALGORITHM: one.digest},
            origin=one.origin,
        )
        try:
            left.retire(entry, one.origin, slot.path)
            slot.settle()
        except StorageError as error:
            if untouched(error):
                slot.drop()
            raise
