"""Which keys take part in a sync, through which local root each comes, and in which direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum, auto

import msgspec

from buckia import keys
from buckia.filters import Filters, RunFilter, Verdict
from buckia.model import Direction


class Place(msgspec.Struct, frozen=True):
    """One local root, or one mapped file: where keys of the bucket live on the left side."""

    origin: str
    """Its name in base rows: the path as configured, with the mapped key for a single file."""
    direction: Direction
    to: str = ""
    """Its keys begin with this: empty, or ending with a slash."""


class Judgement(Enum):
    """What a key is to this run."""

    TAKE = auto()
    LEAVE = auto()
    """This run was narrowed and looks elsewhere: neither touch nor forget."""
    OUT = auto()
    """The configuration does not cover it: do not touch it, forget its row."""
    SECRET = auto()
    """Out, because of what its name suggests; reported once."""


def narrowed(outer: Direction, inner: Direction) -> Direction | None:
    """The direction of a root within that of its bucket; None when nothing is left of it."""
    if outer is inner or inner is Direction.BOTH:
        return outer
    return inner if outer is Direction.BOTH else None


class Scope:
    """All that the configuration and the command line say about which keys take part."""

    def __init__(
        self,
        *,
        roots: Sequence[Place],
        mapped: Mapping[str, Place],
        hidden: AbstractSet[tuple[str, str]],
        folders: Sequence[str],
        filters: Filters,
        run: RunFilter,
        state: Sequence[str] = (),
        unreadable: Mapping[str, str] | None = None,
    ) -> None:
        """`state` are keys of folders that are ours without being called so.

        `unreadable` fills with the folders whose ignore files could not be read, and why, while
        the filters ask for them.
        """
        self.unreadable = {} if unreadable is None else unreadable
        self.roots = tuple(roots)
        self.mapped = dict(mapped)
        self.folders = tuple(sorted(folder.strip("/") + "/" for folder in folders))
        self.filters = filters
        self.run = run
        self.foreign: dict[str, str] = {}
        """By root, the first thing found on the left that lies outside the synced folders."""
        self._hidden = hidden
        self._state = tuple(folder + "/" for folder in state)
        self._places = {place.origin: place for place in (*roots, *mapped.values())}
        longest_first = sorted(self.roots, key=lambda place: -len(place.to))
        writable = [one for one in longest_first if one.direction is not Direction.PUSH]
        self._homes = (*writable, *(one for one in longest_first if one not in writable))

    def judge(self, key: str) -> Judgement:
        """Whether the key takes part; the place it lives in is asked for separately."""
        return self.standing(key) if self.run.takes(key) else Judgement.LEAVE

    def standing(self, key: str) -> Judgement:
        """What the key is to a run that looks at all keys."""
        if key in self.mapped:
            return Judgement.TAKE
        if not self.in_folders(key) or (self._state and key.startswith(self._state)):
            return Judgement.OUT
        verdict = self.filters.verdict(key)
        if verdict is Verdict.TAKES_PART:
            return Judgement.TAKE
        return Judgement.SECRET if verdict is Verdict.SECRET else Judgement.OUT

    def in_folders(self, key: str) -> bool:
        return not self.folders or key.startswith(self.folders)

    def place(self, origin: str) -> Place | None:
        """The root or mapping of this name, if the configuration still has it."""
        return self._places.get(origin)

    def home(self, key: str) -> Place | None:
        """Where a key lives that only the bucket has: the longest fitting `to` that lets it in.

        Where no root lets anything in, the longest fitting one still answers for the key, so
        that a bucket can be made an exact mirror of roots that are only pushed.
        """
        if key in self.mapped:
            return self.mapped[key]
        for place in self._homes:
            if key.startswith(place.to) and (place.origin, key) not in self._hidden:
                return place
        return None

    def beside(self, origin: str, copy: str) -> str | None:
        """Where a conflict copy of a key of that root or mapping lives on the left, if anywhere."""
        if not any(place.origin == origin for place in self.mapped.values()):
            return origin
        place = self.home(copy) if self.in_folders(copy) else None
        return place.origin if place is not None and place.direction is not Direction.PUSH else None

    def covers(self, origin: str, key: str) -> bool:
        """Whether a base row's root is still configured and still reaches the key."""
        place = self._places.get(origin)
        if place is None or key in self.mapped:
            return place is not None and self.mapped.get(key) is place
        return key.startswith(place.to) and not self.is_hidden(origin, key)

    def is_hidden(self, origin: str, key: str) -> bool:
        """A root does not show a key that is mapped, nor a file that is mapped to another key."""
        mapped = self.mapped.get(key)
        return (origin, key) in self._hidden or (mapped is not None and mapped.origin != origin)

    @property
    def is_narrowed(self) -> bool:
        """Whether this run looks at a part of the keys only."""
        return self.run.narrows

    def leaves(self, origin: str, folder: str) -> bool:
        """Whether the scan of a root need not enter a folder; what lies outside is remembered."""
        pruned = self.prunes(folder)
        if pruned and self.folders and not keys.is_ours(folder):
            above = any(one.startswith(folder + "/") for one in self.folders)
            if not above and not self.in_folders(folder + "/"):
                self.foreign.setdefault(origin, folder + "/")
        return pruned

    def prunes(self, folder: str) -> bool:
        """Whether a scan need not enter a folder, because nothing below it can take part."""
        below = folder + "/"
        if keys.is_ours(below) or below in self._state:
            return True
        if self.folders and not any(
            one.startswith(below) or below.startswith(one) for one in self.folders
        ):
            return True
        if any(key.startswith(below) for key in self.mapped):
            return False
        return self.filters.prunes(folder) or self.run.prunes(folder)
