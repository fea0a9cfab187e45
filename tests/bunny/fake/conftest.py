"""A running fake, and somebody who asks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buckia_bunny.testing import FakeBunny
from tests.bunny.fake.asking import Asking


@pytest.fixture
def fake() -> Iterator[FakeBunny]:
    with FakeBunny() as fake:
        yield fake


@pytest.fixture
def ask(fake: FakeBunny) -> Iterator[Asking]:
    asking = Asking(fake)
    yield asking
    asking.connection.close()
