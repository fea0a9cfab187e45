"""What is not seen yet: listings that are late, and deletions that are."""

from __future__ import annotations

import msgspec

from buckia_bunny.testing.storage.faults import Fault, StaleListing
from buckia_bunny.testing.storage.tree import Entry, Tree


class _Late(msgspec.Struct):
    entry: Entry
    looks: int


class _Stale(msgspec.Struct):
    children: list[Entry]
    listings: int


class Lags:
    """Remembers for each folder how it was, and for each file that it is about to go.

    Shares the tree's lock, so that a look and what it shows are one step.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._faults: tuple[StaleListing, ...] = ()
        self._stale: dict[str, _Stale] = {}
        self._late: dict[str, _Late] = {}
        tree.before_change = self._changing

    def start_anew(self, faults: tuple[Fault, ...]) -> None:
        """All that is late comes true; from now on changes are remembered for these faults."""
        with self._tree.lock:
            for path in tuple(self._late):
                self._remove(path)
            self._faults = tuple(one for one in faults if isinstance(one, StaleListing))
            self._stale.clear()

    def stale(self, folder: str) -> list[Entry] | None:
        """How a folder was, if this listing is to show that."""
        with self._tree.lock:
            found = self._stale.get(folder)
            if found is None:
                return None
            found.listings -= 1
            if not found.listings:
                del self._stale[folder]
            return found.children

    def delete(self, path: str, after: int | None) -> bool:
        """Delete a file, now or after so many looks; False if there is none."""
        with self._tree.lock:
            entry = self._tree.entry(path)
            if entry is None or entry.is_folder:
                return False
            if after is None or self._is_late(path):
                self._late[path] = _Late(entry, 0)
                self._remove(path)
            else:
                self._late[path] = _Late(entry, after)
            return True

    def look_at(self, path: str) -> None:
        """Somebody looks at this file: one look less, or it goes."""
        with self._tree.lock:
            if not self._is_late(path):
                return
            late = self._late[path]
            if late.looks:
                late.looks -= 1
            else:
                self._remove(path)

    def look_into(self, folder: str) -> None:
        """Somebody looks at all files of this folder."""
        with self._tree.lock:
            for path in [one for one in self._late if one.rpartition("/")[0] == folder]:
                self.look_at(path)

    def _is_late(self, path: str) -> bool:
        """Whether the very file that was deleted is still there, not one that came after it."""
        late = self._late.get(path)
        return late is not None and self._tree.entry(path) is late.entry

    def _remove(self, path: str) -> None:
        if self._is_late(path):
            self._tree.remove(path)
        del self._late[path]

    def _changing(self, folder: str, children: list[Entry]) -> None:
        key = f"{folder}/" if folder else ""
        listings = max((one.requests for one in self._faults if one.covers(key)), default=0)
        if listings:
            before = self._stale.get(folder)
            shown = before.children if before else children
            self._stale[folder] = _Stale(shown, listings)
