"""One folder on its way from one bucket to another, while others may still write to it.

What was copied is written down object by object, with both versions: so a move that was cut off
goes on, only what was copied is ever deleted, and what somebody changes meanwhile is noticed. Left
is the old bucket and right the new one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto

import msgspec

from buckia import digests, keys
from buckia.align import Block, align
from buckia.diff import plain
from buckia.engine import holding
from buckia.engine.ancestry import Ancestry
from buckia.engine.execute.desk import Desk, Outgoing, agreed
from buckia.engine.pair import Pair, Settings
from buckia.engine.scan import Listing
from buckia.engine.seen import check_received, gone
from buckia.engine.side import Side
from buckia.errors import AccessDenied, Corrupted, StorageError, Unavailable
from buckia.keys import MOVED_NOTE, USER_NOTE
from buckia.model import Agreed, BasicEntry, Forgotten
from buckia.protocols import ABSENT
from buckia.results import Failure
from buckia.state.manifest import SqliteManifest

_OLD, _NEW, _JOURNAL = "the old bucket", "the new bucket", "what was copied"


class Came(Enum):
    """What became of one object."""

    SAME = auto()
    COPIED = auto()
    FOLLOWED = auto()
    """It was deleted in the old bucket, and so in the new one."""
    AGAIN = auto()
    """It changed while it was looked at."""
    UNLIKE = auto()
    """The new bucket has another one of that name, which nobody may write over."""


class Pass(msgspec.Struct):
    """What one look at the old folder came to."""

    seen: int = 0
    copied: int = 0
    size: int = 0
    changed: bool = False
    """Whether it is worth another look."""
    unlike: list[str] = msgspec.field(default_factory=list)
    failed: list[Failure] = msgspec.field(default_factory=list)

    def take(self, key: str, size: int, came: Came | Failure) -> None:
        if isinstance(came, Failure):
            self.failed.append(came)
        elif came is Came.UNLIKE:
            self.unlike.append(key)
        self.changed |= came in {Came.COPIED, Came.FOLLOWED, Came.AGAIN}
        if came is Came.COPIED:
            self.copied += 1
            self.size += size


Job = tuple[BasicEntry | None, Agreed | None]
"""An object of the old folder, and what was written down of it; at most one of them is missing."""


class Moving:
    """The steps of a move; each may be taken again, and begins where the last one ended."""

    def __init__(self, pair: Pair, settings: Settings, manifest: SqliteManifest) -> None:
        self._desk = Desk(
            pair,
            settings,
            manifest,
            pair.tell,
            run=secrets.token_hex(4),
            ancestry=Ancestry(pair, settings),
        )
        self._left, self._right = pair.left, pair.right
        self._manifest = manifest
        self._settings = settings

    def stranger(self) -> str | None:
        """An object of the new folder that neither stands in the old one nor came from there."""
        streams = (
            (_OLD, listed(self._left)),
            (_JOURNAL, self._rows()),
            (_NEW, listed(self._right)),
        )
        for here, rows, there in align(*streams):
            ours = {*here.keys, *rows.keys}
            for key in there.keys:
                if key not in ours:
                    return key
        return None

    def copy(self, *, follow: bool) -> Pass:
        """Copy what is new or changed; with `follow` what is gone goes from the new bucket too."""
        result = Pass()
        for job, came in self._done(lambda job: self._copied(job, follow=follow)):
            entry, row = job
            result.seen += entry is not None
            result.take(_key(job), entry.size if entry is not None else 0, came)
            del row
        return result

    def clear(self) -> int:
        """Delete in the old bucket exactly what was copied and proven; how many objects."""
        return sum(came is Came.FOLLOWED for _, came in self._done(self._cleared))

    def left(self) -> Iterator[str]:
        """What is still in the old folder."""
        for block in listed(self._left, every=True):
            yield from block.keys

    def forget(self) -> None:
        """Begin anew: nothing counts as copied."""
        for rows in self._manifest.scan():
            self._manifest.record([Forgotten(key) for key in rows.keys])

    def _rows(self) -> Iterator[Block[Agreed]]:
        for rows in self._manifest.scan():
            yield Block(rows.keys, rows)

    def _done(self, work: Callable[[Job], Came | Failure]) -> Iterator[tuple[Job, Came | Failure]]:
        """The work on each object and each row, a block of them at once."""
        with ThreadPoolExecutor(self._settings.workers, thread_name_prefix="buckia-move") as pool:
            for here, rows in align((_OLD, listed(self._left)), (_JOURNAL, self._rows())):
                known = {row.key: row for row in rows.items}
                jobs: list[Job] = [(entry, known.pop(entry.key, None)) for entry in here.items]
                jobs += [(None, row) for row in known.values()]
                yield from zip(jobs, pool.map(work, jobs), strict=True)

    def _copied(self, job: Job, *, follow: bool) -> Came | Failure:
        entry, row = job
        self._desk.limits.stop.check()
        if entry is None:
            assert row is not None
            return self._followed(row) if follow else Came.SAME
        if row is not None and row.left == entry.version:
            return Came.SAME
        try:
            out = self._desk.outgoing(self._left, entry, "", entry.key)
            if row is not None and digests.agree(out.digests, digests.unpack(row.digests)):
                # Only touched; the row is of the version that will be looked for from now on.
                self._record(msgspec.structs.replace(row, left=out.entry.version))
                return Came.SAME
            return self._written(entry, out, row)
        except (Unavailable, AccessDenied):
            raise
        except StorageError as error:
            if gone(error):
                return Came.AGAIN
            return Failure(entry.key, error.kind, error.message)

    def _written(self, entry: BasicEntry, out: Outgoing, row: Agreed | None) -> Came:
        """Over nothing, or over what we have put there ourselves and nobody changed."""
        expect = ABSENT if row is None else row.right
        key, storage = entry.key, self._right.mount("").storage
        inside, limits = self._right.mount("").inside(key), self._right.limits
        try:
            written = self._right.write(key, "", out.body, expect=expect)
        except StorageError as error:
            if not gone(error):
                raise
            held = holding.found(storage, inside, out.entry.size, out.digests, limits.once)
            if held is None:
                seen = self._left.stat(key, "")
                is_still = seen is not None and seen.version == entry.version
                return Came.UNLIKE if is_still else Came.AGAIN
            self._record(agreed((out.entry, plain(held, key)), out.digests, ""))
            return Came.SAME
        check_received(written, out.digests)
        found = msgspec.structs.replace(written, key=inside)
        # The other copy will be deleted, so that nothing was said against this one is not enough.
        if not holding.holds(storage, found, out.entry.size, out.digests, limits):
            raise Corrupted(f"{key} is not there as it was sent", key=key)
        self._record(agreed((out.entry, written), out.digests, ""))
        return Came.COPIED

    def _followed(self, row: Agreed) -> Came:
        try:
            self._right.remove(_entry(row, row.right), "")
        except StorageError as error:
            if not gone(error):
                raise
            # Somebody changed it in the new bucket: there it stays.
        self._manifest.record([Forgotten(row.key)])
        return Came.FOLLOWED

    def _cleared(self, job: Job) -> Came | Failure:
        entry, row = job
        self._desk.limits.stop.check()
        if row is None:
            return Came.UNLIKE
        if entry is None:
            return Came.SAME
        try:
            self._left.remove(self._proven(entry, row), "")
        except StorageError as error:
            if not gone(error):
                raise
            # It has changed since: it stays, and is told of.
            return Came.UNLIKE
        # The row stays: a device that was in the midst of a sync may put the file there once more.
        return Came.FOLLOWED

    def _proven(self, entry: BasicEntry, row: Agreed) -> BasicEntry:
        """The object, if it has the bytes that were copied; else what was copied, to be missed."""
        if entry.version == row.left or entry.size != row.size:
            return _entry(row, row.left)
        algorithm = self._settings.algorithm
        seen, computed = self._left.digests(entry, "", (algorithm,))
        is_same = digests.agree(computed, digests.unpack(row.digests)) is True
        return seen if is_same else _entry(row, row.left)

    def _record(self, row: Agreed) -> None:
        self._manifest.record([row])


def listed(side: Side, *, every: bool = False) -> Iterator[Block[BasicEntry]]:
    """The folder's objects under their keys in it; with `every` also those that cannot move."""
    mount = side.mount("")
    for page in Listing(mount.storage, mount.inner, side.limits):
        side.limits.stop.check()
        if not all(entry.key.startswith(mount.inner) for entry in page):
            raise Corrupted(f"the listing of {mount.inner} holds keys that are not below it")
        found = [plain(entry, mount.outside(entry.key)) for entry in page]
        taken = [one for one in found if _takes(one, every=every)]
        yield Block([one.key for one in taken], taken)


def is_empty(side: Side) -> bool:
    return not any(block.keys for block in listed(side))


def _takes(entry: BasicEntry, *, every: bool) -> bool:
    """Whether it is the user's; markers of folders and things of ours are nobody's."""
    key = entry.key
    if key == USER_NOTE:
        return True
    if key == MOVED_NOTE or keys.is_ours(key) or keys.is_marker(key, entry.size):
        return False
    return every or not keys.problem(key)


def _entry(row: Agreed, version: str) -> BasicEntry:
    return BasicEntry(key=row.key, size=row.size, version=version)


def _key(job: Job) -> str:
    entry, row = job
    found: BasicEntry | Agreed | None = entry if entry is not None else row
    assert found is not None
    return found.key


def named(found: Iterable[str], most: int) -> tuple[Sequence[str], int]:
    """The first of them, and how many there are."""
    first: list[str] = []
    count = 0
    for one in found:
        count += 1
        if len(first) < most:
            first.append(one)
    return first, count
