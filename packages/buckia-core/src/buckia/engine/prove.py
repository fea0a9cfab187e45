"""Finding out whether bytes are the same, by the cheapest proof there is."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import msgspec

from buckia import digests
from buckia.diff import Case, Change, changes, same
from buckia.engine.side import Side
from buckia.engine.waiting import Waiting
from buckia.errors import StorageError
from buckia.events import Comparing, Tell
from buckia.model import NOTHING_KNOWN, BasicEntry, SideName
from buckia.protocols import Digests, DigestsTogether, ability
from buckia.state.cache import DigestCache, Known

_SMALL = 1 << 16
"""Bytes; a file of so few is read sooner than it is handed to another thread."""
_TOGETHER = 64
"""Files of which none is waited for alone; after so many it is seen whether that was long."""
_NONE: frozenset[str] = frozenset()
_BOTH_KEPT = (Change.KEPT, Change.KEPT)
"""What else is known of such bytes is gathered where it is written down."""
_STRONG = frozenset({"sha256", "blake2b"})
"""Of which one is proof enough; nobody can make two files that share it."""
BUCKET = "//bucket"
"""The origin under which digests of the right side are kept; no local path is written like that."""


class Proof(msgspec.Struct, frozen=True):
    """A case with all that was found out, or why that failed."""

    case: Case
    error: StorageError | None = None
    is_over: bool = True
    """Whether there is no more to be found out."""


class Prover:
    """Proves the cases of one run; safe to call from many threads."""

    def __init__(
        self,
        left: Side,
        right: Side,
        cache: DigestCache,
        *,
        algorithm: str,
        workers: int,
        tell: Tell,
    ) -> None:
        self._sides = {SideName.LEFT: left, SideName.RIGHT: right}
        self._cache = cache
        self._algorithm = algorithm
        self._workers = workers
        self._tell = tell
        self._pool: ThreadPoolExecutor | None = None
        # Nobody notices half a second of it. Then many are read at once.
        self._waiting = Waiting(seconds=0.5, often=4)
        self._lock = threading.Lock()
        self._read = 0
        self._bytes = 0

    def prove_all(self, cases: Iterable[Case]) -> list[Proof]:
        """Each case with the digests that its verdict hangs on, in the order given."""
        found: list[Proof] = []
        rest = iter(cases)
        while some := list(islice(rest, _TOGETHER)):
            if self._waiting.is_most:
                found += [Proof(case, is_over=False) for case in some]
                continue
            with self._waiting:
                found += [self._begun(case) for case in self._read_together(some)]
        late = [number for number, proof in enumerate(found) if not proof.is_over]
        slow = (found[number].case for number in late)
        for number, proof in zip(late, self._concluded(slow, len(late)), strict=True):
            found[number] = proof
        return found

    def prove(self, case: Case) -> Proof:
        try:
            return Proof(self._proven(case))
        except StorageError as error:
            return Proof(case, error)

    def _read_together(self, cases: Sequence[Case]) -> Sequence[Case]:
        """The cases with digests of small files here, as far as they can be read in one go."""
        found = list(cases)
        groups: dict[tuple[str, frozenset[str]], list[int]] = {}
        for number, case in enumerate(cases):
            if unread := self._unread(case):
                groups.setdefault((case.origin, unread), []).append(number)
        for (origin, wanted), numbers in groups.items():
            told = self._told_together([cases[number] for number in numbers], origin, wanted)
            for number, entry in zip(numbers, told, strict=True):
                if entry is not None:
                    found[number] = msgspec.structs.replace(cases[number], left=entry)
        return found

    def _told_together(
        self, cases: Sequence[Case], origin: str, wanted: Collection[str]
    ) -> Sequence[BasicEntry | None]:
        """The left sides of one root with these digests; None for each that is to be read alone."""
        side = self._sides[SideName.LEFT]
        mount = side.mount(origin)
        storage = ability(mount.storage, DigestsTogether)
        if storage is None:
            return [None] * len(cases)
        side.limits.stop.check()
        entries = [case.left for case in cases if case.left is not None]
        versions = [(mount.inside(entry.key), entry.version) for entry in entries]
        try:
            told = storage.digests_together(versions, wanted)
        except StorageError:
            # Read alone, each of them has its own answer.
            return [None] * len(cases)
        found: list[BasicEntry | None] = []
        seen: list[Known] = []
        for entry, known in zip(entries, told, strict=True):
            if known is None:
                found.append(None)
                continue
            seen.append(Known(entry.key, entry.version, known, origin))
            whole = {**entry.digests, **known}
            found.append(msgspec.structs.replace(entry, digests=whole))
        self._cache.put_many(seen)
        return found

    def _unread(self, case: Case) -> frozenset[str]:
        """The digests for which the left side's file, if it is a small one, has to be read."""
        entry = case.left
        if entry is None or entry.size > _SMALL:
            return _NONE
        if case.base is not None and case.base.left == entry.version:
            return _NONE
        wanted = self._wanted(case) - entry.digests.keys()
        if not wanted or self._cache.get(entry.key, case.origin, entry.version):
            return _NONE
        return frozenset(wanted)

    def _begun(self, case: Case) -> Proof:
        """What one thread does sooner than many: they would wait for each other at each file."""
        if case.left is None or case.left.size > _SMALL:
            return Proof(case, is_over=False)
        if changes(case) == _BOTH_KEPT:
            return Proof(case)
        known = with_base(case)
        if _is_decided(known):
            return Proof(known)
        try:
            known = self._here(known)
        except StorageError as error:
            return Proof(case, error)
        return Proof(known, is_over=_is_decided(known))

    def _concluded(self, cases: Iterable[Case], count: int) -> Iterable[Proof]:
        if count < 2:
            return map(self.prove, cases)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="buckia-prove")
        return self._pool.map(self.prove, cases)

    def recorded(self, keys: Collection[str]) -> None:
        """Both sides agree on these from now on, and no digest of theirs need be kept apart."""
        self._cache.drop(keys)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def _proven(self, case: Case) -> Case:
        case = self._here(case)
        if _is_decided(case):
            return case
        case = self._asked(case)
        if case.left is not None and not _is_decided(case):
            # The object itself may have told a digest that the listing did not.
            case = self._with(case, SideName.LEFT, self._wanted(case))
        if _is_decided(case):
            return case
        return self._with(case, SideName.RIGHT, self._common(case))

    def _here(self, case: Case) -> Case:
        """With all that can be found out without asking the bucket."""
        case = with_base(case)
        if case.left is None:
            return case
        return self._with(case, SideName.LEFT, self._wanted(case))

    def _wanted(self, case: Case) -> set[str]:
        """The digests of the left side that could spare reading the right one."""
        row, right = case.base, case.right
        base = digests.unpacked(row.digests) if row is not None else NOTHING_KNOWN
        if (
            row is not None
            and self._algorithm in base.keys() & _STRONG
            and (not right or right.version == row.right)
        ):
            # Whether the file is as it was is all that is asked, and one of its digests tells.
            return {self._algorithm}
        if right is None:
            return digests.computable((self._algorithm, *base))
        return digests.computable((self._algorithm, *right.digests, *right.hints, *base))

    def _common(self, case: Case) -> set[str]:
        """The digest of the right side by which it can be compared with all there is."""
        if case.base is not None:
            known = digests.unpack(case.base.digests)
            if self._algorithm not in known:
                plain = (name for name in digests.ALGORITHMS if name in known)
                return {next(plain, self._algorithm)}
        return {self._algorithm}

    def _asked(self, case: Case) -> Case:
        """What the bucket says of this one object: more than a listing, and perhaps newer."""
        if case.right is None:
            return case
        entry = self._sides[SideName.RIGHT].stat(case.key, case.origin)
        if entry is not None and entry.version == case.right.version:
            known = {**case.right.digests, **entry.digests}
            hints = {**case.right.hints, **entry.hints}
            entry = msgspec.structs.replace(entry, digests=known, hints=hints)
        return with_base(msgspec.structs.replace(case, right=entry))

    def _with(self, case: Case, name: SideName, wanted: set[str]) -> Case:
        """The case with these digests of one side, which are read from its bytes if need be."""
        entry = case.side(name)
        if entry is None or wanted <= entry.digests.keys():
            return case
        proven = self.entry(entry, name, case.origin, wanted)
        return with_base(
            msgspec.structs.replace(case, left=proven)
            if name is SideName.LEFT
            else msgspec.structs.replace(case, right=proven)
        )

    def entry(
        self, entry: BasicEntry, name: SideName, origin: str, wanted: Iterable[str]
    ) -> BasicEntry:
        """The entry with these digests: remembered, computed where it lies, or read."""
        place = BUCKET if name is SideName.RIGHT else origin
        known = dict(entry.digests)
        known.update(self._cache.get(entry.key, place, entry.version) or {})
        missing = set(wanted) - known.keys()
        if missing:
            entry, computed = self._computed(entry, name, origin, missing)
            known.update(computed)
            self._cache.put_many([Known(entry.key, entry.version, known, place)])
        return msgspec.structs.replace(entry, digests=known)

    def without_reading(self, entry: BasicEntry, origin: str, algorithm: str) -> BasicEntry:
        """The right side's entry with that digest, if it can be had without a transfer."""
        if algorithm in entry.digests:
            return entry
        side = self._sides[SideName.RIGHT]
        if ability(side.mount(origin).storage, Digests) is not None:
            return self.entry(entry, SideName.RIGHT, origin, {algorithm})
        asked = side.stat(entry.key, origin)
        if asked is None or asked.version != entry.version:
            return entry
        return msgspec.structs.replace(entry, digests={**entry.digests, **asked.digests})

    def _computed(
        self, entry: BasicEntry, name: SideName, origin: str, missing: set[str]
    ) -> tuple[BasicEntry, Mapping[str, str]]:
        side = self._sides[name]
        if name is SideName.RIGHT:
            computing = ability(side.mount(origin).storage, Digests)
            if computing is None:
                self._announce(entry)
        return side.digests(entry, origin, sorted(missing))

    def _announce(self, entry: BasicEntry) -> None:
        with self._lock:
            self._read += 1
            self._bytes += entry.size
            self._tell(Comparing(objects=self._read, size=self._bytes))


