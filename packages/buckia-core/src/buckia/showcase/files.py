"""Which files of the demo come into the user's folder, and in which order: decisions only."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from enum import Enum, auto

import msgspec

from buckia.keys import folders_above


class Deed(Enum):
    NOTHING = auto()
    CLONE = auto()
    """The user has none of the name, or still what was cloned under it."""
    LEAVE = auto()
    """The user has another file of the name."""


def deed(*, is_here: bool, same: bool, is_cloned: bool) -> Deed:
    """What is to become of one file of the demo's.

    `same` says whether the file here holds the demo's bytes, and `is_cloned` whether it holds
    those that came from the demo earlier.
    """
    if not is_here:
        return Deed.CLONE
    if same:
        return Deed.NOTHING
    return Deed.CLONE if is_cloned else Deed.LEAVE


class Steps(msgspec.Struct, frozen=True):
    """Keys besides the database, in the order in which a user's content becomes the demo's."""

    added: tuple[str, ...]
    """Before the database: they disturb nothing that is there."""
    rest: tuple[str, ...]
    """Behind it, replaced or removed: until then the old database needs them."""


def steps(demo: Collection[str], here: Collection[str], database: str) -> Steps:
    old = frozenset(here) - {database}
    new = frozenset(demo) - {database}
    # A name that is a file here and a folder there has to be given up first.
    added = new - old - barred(new, old)
    return Steps(tuple(sorted(added)), tuple(sorted((new | old) - added)))


def barred(demo: Collection[str], here: Collection[str]) -> AbstractSet[str]:
    """Keys of the demo's for which a name here would have to be a file and a folder."""
    files = frozenset(here)
    folders = {above for key in files for above in folders_above(key)}
    return {key for key in demo if key in folders or not files.isdisjoint(folders_above(key))}
