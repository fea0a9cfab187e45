"""What every action needs: both sides, the base, the trash, and a meter for the bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from buckia import digests
from buckia.body import SmallBody, StoredBody, WatchedBody, proven
from buckia.diff import Case, plain
from buckia.engine.ancestry import Ancestry
from buckia.engine.execute.doing import Note, Settle
from buckia.engine.first import First
from buckia.engine.pair import Pair, Settings, rules_by_origin
from buckia.engine.side import Side
from buckia.errors import VersionMismatch
from buckia.events import BytesMoved, Tell
from buckia.media import content_type
from buckia.merging.model import RowConflict
from buckia.merging.reporting import write_conflicts
from buckia.model import Agreed, BasicEntry, Direction, Forgotten, Intent, SideName
from buckia.plan.actions import Action
from buckia.protocols import Body, Reading
from buckia.reconcile import Deed
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import file_errors
from buckia.state.slot import Slot

SMALL = 4 << 20
"""Bodies up to this size are read once, into memory; larger ones are hashed first and then sent."""
QUICK = 1 << 20
"""Bodies up to this size share a thread with others; larger ones have one of their own."""
_WRITTEN: Mapping[Direction, Collection[SideName]] = {
    Direction.BOTH: tuple(SideName),
    Direction.PUSH: (SideName.RIGHT,),
    Direction.PULL: (SideName.LEFT,),
}


class Outgoing:
    """The bytes of one version of an object, with their digests, ready to be written elsewhere."""

    def __init__(
        self, body: Body, entry: BasicEntry, known: Mapping[str, str], side: SideName
    ) -> None:
        self.body = body
        self.entry = entry
        """That of the very bytes."""
        self.side = side
        """Where they lie."""
        self.digests = dict(known)


class Desk:
    """Shared by the threads of one run."""

    def __init__(
        self,
        pair: Pair,
        settings: Settings,
        manifest: SqliteManifest,
        tell: Tell,
        *,
        run: str,
        ancestry: Ancestry,
    ) -> None:
        self.left = pair.left
        self.right = pair.right
        self.settings = settings
        self.manifest = manifest
        self.limits = pair.limits
        self.scope = pair.scope
        self.rules = rules_by_origin(pair.scope, settings.rules)
        self.ancestry = ancestry
        self._folder = pair.folder
        self._run = run
        self._tell = tell
        self._lock = threading.Lock()
        self.moved_bytes: dict[SideName, int] = dict.fromkeys(SideName, 0)
        """Bytes that went to each side."""

    def side(self, name: SideName) -> Side:
        return self.left if name is SideName.LEFT else self.right

    def is_quick(self, action: Action) -> bool:
        """Whether it is a small transfer on which no thread has to wait."""
        case, deed = action.case, action.deed
        if action.twin is not None:
            return False
        if deed is Deed.TO_LEFT:
            return (
                case.right is not None
                and case.right.size <= QUICK
                and self.right.begins_reads(case.origin)
                and self.left.together(case.origin) is not None
            )
        if deed is not Deed.TO_RIGHT or (action.verdict.keep and case.right is not None):
            # What is to be kept of the other side is fetched first.
            return False
        if case.left is None or case.left.size > QUICK:
            return False
        begins = self.right.begins_writes(case.origin, case.left.size)
        return begins or self.right.together(case.origin) is not None

    def written_sides(self, origin: str) -> Collection[SideName]:
        """The sides that the direction of a root allows to be written."""
        rules = self.rules[origin]
        if rules is None:
            return ()
        return _WRITTEN[rules.direction]

    def meter(self, key: str, target: SideName | None) -> Callable[[int], None]:
        """Counts the bytes of one action on their way to a side; None is the trash."""

        def moved(count: int) -> None:
            with self._lock:
                if target is not None:
                    self.moved_bytes[target] += count
            self._tell(BytesMoved(path=key, count=count))
            self.limits.moved(count)

        return moved

    def outgoing(
        self,
        side: Side,
        entry: BasicEntry,
        origin: str,
        target: str,
        *,
        over: BasicEntry | None = None,
    ) -> Outgoing:
        """The bytes of exactly this version, to be written under the key `target`.

        `over` is what stands there.
        """
        kind = content_type(target)
        algorithm = self.settings.algorithm
        entry = side.held(entry, origin)
        meter = self.meter(entry.key, side.name.other)
        if entry.size <= SMALL:
            data, seen = self._read(side, entry, origin)
            computed = {algorithm: digests.of(data, algorithm)}
            if digests.agree(computed, entry.digests) is False:
                raise VersionMismatch(f"{entry.key} changed without its version", key=entry.key)
            known = {**entry.digests, **computed}
            small = SmallBody(
                data,
                computed=computed,
                digests=known,
                mtime_ns=seen.mtime_ns,
                content_type=kind,
                moved=meter,
            )
            return Outgoing(small, seen, known, side.name)
        known = dict(entry.digests)
        body = side.body(entry, origin, known=known, content_type=kind)
        outlined = self._outlined(body, side, origin, target, over)
        if outlined is not None and algorithm in outlined.digests:
            seen = plain(body.entry, entry.key)
            counted = WatchedBody(outlined, is_proven=True, moved=meter)
            return Outgoing(counted, seen, outlined.digests, side.name)
        if algorithm not in known:
            entry, found = side.digests(entry, origin, (algorithm,))
            known.update(found)
        body = side.body(entry, origin, known=known, content_type=kind)
        return Outgoing(WatchedBody(body, moved=meter), entry, known, side.name)

    def _outlined(
        self, body: Body, side: Side, origin: str, target: str, over: BasicEntry | None
    ) -> Body | None:
        """The bytes of one side in the words of the other's store, if that asks for it."""
        # No byte of it travels now, but it may take long.
        stoppable = WatchedBody(body, is_proven=True, moved=lambda _count: self.limits.stop.check())
        other = self.side(side.name.other)
        version = None if over is None else over.version
        return other.outlined(stoppable, target, origin, source=side.limits, over=version)

    def _read(self, side: Side, entry: BasicEntry, origin: str) -> tuple[bytes, BasicEntry]:
        mount = side.mount(origin)

        def read() -> tuple[bytes, BasicEntry]:
            with mount.storage.read(mount.inside(entry.key), version=entry.version) as reading:
                data = b"".join(proven(reading))
                return data, plain(reading.entry, entry.key)

        return side.limits.call(read, key=entry.key)

    def incoming(
        self, entry: BasicEntry, origin: str, first: First[Reading] | None = None
    ) -> WatchedBody:
        """The bytes of exactly this version of the right side, hashed on their way."""
        mount = self.right.mount(origin)
        key, known = mount.inside(entry.key), entry.digests
        begun = None if first is None else first.take
        return WatchedBody(
            StoredBody(mount.storage, key, entry, digests=known, begun=begun),
            algorithms=(self.settings.algorithm,),
            moved=self.meter(entry.key, SideName.LEFT),
        )

    def slot(self, action: Action, entry: BasicEntry, side: SideName, origin: str) -> Slot | None:
        """A place in the trash for a version; None where nobody wants one."""
        if not self.settings.trash_days:
            return None
        return self._folder.trash.slot(
            entry.key,
            side=side,
            reason=action.verdict.reason,
            size=entry.size,
            mtime_ns=entry.mtime_ns,
            version=entry.version,
            digests=entry.digests,
            origin=origin,
            run=self._run,
        )

    def rescue(self, action: Action, entry: BasicEntry, side: Side, origin: str) -> Slot | None:
        """Fetch a version into the trash before it is replaced or deleted."""
        slot = self.slot(action, entry, side.name, origin)
        if slot is None:
            return None
        side.save(entry, origin, slot, moved=self.meter(entry.key, None))
        return slot

    def wish(
        self, case: Case, side: SideName, source: BasicEntry, known: Mapping[str, str]
    ) -> Intent:
        """That a side of a key shall hold the bytes that the other side has in this version."""
        return Intent(
            key=case.key,
            side=side,
            digests=digests.pack(known),
            size=source.size,
            source=source.version,
            origin=case.origin,
        )

    def note(self, notes: Sequence[Note]) -> None:
        """Durable when it returns, so that a kill after it is understood by the next run."""
        stores = [one.storage for one in notes if isinstance(one, Settle)]
        for storage in {id(one): one for one in stores}.values():
            storage.settle()
        changes = [one for one in notes if isinstance(one, Agreed | Forgotten)]
        self.ancestry.keep(changes)
        self.manifest.note([one for one in notes if isinstance(one, Intent)], changes)

    def room(self, key: str) -> AbstractContextManager[Path]:
        """An empty folder for the work on one key, gone afterwards."""
        return self._folder.ancestors.room(key)

    def report(self, key: str, conflicts: Sequence[RowConflict]) -> str | None:
        """Write down rows that both sides changed; where, unless nobody wants to know."""
        if not conflicts or not self.settings.trash_days:
            return None
        path = self._folder.reports.place(key, conflicts)
        with file_errors("written", path):
            write_conflicts(path, conflicts)
        return str(path)


def agreed(
    versions: tuple[BasicEntry, BasicEntry], known: Mapping[str, str], origin: str
) -> Agreed:
    left, right = versions
    return Agreed(
        key=left.key,
        left=left.version,
        right=right.version,
        size=left.size,
        # What we computed ourselves goes before what a store says.
        digests=digests.pack({**left.digests, **right.digests, **known}),
        origin=origin,
    )
