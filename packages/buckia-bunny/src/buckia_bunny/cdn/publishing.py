"""After objects were written or deleted: clearing what the edge has kept of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from buckia.errors import StorageError, Unavailable
from buckia.results import Failure
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.cdn.front import Front
from buckia_bunny.cdn.pending import Pending
from buckia_bunny.cdn.purging import Purge, Purged, Purger, Wish, plan

R = TypeVar("R")
Pause = Callable[[float], None]
_PAUSES = (0.5, 2.0, 8.0)
"""Seconds before each further try to find the pull zone."""


class Publishing:
    """Clears as much as `wish` says, of what was noted by this process and by those before it."""

    def __init__(self, front: Front, api: CoreApi, wish: Wish, pending: Pending) -> None:
        self._front = front
        self._api = api
        self._wish = wish
        self._pending = pending

    def note(self, path: str) -> None:
        """That path of the storage zone is about to change."""
        self._pending.add(path)

    def publish(self, pause: Pause) -> Sequence[Failure]:
        """Clear all that is noted; what fails is told, and noted for the next time."""
        paths = self._pending.claim()
        if not paths:
            return ()
        left: tuple[str, ...] = paths
        try:
            patiently(self._front.site, pause)
            named = {self._front.url(path): path for path in paths}
            purge = plan(named, wish=self._wish, zone_url=self._front.root())
            purged = purger(self._front, self._api, pause).carry_out(purge)
            left = _left(purge, purged, named)
        except StorageError as error:
            return (Failure(self._front.wanted, error.kind, told(error)),)
        finally:
            self._pending.settle(left)
        return failures(purged)


def purger(front: Front, api: CoreApi, pause: Pause) -> Purger:
    return Purger(api, pause, zone=front.site().id)


def failures(purged: Purged) -> tuple[Failure, ...]:
    return tuple(Failure(one.url, one.error.kind, told(one.error)) for one in purged.failed)


def told(error: StorageError) -> str:
    """What went wrong, and that it concerns the edge alone."""
    return f"the edge may still show what was there before: {error.message}"


def patiently(request: Callable[[], R], pause: Pause) -> R:
    """Make a request to the account; what may pass is tried again."""
    for seconds in _PAUSES:
        try:
            return request()
        except Unavailable as error:
            pause(seconds if error.wait is None else min(error.wait, _PAUSES[-1]))
    return request()


def _left(purge: Purge, purged: Purged, named: dict[str, str]) -> tuple[str, ...]:
    if purge.kind == "addresses":
        return tuple(named[one.url] for one in purged.failed)
    return tuple(named.values()) if purged.failed else ()
