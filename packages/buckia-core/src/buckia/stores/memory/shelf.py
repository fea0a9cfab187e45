"""Objects under their names, kept sorted; the names fold and form folders as the traits say."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from buckia import keys
from buckia.model import NOTHING_KNOWN, BasicEntry, Traits


class Stored(msgspec.Struct, frozen=True):
    """One object: its bytes, what is told of it, and what came along with it."""

    entry: BasicEntry
    """What `stat`, `read` and `write` tell."""
    listed: BasicEntry
    """What a listing tells, which may be less."""
    data: bytes
    content_type: str | None = None
    metadata: Mapping[str, str] = NOTHING_KNOWN


class Shelf:
    """A dict in key order. Not safe for threads: the store that owns it holds a lock."""

    def __init__(self, traits: Traits) -> None:
        self._traits = traits
        self._objects: dict[str, Stored] = {}
        self._names: list[str] = []
        # How many objects lie below each folder; counted only where folders are real.
        self._folders: Counter[str] = Counter()

    def get(self, key: str) -> Stored | None:
        return self._objects.get(keys.folded(key, self._traits))

    def name(self, key: str) -> str:
        """The name that a listing shows: as in a file system, the first spelling stays."""
        found = self.get(key)
        return key if found is None else found.entry.key

    def obstacle(self, key: str) -> str | None:
        """Why nothing can be stored under this key now; None when it can."""
        reason = self._unsound(key) or keys.unheld(key, self._traits)
        if reason or self._traits.flat:
            return reason
        place = keys.folded(key, self._traits)
        if place in self._folders:
            return f"{key} is a folder here"
        for folder in keys.folders_above(place):
            if folder in self._objects:
                return f"{self._objects[folder].entry.key} is an object here, and no folder"
        return None

    def _unsound(self, key: str) -> str | None:
        """A flat bucket takes nearly every name from strangers, a tree only sound ones."""
        if not self._traits.flat:
            return keys.problem(key)
        if not key:
            return "the key is empty"
        try:
            key.encode()
        except UnicodeEncodeError:
            return "the name is not valid Unicode"
        return None

    def put(self, stored: Stored) -> None:
        place = keys.folded(stored.entry.key, self._traits)
        if place not in self._objects:
            insort(self._names, stored.entry.key)
            if not self._traits.flat:
                self._folders.update(keys.folders_above(place))
        self._objects[place] = stored

    def remove(self, key: str) -> None:
        place = keys.folded(key, self._traits)
        stored = self._objects.pop(place, None)
        if stored is None:
            return
        del self._names[bisect_left(self._names, stored.entry.key)]
        if not self._traits.flat:
            self._folders.subtract(keys.folders_above(place))
            self._folders = +self._folders

    def starting_with(self, prefix: str) -> Sequence[Stored]:
        """All objects whose names start with the prefix, in key order."""
        first = bisect_left(self._names, prefix)
        last = len(self._names)
        after = _after(prefix)
        if after is not None:
            last = bisect_left(self._names, after, lo=first)
        fold, traits = keys.folded, self._traits
        return [self._objects[fold(name, traits)] for name in self._names[first:last]]


def _after(prefix: str) -> str | None:
    """The first string behind all that start with the prefix; None where there is none."""
    stem = prefix.rstrip("\U0010ffff")
    return stem[:-1] + chr(ord(stem[-1]) + 1) if stem else None
