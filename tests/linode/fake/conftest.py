"""A running fake, somebody who asks it, and a gateway for it to act on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buckia_linode.testing import FakeLinode, Memory
from tests.linode.ceph import CephBackend
from tests.linode.fake.asking import Asking, Clock
from tests.s3.servers import ceph


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> Memory:
    return Memory(clock)


@pytest.fixture
def fake(memory: Memory, clock: Clock) -> Iterator[FakeLinode]:
    with FakeLinode(backend=memory, clock=clock) as fake:
        yield fake


@pytest.fixture
def ask(fake: FakeLinode) -> Iterator[Asking]:
    asking = Asking(fake)
    yield asking
    asking.connection.close()


@pytest.fixture
def backend(gateway: ceph.Cluster) -> CephBackend:
    return CephBackend(gateway)
