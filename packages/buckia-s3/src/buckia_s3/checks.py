"""Checksums as they stand in requests; what a service tells that cannot be."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

_LARGEST = 2**63 - 1
"""Bytes; more than any service or disk can hold."""


def in_base64(digest: str) -> str:
    """A hexadecimal digest as headers want it."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def is_size(told: object) -> bool:
    """Whether an object can have so many bytes; a service may tell anything."""
    return isinstance(told, int) and 0 <= told <= _LARGEST


def moment(told: datetime | None) -> datetime | None:
    """A time in UTC; None where there is none, or one that no calendar holds there."""
    if told is None or told.tzinfo is UTC:
        return told
    try:
        return told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
