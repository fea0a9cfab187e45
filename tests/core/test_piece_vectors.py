"""Sums of pieces are made and read as docs/vectors shows it to those who write clients."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from buckia import digests, pieces
from tests.inbound.world import vectors

VECTORS = vectors("pieces")


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", VECTORS["made"], ids=named)
def test_what_is_kept_is_what_is_shown(case: dict[str, Any]) -> None:
    data, size = b64decode(case["base64"]), case["size"]
    made = pieces.Pieces(len(data), size, digests.of(data, pieces.algorithm(size)))
    assert made.packed() == case["kept"]
    assert pieces.unpacked(case["kept"], len(data)) == made


@pytest.mark.parametrize("case", VECTORS["read"], ids=named)
def test_what_is_believed_is_what_is_shown(case: dict[str, Any]) -> None:
    assert (pieces.unpacked(case["kept"], case["total"]) is not None) is case["is_believed"]
