"""A load server for each file of tests, empty before each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from benchmarks import loadserver
from tests.benchmarks.asking import CACHE, FLAGS, THREADS, client_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def shared() -> Iterator[loadserver.LoadServer]:
    with loadserver.running(
        CACHE, buckets=("bucket", "other"), threads=THREADS, flags=FLAGS
    ) as server:
        yield server


@pytest.fixture
def server(shared: loadserver.LoadServer) -> loadserver.LoadServer:
    shared.clear()
    shared.reset()
    return shared


@pytest.fixture
def s3(server: loadserver.LoadServer) -> Iterator[S3Client]:
    client = client_of(server)
    yield client
    client.close()
