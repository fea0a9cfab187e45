"""The kit against a tree of layers in a bucket of S3's kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia.protocols import Storage
from buckia.stores.layered import LayeredStore
from buckia.testing.kit import Described
from tests.layers.test_conformance import LAYERS
from tests.s3.servers.access import Server
from tests.s3.test_conformance import S3Conformance
from tests.wanted import wanted


class TestLayers(S3Conformance):
    __test__ = wanted("layers")

    @pytest.fixture
    def storage(self, moto: Server, tmp_path: Path) -> Iterator[Storage]:
        yield from self.bucket_on(moto, tmp_path)

    def reopen(self) -> Storage:
        return LayeredStore(self.bucket.open_probed(), "", LAYERS)

    def described(self, storage: Storage, key: str) -> Described | None:
        return super().described(storage, f"{LAYERS[-1]}/{key}")