def with_base(case: Case) -> Case:
    """The base and each side that has kept its bytes: what is known of one is known of all."""
    base = case.base
    if base is None:
        return case
    here, there = changes(case)
    left = case.left if here is Change.KEPT else None
    right = case.right if there is Change.KEPT else None
    known = agreed = digests.unpacked(base.digests)
    for entry in (left, right):
        if entry is not None and not entry.digests.keys() <= known.keys():
            known = {**entry.digests, **known}
    if left is not None and not known.keys() <= left.digests.keys():
        case = msgspec.structs.replace(case, left=_knowing(left, known))
    if right is not None and not known.keys() <= right.digests.keys():
        case = msgspec.structs.replace(case, right=_knowing(right, known))
    if known is not agreed:
        base = msgspec.structs.replace(base, digests=digests.pack(known))
        case = msgspec.structs.replace(case, base=base)
    return case


def _knowing(entry: BasicEntry, known: Mapping[str, str]) -> BasicEntry:
    return msgspec.structs.replace(entry, digests={**known, **entry.digests})


def _is_decided(case: Case) -> bool:
    """Whether no digest is missing any more."""
    left, right = changes(case)
    if Change.UNSURE in (left, right):
        return False
    if case.left is None or case.right is None or not (left is right is Change.WRITTEN):
        return True
    return same(case.left, case.right) is not None
