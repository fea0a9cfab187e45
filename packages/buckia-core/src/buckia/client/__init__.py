"""The library's face: `BuckiaClient`, and what it does besides syncing."""

from __future__ import annotations

from buckia.client.client import Answer, BuckiaClient, Progress, SyncResult

__all__ = ["Answer", "BuckiaClient", "Progress", "SyncResult"]
