"""Folders as stores."""

from __future__ import annotations

from buckia.stores.local.folding import Folding
from buckia.stores.local.store import LocalStore
from buckia.stores.local.versions import LocalEntry

__all__ = ["Folding", "LocalEntry", "LocalStore"]
