"""The fake as the stand-in that `buckia demo --provider bunny` plays on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from buckia_bunny.testing.storage.server import FakeBunny

ZONE = "pictures"
PASSWORD = "password-of-this-tour"  # noqa: S105 - of a server that ends with the tour
_BYPASS = "no_proxy"


@contextmanager
def stand_in() -> Iterator[Mapping[str, object]]:
    """Within, a fake runs that holds an empty zone; what a `.buckia` file says to reach it."""
    with FakeBunny(ZONE, PASSWORD) as fake, _direct("127.0.0.1"):
        yield {
            "bucket_name": fake.zone,
            "endpoint_url": fake.endpoint,
            "storage_api_key": fake.password,
        }


@contextmanager
def _direct(host: str) -> Iterator[None]:
    """Within, this host is reached past any proxy, which would look for it on another machine."""
    before = os.environ.get(_BYPASS)
    others = before or os.environ.get(_BYPASS.upper())
    os.environ[_BYPASS] = f"{others},{host}" if others else host
    try:
        yield
    finally:
        if before is None:
            del os.environ[_BYPASS]
        else:
            os.environ[_BYPASS] = before
