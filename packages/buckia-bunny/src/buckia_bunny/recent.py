"""What this program has done a moment ago, which a listing may not show yet.

A region has several servers, and nobody promises that a folder's listing knows of the last write.
Where it contradicts what we know, the file itself is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

_A_MOMENT = 60.0
"""Seconds for which it is remembered."""


class Recent:
    """The last state of each key that was written or deleted. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._files: dict[str, dict[str, tuple[str | None, float]]] = {}
        self._folders: dict[str, dict[str, float]] = {}
        self._swept = clock()
        self._lock = Lock()

    def note(self, key: str, version: str | None) -> None:
        """That key has this version now; None: it was deleted."""
        now = self._clock()
        folder = key[: key.rfind("/") + 1]
        with self._lock:
            self._sweep(now)
            self._files.setdefault(folder, {})[key] = (version, now)
            while folder and version is not None:
                below, folder = folder, folder[: folder.rstrip("/").rfind("/") + 1]
                self._folders.setdefault(folder, {})[below] = now

    def files(self, folder: str) -> Mapping[str, str | None]:
        """The versions of keys in this very folder."""
        with self._lock:
            self._sweep(self._clock())
            return {key: version for key, (version, _) in self._files.get(folder, {}).items()}

    def folders(self, folder: str) -> frozenset[str]:
        """Folders in it that something was put into."""
        with self._lock:
            self._sweep(self._clock())
            return frozenset(self._folders.get(folder, ()))

    def _sweep(self, now: float) -> None:
        """Forget what is no longer recent; seldom, so that it costs nothing."""
        oldest = now - _A_MOMENT
        if self._swept > oldest:
            return
        self._swept = now
        self._files = {
            folder: kept
            for folder, files in self._files.items()
            if (kept := {key: one for key, one in files.items() if one[1] > oldest})
        }
        self._folders = {
            folder: fresh
            for folder, below in self._folders.items()
            if (fresh := {name: at for name, at in below.items() if at > oldest})
        }
