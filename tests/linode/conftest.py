from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buckia.provider import Context
from buckia.secrets import Secret
from buckia_linode.api.client import LinodeApi
from buckia_linode.testing import FakeLinode
from tests.s3.servers.started import gateway, moto

__all__ = ["gateway", "moto"]

TOKEN = "personal-token-4711"


@pytest.fixture
def fake() -> Iterator[FakeLinode]:
    with FakeLinode(TOKEN) as fake:
        yield fake


@pytest.fixture
def api(fake: FakeLinode) -> Iterator[LinodeApi]:
    with LinodeApi(Secret(TOKEN), address=fake.api, timeout=10) as api:
        yield api


def context(tmp_path: Path, **more: Any) -> Context:
    usual = {"bucket_name": "ann-notes", "base": tmp_path, "notes": tmp_path / "n"}
    return Context(**{**usual, **more})
