"""One side of a sync: its stores, and every operation the engine needs, made safe.

Retries and limits wrap calls, and what a store cannot do itself (conditions, moves) is done in
its stead here, once: a version check just before, a comparison just after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from buckia.body import StoredBody, digests_of, proven
from buckia.diff import plain
from buckia.engine import checked
from buckia.engine.first import First
from buckia.engine.limits import Limits
from buckia.engine.mount import Mount
from buckia.engine.seen import sent
from buckia.errors import (
    BuckiaError,
    Corrupted,
    NotFound,
    Unavailable,
    VersionMismatch,
)
from buckia.layers import Layered
from buckia.model import BasicEntry, SideName, Traits
from buckia.protocols import (
    BeginsReads,
    BeginsWrites,
    Body,
    DeletesConditionally,
    Digests,
    Entry,
    Expected,
    HoldsStill,
    Outlines,
    Reading,
    Retires,
    Staged,
    Stages,
    StagesTogether,
    Storage,
    WritesConditionally,
    ability,
)
from buckia.state.slot import Slot

A = TypeVar("A")


class Side:
    """Left or right. Keys are the engine's; `origin` says which of several stores is meant."""

    def __init__(self, name: SideName, mounts: Mapping[str, Mount], limits: Limits) -> None:
        self.name = name
        self.mounts = dict(mounts)
        self.limits = limits
        self._abilities: dict[tuple[int, type], tuple[Traits, Any]] = {}

    def mount(self, origin: str) -> Mount:
        """The right side has one store for all keys, the left one for each root and mapping."""
        return self.mounts[origin if origin in self.mounts else ""]

    def traits(self, origin: str) -> Traits:
        return self.mount(origin).storage.traits

    @property
    def layered(self) -> Layered | None:
        """The right side's store, where it shows several folders as one tree."""
        return self.able(self.mount("").storage, Layered) if "" in self.mounts else None

    @property
    def layers(self) -> Sequence[str]:
        """Those of the tree, from the farthest to the nearest; none where it is no such tree."""
        return self.layered.layers if self.layered is not None else ()

    def stat(self, key: str, origin: str) -> BasicEntry | None:
        """The entry as it is now; None when there is none."""
        mount = self.mount(origin)
        try:
            entry = self.limits.call(lambda: mount.storage.stat(mount.inside(key)), key=key)
        except NotFound as error:
            if not error.key:
                # Not the object is missing but the whole store, and that says nothing of the key.
                raise
            return None
        return plain(entry, key)

    def is_folder(self, key: str, origin: str) -> bool:
        """Whether something lies below the key."""
        mount = self.mount(origin)
        below = mount.inside(key) + "/"
        return self.limits.call(lambda: any(mount.storage.scan(below)), key=key)

    def held(self, entry: BasicEntry, origin: str) -> BasicEntry:
        """What can be read as it is now, where others go on writing; else the same entry."""
        mount = self.mount(origin)
        holding = self.able(mount.storage, HoldsStill)
        if holding is None:
            return entry
        key = mount.inside(entry.key)
        found = self.limits.call(lambda: holding.hold(key, version=entry.version), key=entry.key)
        return entry if found is None else plain(found, entry.key)

    def body(
        self, entry: BasicEntry, origin: str, *, known: Mapping[str, str], content_type: str | None
    ) -> StoredBody:
        """The bytes of exactly this version."""
        mount = self.mount(origin)
        key = mount.inside(entry.key)
        return StoredBody(mount.storage, key, entry, digests=known, content_type=content_type)

    def outlined(
        self, body: Body, key: str, origin: str, *, source: Limits, over: str | None
    ) -> Body | None:
        """The body, read once where the store here has to know it before it is written.

        `over` is the version that it will replace.
        """
        mount = self.mount(origin)
        outlining = self.able(mount.storage, Outlines)
        if outlining is None:
            return None
        replaced = None if over is None else (mount.inside(key), over)
        return source.call(lambda: outlining.outline(body, over=replaced), key=key)

    def digests(
        self, entry: BasicEntry, origin: str, wanted: Sequence[str]
    ) -> tuple[BasicEntry, Mapping[str, str]]:
        """The digests of this version, as the store computes them or by reading it once.

        With them the entry of the very bytes, whose version may be better proven than before.
        """
        mount = self.mount(origin)
        entry = self.held(entry, origin)
        key, version = mount.inside(entry.key), entry.version
        is_far = self.name is SideName.RIGHT
        if is_far and (computing := self.able(mount.storage, Digests)) is not None:
            # Where the bytes lie they are read without crossing the network.
            return entry, {
                name: self.limits.call(
                    partial(computing.digest, key, name, version=version), key=entry.key
                )
                for name in wanted
            }
        return self.limits.call(
            lambda: self._read_digests(mount.storage, key, entry, wanted), key=entry.key
        )

    def _read_digests(
        self, storage: Storage, key: str, entry: BasicEntry, wanted: Sequence[str]
    ) -> tuple[BasicEntry, Mapping[str, str]]:
        with storage.read(key, version=entry.version) as reading:
            found = digests_of(reading, wanted, moved=self.limits.moved)
            is_same = reading.entry.version == entry.version
            return entry if is_same else plain(reading.entry, entry.key), found

    def save(
        self, entry: BasicEntry, origin: str, slot: Slot, *, moved: Callable[[int], None]
    ) -> None:
        """Fetch this version into a place in the trash, which is given back when that fails."""
        mount = self.mount(origin)

        def fetch() -> None:
            with mount.storage.read(mount.inside(entry.key), version=entry.version) as reading:
                slot.fill(_counted(proven(reading), moved))

        try:
            self.limits.call(fetch, key=entry.key)
        except BuckiaError:
            # Without these bytes nothing is replaced or deleted, so nothing was to be kept.
            slot.drop()
            raise

    def stage(
        self,
        key: str,
        origin: str,
        body: Body,
        *,
        source: Limits,
        is_begun: bool = False,
        after: Unavailable | Corrupted | None = None,
        together: StagesTogether | None = None,
    ) -> Staged | None:
        """The bytes beside their place, where the store can do that; durable, or `together`.

        They are read as they come, so the request that counts is that to their `source`.
        """
        mount = self.mount(origin)
        staging = self.able(mount.storage, Stages)
        if together is not None:
            staged = partial(together.stage_unsettled, mount.inside(key), body)
        elif staging is not None:
            staged = partial(staging.stage, mount.inside(key), body)
        else:
            return None
        return source.call_counted(
            lambda _attempt: staged(), key=key, is_begun=is_begun, after=after
        )

    def together(self, origin: str) -> StagesTogether | None:
        """The store, if it makes many files durable at once."""
        return self.able(self.mount(origin).storage, StagesTogether)

    def begins_reads(self, origin: str) -> bool:
        return self.able(self.mount(origin).storage, BeginsReads) is not None

    def begins_writes(self, origin: str, size: int) -> bool:
        storage = self.mount(origin).storage
        return bool(self.able(storage, BeginsWrites) and self._honours(storage, size))

    def begin_read(self, entry: BasicEntry, origin: str) -> First[Reading] | None:
        """Ask for exactly this version; None where the store cannot but wait for it."""
        mount = self.mount(origin)
        beginning = self.able(mount.storage, BeginsReads)
        if beginning is None:
            return None
        self.limits.begin()
        begun = beginning.begin_read(mount.inside(entry.key), version=entry.version)
        return None if begun is None else First(begun)

    def begin_write(
        self, key: str, origin: str, body: Body, *, expect: Expected
    ) -> First[Entry] | None:
        """The first try of `write`; None where the store cannot but wait for it."""
        mount = self.mount(origin)
        beginning = self.able(mount.storage, BeginsWrites)
        if beginning is None or not self._honours(mount.storage, body.size):
            return None
        self.limits.begin()
        begun = beginning.begin_write(mount.inside(key), body, expect=expect)
        return None if begun is None else First(begun)

    def commit(
        self, staged: Staged, key: str, *, expect: Expected, slot: Path | None
    ) -> BasicEntry:
        # Not tried again: a commit that failed half-way has put everything back.
        return plain(staged.commit(expect=expect, slot=slot), key)

    def write(
        self,
        key: str,
        origin: str,
        body: Body,
        *,
        expect: Expected,
        first: First[Entry] | None = None,
    ) -> BasicEntry:
        """Write over exactly what is expected; `VersionMismatch` when it is not there any more."""
        mount = self.mount(origin)
        target = mount.inside(key)
        conditional = self._honours(mount.storage, body.size)
        if conditional is None:
            return checked.write(
                mount.storage, target, body, key=key, expect=expect, limits=self.limits
            )

        def attempt(earlier: int) -> Entry:
            try:
                with sent():
                    if first is not None and not earlier:
                        return first.take()
                    return conditional.write_if(target, body, expect=expect)
            except VersionMismatch:
                own = checked.own(mount.storage, target, body, self.limits)
                if own is None:
                    raise
                return own

        is_begun = first is not None
        return plain(self.limits.call_counted(attempt, key=key, is_begun=is_begun), key)

    def remove(self, entry: BasicEntry, origin: str) -> None:
        """Delete exactly this version; an object that is gone already is fine."""
        mount = self.mount(origin)
        key = mount.inside(entry.key)
        conditional = self.able(mount.storage, DeletesConditionally)

        def attempt(earlier: int) -> None:
            if conditional is not None:
                with sent():
                    conditional.delete_if(key, expect=entry.version)
                return
            try:
                with sent() if earlier else nullcontext():
                    checked.insist(mount.storage, key, entry.version, self.limits)
            except VersionMismatch:
                if self.is_gone(mount.storage, key):
                    return
                raise
            mount.storage.delete(key)

        self.limits.call_counted(attempt, key=entry.key)

    def is_gone(self, storage: Storage, key: str) -> bool:
        try:
            storage.stat(key)
        except NotFound as error:
            return bool(error.key)
        return False

    def can_retire(self, origin: str) -> bool:
        return self.able(self.mount(origin).storage, Retires) is not None

    def retire(self, entry: BasicEntry, origin: str, slot: Path) -> None:
        """Move the object itself into the trash, if it is still this version."""
        mount = self.mount(origin)
        retiring = self.able(mount.storage, Retires)
        assert retiring is not None
        retiring.retire(mount.inside(entry.key), expect=entry.version, slot=slot)

    def _honours(self, storage: Storage, size: int) -> WritesConditionally | None:
        """The store, if it writes a body of this size under a condition."""
        limit = storage.traits.conditional_write_limit
        if limit is not None and size > limit:
            return None
        return self.able(storage, WritesConditionally)

    def able(self, storage: Storage, kind: type[A]) -> A | None:
        """As `ability`, which is asked anew only where the store tells other traits."""
        traits, asked = storage.traits, (id(storage), kind)
        known = self._abilities.get(asked)
        if known is None or known[0] is not traits:
            known = self._abilities[asked] = (traits, ability(storage, kind))
        found: A | None = known[1]
        return found


def _counted(found: Iterable[bytes], moved: Callable[[int], None]) -> Iterator[bytes]:
    for chunk in found:
        moved(len(chunk))
        yield chunk
