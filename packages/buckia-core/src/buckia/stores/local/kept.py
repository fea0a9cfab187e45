"""The folders that were last walked to, held open for the next keys in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from threading import Lock

from buckia.stores.local.folders import CLOSED, Folder

Segments = tuple[str, ...]
MOST = 4
"""Folders that are held: while files are written to one, those of another are given their names."""
_DEEPEST = 16
"""Folders below each other, beyond which looking at each costs as much as walking."""


class Kept:
    """Each is lent only as long as each step on the way to it still leads where it led.

    Looking is much cheaper than walking. Safe to use from many threads.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: dict[Segments, _Held] = {}
        """Those that came last are at its end."""

    def lent(self, root: os.stat_result, segments: Segments, *, follow: bool) -> Folder | None:
        """The folder, to be closed by the caller; None where it has to be walked to."""
        with self._lock:
            held = self._held.get(segments)
            if held is None:
                return None
            held.users += 1
        # Others need not wait while this one looks.
        if os.path.samestat(root, held.root) and held.is_there(follow=follow):
            return _Lent(held, self)
        with self._lock:
            self._let_go(held)
        self.give_back(held)
        return None

    def keep(
        self, root: os.stat_result, segments: Segments, folder: Folder, *, follow: bool
    ) -> Folder:
        """The folder as one that is lent; from now on it is kept here."""
        if folder.fd is None or len(segments) > _DEEPEST:
            return folder
        try:
            steps = _steps(folder.path, len(segments), follow=follow)
            held = _Held(folder, root, segments, steps)
            is_sound = held.is_sound()
        except OSError:
            # Somebody is changing the way just now, or it is longer than a path may be.
            return folder
        if not is_sound:
            return folder
        with self._lock:
            if segments in self._held:
                self._let_go(self._held[segments])
            elif len(self._held) >= MOST:
                self._let_go(next(iter(self._held.values())))
            self._held[segments] = held
            held.users += 1
            return _Lent(held, self)

    def give_back(self, held: _Held) -> None:
        with self._lock:
            held.users -= 1
            if not held.users and self._held.get(held.segments) is not held:
                held.folder.close()

    def close(self) -> None:
        with self._lock:
            for held in [*self._held.values()]:
                self._let_go(held)

    def _let_go(self, held: _Held) -> None:
        if self._held.get(held.segments) is held:
            del self._held[held.segments]
            if not held.users:
                held.folder.close()


class _Held:
    def __init__(
        self,
        folder: Folder,
        root: os.stat_result,
        segments: Segments,
        steps: Sequence[tuple[str, os.stat_result]],
    ) -> None:
        self.folder = folder
        self.root = root
        self.segments = segments
        self.steps = steps
        self.users = 0

    def is_sound(self) -> bool:
        """Whether the way that was looked at leads to this very folder, by no link."""
        end = self.steps[0][1] if self.steps else self.root
        return os.path.samestat(end, self.folder.itself()) and all(
            stat.S_ISDIR(seen.st_mode) for _, seen in self.steps
        )

    def is_there(self, *, follow: bool) -> bool:
        try:
            for path, seen in self.steps:
                if not os.path.samestat(os.stat(path, follow_symlinks=follow), seen):
                    return False
        except OSError:
            return False
        return True


class _Lent(Folder):
    """A folder that others may hold, too."""

    __slots__ = ("_held", "_kept")

    def __init__(self, held: _Held, kept: Kept) -> None:
        super().__init__(held.folder.path, held.folder.fd)
        self._held: _Held | None = held
        self._kept = kept

    def names(self) -> list[str]:
        # The place that a listing has reached is the handle's, and others may be listing.
        with self.twin() as own:
            return own.names()

    def close(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self.fd = CLOSED
            self._kept.give_back(held)


def _steps(path: str, count: int, *, follow: bool) -> list[tuple[str, os.stat_result]]:
    """The last folders on the way, and what they are."""
    found = []
    for _ in range(count):
        found.append((path, os.stat(path, follow_symlinks=follow)))
        path = os.path.dirname(path)
    return found
