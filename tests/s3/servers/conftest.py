"""A bucket in moto, bare and behind a proxy."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.s3.servers.access import client
from tests.s3.servers.asking import BUCKET, TOLERANT, emptied
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def running() -> Iterator[Moto]:
    # A line for each request is more than anybody reads.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with Moto() as server:
        yield server


@pytest.fixture
def moto(running: Moto) -> Iterator[Moto]:
    client(running.access).create_bucket(Bucket=BUCKET)
    yield running
    emptied(running, BUCKET)


@pytest.fixture
def direct(moto: Moto) -> S3Client:
    """A client that no mood touches."""
    return client(moto.access, **TOLERANT)


@pytest.fixture
def proxy(moto: Moto) -> Iterator[Proxy]:
    with Proxy(moto.access) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: Proxy) -> S3Client:
    return client(proxy.access, **TOLERANT)
