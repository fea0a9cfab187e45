"""The kit against a faithful Bunny."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from buckia.protocols import Storage
from buckia.testing import StorageConformance
from buckia_bunny.testing import FakeBunny
from tests.bunny.stores import store_on


class TestBunny(StorageConformance):
    fake: FakeBunny

    @pytest.fixture
    def storage(self, fake: FakeBunny) -> Iterator[Storage]:
        self.fake = fake
        with closing(self.reopen()) as store:
            yield store

    def reopen(self) -> Storage:
        return store_on(self.fake)
