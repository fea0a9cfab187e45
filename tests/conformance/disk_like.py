"""A store in memory with the abilities of one on a disk: staging, retiring, sweeping, surveying."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from buckia.errors import VersionMismatch
from buckia.model import Gap, Skipped, Traits
from buckia.protocols import Body, Entry, Expected
from buckia.stores.memory import MemoryStore, Stored
from buckia.stores.memory.store import _received

DISK = Traits(flat=False, keeps_mtime=True, max_name_bytes=255)


class Block(msgspec.Struct, frozen=True):
    entries: Sequence[Entry]
    gaps: Sequence[Gap] = ()
    skipped: Sequence[Skipped] = ()


class Waiting:
    def __init__(self, store: DiskLike, stored: Stored) -> None:
        self.store = store
        self.stored = stored

    def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
        key = self.stored.entry.key
        with self.store._lock:
            self.store._admit(key, expect)
            if slot is not None and isinstance(expect, str):
                slot.write_bytes(self.store.stored(key).data)
            return self.store._put(key, self.stored)

    def discard(self) -> None:
        pass


class DiskLike(MemoryStore):
    def __init__(self) -> None:
        super().__init__(traits=DISK)

    def stage(self, key: str, body: Body) -> Waiting:
        self._admit(key, None)
        return Waiting(self, self._arrived(key, body, _received(key, body)))

    def stage_unsettled(self, key: str, body: Body) -> Waiting:
        return self.stage(key, body)

    def settle(self) -> None:
        pass

    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        with self._lock:
            stored = self.stored(key)
            if stored.entry.version != expect:
                raise VersionMismatch("not that one", key=key)
            slot.write_bytes(stored.data)
            self._shelf.remove(key)

    def sweep(self, prefix: str = "") -> int:
        return 0

    def survey(self, prefix: str = "") -> Iterator[Block]:
        for page in self.scan(prefix):
            yield Block(entries=page)
