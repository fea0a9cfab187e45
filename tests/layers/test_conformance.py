"""The kit against a tree of layers in every kind of bucket: what it writes lies in the nearest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from buckia.model import Traits
from buckia.protocols import Storage
from buckia.stores.layered import LayeredStore
from buckia.stores.local.plugin import FOLDER_ONLY
from buckia.stores.local.store import LocalStore
from buckia.stores.memory import MemoryStore
from buckia.testing import StorageConformance
from buckia.testing.kit import Described
from buckia_bunny.testing import FakeBunny
from tests.bunny.stores import store_on

LAYERS = ("default", "team-7", "me")


class TestInMemory(StorageConformance):
    memory: MemoryStore

    @pytest.fixture
    def storage(self) -> Storage:
        self.memory = MemoryStore()
        return LayeredStore(self.memory, "", LAYERS)

    def reopen(self) -> Storage:
        return LayeredStore(self.memory, "", LAYERS)

    def described(self, storage: Storage, key: str) -> Described | None:
        stored = self.memory.stored(f"me/{key}")
        return stored.content_type, stored.metadata


class TestInMemoryOfASmallService(StorageConformance):
    @pytest.fixture
    def storage(self) -> Storage:
        lacks = frozenset({"WritesConditionally", "DeletesConditionally", "CopiesConditionally"})
        return LayeredStore(MemoryStore(traits=Traits(lacks=lacks, max_key_bytes=80)), "", LAYERS)


class TestInAFolder(StorageConformance):
    settling = 1.0

    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[Storage]:
        self.folder = tmp_path / "bucket"
        self.probe = tmp_path / ".buckia.state"
        self.folder.mkdir()
        self.probe.mkdir()
        with closing(self.reopen()) as store:
            yield store

    def reopen(self) -> Storage:
        within = tuple(f"{layer}/" for layer in LAYERS)
        store = LocalStore(
            self.folder, tag="kit", lacks=FOLDER_ONLY, probe=self.probe, within=within
        )
        return LayeredStore(store, "", LAYERS)


class TestOnBunny(StorageConformance):
    @pytest.fixture
    def storage(self) -> Iterator[Storage]:
        with (
            FakeBunny(zone="shared", password="secret") as self.fake,
            closing(self.reopen()) as one,
        ):
            yield one

    def reopen(self) -> Storage:
        return LayeredStore(store_on(self.fake), "", LAYERS)
