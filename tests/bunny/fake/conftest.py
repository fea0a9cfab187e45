"""Running fakes, and somebody who asks them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buckia_bunny.testing import FakeAccount, FakeBunny, FakeEdge, PullZone
from tests.bunny.fake.asking import Asking
from tests.bunny.fake.visiting import Clock, Talking


@pytest.fixture
def fake() -> Iterator[FakeBunny]:
    with FakeBunny() as fake:
        yield fake


@pytest.fixture
def ask(fake: FakeBunny) -> Iterator[Asking]:
    asking = Asking(fake)
    yield asking
    asking.connection.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(fake: FakeBunny, clock: Clock) -> Iterator[FakeAccount]:
    with FakeAccount(zones=[fake], clock=clock) as account:
        yield account


@pytest.fixture
def site(account: FakeAccount, fake: FakeBunny) -> PullZone:
    """The only pull zone, which asks for no tokens and keeps one answer for a path."""
    return account.add_pull_zone("site", fake)


@pytest.fixture
def edge(account: FakeAccount) -> Iterator[FakeEdge]:
    with FakeEdge(account) as edge:
        yield edge


@pytest.fixture
def api(account: FakeAccount) -> Iterator[Talking]:
    """Somebody who has the account's key."""
    talking = Talking(account, {"AccessKey": account.key})
    yield talking
    talking.connection.close()


@pytest.fixture
def visitor(edge: FakeEdge) -> Iterator[Talking]:
    talking = Talking(edge, {})
    yield talking
    talking.connection.close()
