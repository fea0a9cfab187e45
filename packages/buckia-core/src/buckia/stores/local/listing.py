"""The names of one folder, in key order, and which of them take no part."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import NamedTuple

import msgspec

from buckia import keys
from buckia.stores.local import sidefiles
from buckia.stores.local.folders import Folder
from buckia.stores.local.leftovers import is_leftover
from buckia.stores.local.sidefiles import Beside

NONE: Mapping[str, str] = {}
NOTHING_SPECIAL: tuple[Mapping[str, str], Mapping[str, str], Beside, frozenset[str]] = (
    NONE,
    NONE,
    sidefiles.NOTHING,
    frozenset(),
)


class Names(NamedTuple):
    """Names of one folder, the last first, since they are taken from the end.

    Those of folders have a slash behind them.
    """

    remaining: list[str]
    real: Mapping[str, str]
    """What the system calls those whose names cannot be shown as they are."""
    reasons: Mapping[str, str]
    """Why some take no part."""
    beside: Beside
    """Databases of which more is to be looked at than the file, and what that is."""
    special: frozenset[str]
    """All that are in one of these."""


class Rules(msgspec.Struct, frozen=True):
    """What a listing needs to know besides the folder."""

    follow: bool
    representable: bool
    """Whether names that cannot be keys and parts of databases are given reasons."""
    live: bool = False
    """Whether a database that is in use takes part."""


def list_names(
    folder: Folder, prefix: str, rules: Rules, left_over: Callable[[str], None]
) -> Names:
    """All names in a folder whose keys begin with `prefix`, without Buckia's own."""
    names = _read(folder, follow=rules.follow)
    joined = "/".join(names)
    if ".buckia" in joined:
        names = _without_ours(names, rules, left_over)
        joined = "/".join(names)
    real = reasons = NONE
    if _suspicious(joined, prefix):
        names, real, reasons = _sift(names, prefix)
    beside = sidefiles.NOTHING
    if rules.representable:
        beside = sidefiles.beside(folder, names, follow=rules.follow)
        if beside.parts:
            reasons = {**({} if rules.live else beside.live), **beside.parts, **reasons}
    else:
        reasons = NONE
    names.sort(reverse=True)
    if not (real or reasons):
        return Names(names, *NOTHING_SPECIAL)
    return Names(names, real, reasons, beside, frozenset((*real, *reasons, *beside.live)))


def _read(folder: Folder, *, follow: bool) -> list[str]:
    with closing(os.scandir(folder.path if folder.fd is None else folder.fd)) as found:
        if follow:
            return [item.name + "/" if _leads_to_folder(item) else item.name for item in found]
        return [
            item.name + "/" if item.is_dir(follow_symlinks=False) else item.name for item in found
        ]


def _leads_to_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        # A link in a circle, or to where we may not look: said of it when its turn comes.
        return False


def _without_ours(names: list[str], rules: Rules, left_over: Callable[[str], None]) -> list[str]:
    # In a bucket they are objects, and who lists it has to see them.
    notes = frozenset[str]() if rules.representable else keys.NOTES
    kept = []
    for name in names:
        if not keys.is_ours(name) or name in notes:
            kept.append(name)
        elif is_leftover(name):
            left_over(name.removesuffix("/"))
    return kept


def _suspicious(joined: str, prefix: str) -> bool:
    """One question for all names of a folder: put together they look like a long key."""
    together = joined.replace("//", "/").removesuffix("/")
    if not together:
        return False
    # Only at the start of a key is a colon in second place a drive.
    return keys.problem(prefix + together) is not None or (not prefix and ":" in together)


def _sift(names: list[str], prefix: str) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """The names as they can be shown, what they really are, and what is wrong with some."""
    shown: list[str] = []
    real: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for name in names:
        bare = name.removesuffix("/")
        # A folder is no key itself, but the beginning of some.
        problem = keys.problem(prefix + (bare if bare == name else name + "x"))
        text = name
        if problem is not None:
            # The escaped form holds a backslash, so it can be printed but never be a sound key.
            text = os.fsencode(name).decode("utf-8", "backslashreplace")
            real[text] = name
            reasons[text] = problem
        shown.append(text)
    return shown, real, reasons
