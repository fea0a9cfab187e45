"""The in-memory store keeps every promise, in each of the shapes that tests ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buckia.model import Traits
from buckia.protocols import Storage
from buckia.stores.memory import MemoryStore
from buckia.testing import StorageConformance
from buckia.testing.kit import Described


class InMemory(StorageConformance):
    def make(self) -> MemoryStore:
        return MemoryStore()

    @pytest.fixture
    def storage(self) -> Iterator[Storage]:
        self.store = self.make()
        yield self.store
        self.store.close()

    def reopen(self) -> Storage:
        return self.store

    def described(self, storage: Storage, key: str) -> Described | None:
        assert isinstance(storage, MemoryStore)
        stored = storage.stored(key)
        return stored.content_type, stored.metadata


class TestPlain(InMemory):
    pass


class TestTree(InMemory):
    """As a disk is: folders are real, and names are bounded."""

    def make(self) -> MemoryStore:
        traits = Traits(flat=False, keeps_mtime=True, max_name_bytes=255, forbidden='*?"<>|')
        return MemoryStore(traits=traits, page_size=7)


class TestFolding(InMemory):
    """As a Mac's disk is: case and Unicode form make no difference."""

    def make(self) -> MemoryStore:
        traits = Traits(flat=False, folds_case=True, folds_form=True, keeps_mtime=True)
        return MemoryStore(traits=traits)


class TestLikeObjectStorage(InMemory):
    """As a cloud bucket is: a listing knows little, a HEAD more, and some abilities are missing."""

    def make(self) -> MemoryStore:
        traits = Traits(
            keeps_metadata=True,
            max_key_bytes=1024,
            lacks=frozenset({"MovesInside", "Digests", "Identifies"}),
            conditional_write_limit=5 << 20,
        )
        return MemoryStore(traits=traits, tells=("sha256",), hints=("md5",), lists_mtime=False)
