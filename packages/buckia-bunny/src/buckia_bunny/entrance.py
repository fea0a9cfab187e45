"""Where a storage zone is and what opens it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from buckia.secrets import Secret


class Way(msgspec.Struct, frozen=True):
    endpoint: str
    """The address of the service, without the zone."""
    password: Secret


class Entrance(Protocol):
    """Who knows the way. Safe to use from many threads."""

    def way(self) -> Way:
        """The best that is known; asks nobody."""

    def another(self, refused: Way) -> Way | None:
        """A way to try after the service refused one; None where there is no other."""


class Configured:
    """The way that the configuration names, and no other."""

    def __init__(self, way: Way) -> None:
        self._way = way

    def way(self) -> Way:
        return self._way

    def another(self, refused: Way) -> Way | None:  # noqa: ARG002 - there is one only
        return None
