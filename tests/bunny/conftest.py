"""A faithful Bunny of our own, and stores that are opened on it as a user would open them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buckia_bunny.testing import FakeBunny


@pytest.fixture
def fake() -> Iterator[FakeBunny]:
    with FakeBunny(zone="zone", password="secret") as server:
        yield server
