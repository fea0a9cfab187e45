"""The servers that stand for S3, each started once for all tests of one process.

moto is in this process and always there. The others take an installation, so they run where they
are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.s3.servers import ceph, ministack
from tests.s3.servers.access import NotHere, Server
from tests.s3.servers.moto import Moto
from tests.wanted import hint, wanted


@pytest.fixture(scope="session")
def moto() -> Iterator[Moto]:
    with Moto() as server:
        yield server


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """ministack: conditions and checksums as AWS has them."""
    _only_where_wanted("ministack")
    try:
        server = ministack.start(tmp_path_factory.mktemp("ministack"))
    except NotHere as reason:
        pytest.skip(str(reason))
    with server:
        yield server


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ceph.Cluster]:
    """A real Ceph gateway over http."""
    _only_where_wanted("ceph")
    try:
        cluster = ceph.start(tmp_path_factory.mktemp("ceph"))
    except NotHere as reason:
        pytest.skip(str(reason))
    with cluster:
        yield cluster


@pytest.fixture(scope="session")
def secure_gateway(gateway: ceph.Cluster) -> Server:
    """The same gateway over https, with a certificate of its own."""
    return Elsewhere(gateway)


class Elsewhere(Server):
    """The other door of a cluster, which is stopped by the first."""

    def __init__(self, cluster: ceph.Cluster) -> None:
        super().__init__(cluster.tls)

    def stop(self) -> None:
        pass


def _only_where_wanted(name: str) -> None:
    if not wanted(name):
        pytest.skip(hint(name, "installs and starts a server"))
