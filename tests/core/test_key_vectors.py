"""Keys are taken for what docs/vectors shows to those who write clients."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from buckia import keys
from tests.inbound.world import vectors


@pytest.mark.parametrize("case", vectors("keys")["cases"], ids=lambda case: str(case["name"]))
def test_a_key_is_what_is_shown(case: Mapping[str, str]) -> None:
    key = case["key"]
    if keys.problem(key):
        found = "unsound"
    elif keys.is_ours(key):
        found = "ours"
    else:
        found = "synced" if keys.database_of(key) is None else "database"
    assert found == case["is"]
    assert keys.database_of(key) == case.get("database")
