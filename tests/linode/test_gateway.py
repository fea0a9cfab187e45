"""The data path on what Linode really runs: a Ceph gateway, where one is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.protocols import Storage
from buckia_s3.habits import Habits
from tests.fleet.fleet import Fleet
from tests.grounds import S3Ground
from tests.linode.buckets import LinodeBucket
from tests.s3.servers.access import Server
from tests.s3.servers.ceph import Cluster
from tests.s3.test_conformance import S3Conformance
from tests.wanted import wanted

HISTORIES = int(os.environ.get("BUCKIA_SEEDS", "1"))
CEPH = Habits(
    creates=True,
    replaces="bare",
    batches=True,
    tags_are_md5=True,
    tags_of_parts=True,
    checks="md5",
    checks_parts=True,
    loses_tags=True,
    counts_tags=True,
)
"""Ceph 16: conditions on plain writes, and on nothing else; tags are forgotten by copies."""


def test_a_store_that_is_found_late_is_one_of_s3(moto: Server, tmp_path: Path) -> None:
    """The kit runs on Ceph; on moto all of it would be what the tests of S3 do already."""
    store = LinodeBucket(moto, tmp_path).open_probed()
    made = store.write("a/b", BytesBody(data=b"bytes"))
    assert [entry.version for page in store.scan() for entry in page] == [made.version]
    with store.read("a/b", version=made.version) as reading:
        assert b"".join(reading) == b"bytes"
    assert store.copy("a/b", "c", source_version=made.version).size == 5
    store.delete("a/b")
    assert [entry.key for page in store.scan() for entry in page] == ["c"]
    store.close()


@pytest.mark.slow
class TestCeph(S3Conformance):
    __test__ = wanted("ceph")
    kind = LinodeBucket

    @pytest.fixture
    def storage(self, gateway: Server, tmp_path: Path) -> Iterator[Storage]:
        yield from self.bucket_on(gateway, tmp_path)


@pytest.mark.slow
def test_a_ceph_gateway_offers_exactly_what_it_honours(gateway: Cluster, tmp_path: Path) -> None:
    store = LinodeBucket(gateway, tmp_path).open()
    told = {check.name: check.message for check in store.probe("", anew=True)}
    assert store.habits == CEPH
    assert store.traits.lacks == {"DeletesConditionally", "CopiesConditionally"}
    assert store.traits.conditional_write_limit is not None
    assert told["service"].startswith("Ceph ")
    assert "without quotes" in told["conditions on writes"]
    for name in ("conditions on deletes", "conditions on copies", "conditions on large objects"):
        assert "Buckia looks just before" in told[name]
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, HISTORIES + 1))
@pytest.mark.parametrize(("devices", "rounds"), [(2, 5), (8, 2)])
def test_devices_that_sync_at_once_agree_and_lose_nothing(
    gateway: Cluster, tmp_path: Path, devices: int, rounds: int, seed: int
) -> None:
    bucket = S3Ground(gateway.access, provider="linode")
    fleet = Fleet(tmp_path, bucket, devices=devices, seed=seed)
    for _ in range(rounds):
        fleet.round(kills=0.3)
    fleet.settle()
    assert fleet.lost() == set()
    assert fleet.at_stake(), "a history in which nothing was at stake proves nothing"
