"""What stands beside a version in the trash is read and written as docs/vectors shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from buckia.state import sidecar
from tests.inbound.world import vectors


@pytest.mark.parametrize("case", vectors("trash")["cases"], ids=lambda case: str(case["name"]))
def test_a_version_in_the_trash_is_described_as_is_shown(case: Mapping[str, Any]) -> None:
    found = sidecar.decode(json.dumps(case["description"]).encode())
    assert found is not None
    assert json.loads(sidecar.encode(found)) == case["description"]
    named = sidecar.named(case["file"])
    assert named is not None
    assert named.mark == sidecar.mark(found.key)
    assert named.when == found.when
    assert sidecar.day(found.when) == case["folder"]
