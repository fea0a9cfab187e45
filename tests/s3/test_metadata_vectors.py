"""Metadata are written and believed as docs/vectors shows it to those who write clients."""

from __future__ import annotations

from typing import Any

import pytest

from buckia_s3 import metadata
from tests.inbound.world import vectors

VECTORS = vectors("metadata")


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", VECTORS["written"], ids=named)
def test_what_is_sent_is_what_is_shown(case: dict[str, Any]) -> None:
    made = metadata.made(case["mtime_ns"], case["digests"], case["etag"])
    assert made == case["metadata"]


@pytest.mark.parametrize("case", VECTORS["read"], ids=named)
def test_what_is_believed_is_what_is_shown(case: dict[str, Any]) -> None:
    assert metadata.mtime_ns(case["metadata"]) == case["mtime_ns"]
    assert metadata.proven(case["metadata"], case["etag"]) == case["digests"]
