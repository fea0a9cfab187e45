"""The kit against a faithful Bunny, alone and with the CDN before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.protocols import Storage
from buckia.testing import StorageConformance
from buckia.testing.cases.extras import Urls
from buckia.testing.cases.probes import Probing
from buckia.testing.cases.publishing import Publishing
from buckia_bunny.testing import FakeBunny
from tests.bunny.delivery.world import World
from tests.bunny.stores import store_on
from tests.wanted import chosen


class TestBunny(StorageConformance):
    fake: FakeBunny
    options: dict[str, Any]

    @pytest.fixture(params=chosen("bunny", ["direct", "bunnycdnpython"], always=["direct"]))
    def storage(self, fake: FakeBunny, request: pytest.FixtureRequest) -> Iterator[Storage]:
        self.fake = fake
        self.options = {"client": request.param}
        with closing(self.reopen()) as store:
            yield store

    def reopen(self) -> Storage:
        return store_on(self.fake, **self.options)


class TestDelivered(Urls, Publishing, Probing):
    world: World

    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[Storage]:
        with World(tmp_path).running() as self.world:
            self.world.pull_zone()
            yield self.world.store()

    def visited(self, url: str) -> bytes | None:
        found = self.world.visit(url)
        assert isinstance(found, bytes), f"{url}: {found}"
        return found
