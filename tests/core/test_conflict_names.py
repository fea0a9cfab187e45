"""Conflict copies have the names that docs/vectors shows to those who write clients."""

from __future__ import annotations

from typing import Any

import pytest

from buckia import keys
from tests.inbound.world import vectors


@pytest.mark.parametrize(
    "case", vectors("conflict-names")["cases"], ids=lambda case: str(case["name"])
)
def test_a_copy_has_the_name_that_is_shown(case: dict[str, Any]) -> None:
    copy = keys.conflict_copy(case["key"], case["mtime_ns"], case["device"])
    assert copy == case["copy"]
    assert len(copy.rpartition("/")[2].encode()) <= keys.MAX_NAME
