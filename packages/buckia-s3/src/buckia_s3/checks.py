"""Checksums as they stand in requests."""

from __future__ import annotations

import base64


def in_base64(digest: str) -> str:
    """A hexadecimal digest as headers want it."""
    return base64.b64encode(bytes.fromhex(digest)).decode()
