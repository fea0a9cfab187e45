from __future__ import annotations

from collections.abc import Iterator

import pytest

from buckia_bunny.cdn.api import CoreApi
from tests.bunny.cdn.fake_api import KEY, FakeApi, serving


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    with serving() as fake:
        yield fake


@pytest.fixture
def api(fake: FakeApi) -> Iterator[CoreApi]:
    with CoreApi(KEY, endpoint=fake.endpoint, timeout=10) as api:
        yield api
