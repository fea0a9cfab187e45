"""The kit against every server that can run here, and against those that misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from buckia.protocols import Storage
from buckia.testing import StorageConformance
from buckia.testing.kit import Described
from tests.s3.buckets import Bucket
from tests.s3.servers.access import Server
from tests.wanted import wanted


class S3Conformance(StorageConformance):
    """Subclasses say on which server."""

    large = 11 * 2**20
    """Three parts of the smallest size that a service takes."""
    bucket: Bucket
    kind: type[Bucket] = Bucket

    def bucket_on(self, server: Server, folder: Path) -> Iterator[Storage]:
        self.bucket = self.kind(server, folder)
        with closing(self.reopen()) as store:
            yield store

    def reopen(self) -> Storage:
        return self.bucket.open_probed()

    def described(self, storage: Storage, key: str) -> Described | None:
        found = self.bucket.client.head_object(Bucket=self.bucket.name, Key=key)
        ours = ("mtime", "buckia-")
        kept = {k: v for k, v in found["Metadata"].items() if not k.startswith(ours)}
        return found["ContentType"], kept


class TestMoto(S3Conformance):
    @pytest.fixture
    def storage(self, moto: Server, tmp_path: Path) -> Iterator[Storage]:
        yield from self.bucket_on(moto, tmp_path)


@pytest.mark.slow
class TestMinistack(S3Conformance):
    __test__ = wanted("ministack")

    @pytest.fixture
    def storage(self, stack: Server, tmp_path: Path) -> Iterator[Storage]:
        yield from self.bucket_on(stack, tmp_path)


@pytest.mark.slow
class TestCeph(S3Conformance):
    __test__ = wanted("ceph")

    @pytest.fixture
    def storage(self, gateway: Server, tmp_path: Path) -> Iterator[Storage]:
        yield from self.bucket_on(gateway, tmp_path)


@pytest.mark.slow
class TestCephOverTls(S3Conformance):
    __test__ = wanted("ceph")

    @pytest.fixture
    def storage(self, secure_gateway: Server, tmp_path: Path) -> Iterator[Storage]:
        yield from self.bucket_on(secure_gateway, tmp_path)
