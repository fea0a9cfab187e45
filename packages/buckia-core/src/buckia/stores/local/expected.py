"""The version that somebody expects to find, and whether what is there is it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

import msgspec

from buckia.errors import InvalidKey, NotFound, VersionMismatch
from buckia.stores.local.drafts import digest_of_place
from buckia.stores.local.ground import Ground
from buckia.stores.local.renames import Place
from buckia.stores.local.versions import is_of, is_settled, mark, mark_of


class Expectation(msgspec.Struct, frozen=True):
    """A version of one key, with digests of its bytes where its looks alone prove nothing."""

    key: str
    version: str
    digests: Mapping[str, str]

    @property
    def is_provable(self) -> bool:
        return is_settled(self.version) or bool(self.digests)

    def is_met_by(self, place: Place) -> bool:
        """Whether a file that was moved there is the one: all but its ctime, and its bytes."""
        seen = place.stat()
        if not stat.S_ISREG(seen.st_mode) or mark(seen) != mark_of(self.version):
            return False
        return not self.digests or digest_of_place(place, self.digests) == self.digests

    def mismatch(self, why: str = "is not the version that was seen") -> VersionMismatch:
        return VersionMismatch(f"{self.key} {why}", key=self.key)

    def look(self, place: Place, *, follow: bool = False) -> os.stat_result:
        """Its looks while it is still in its place, ctime and all; `VersionMismatch`."""
        seen = regular(self.key, place, follow=follow)
        if not is_of(seen, self.version):
            raise self.mismatch()
        return seen

    def insist(self) -> None:
        """Refuse to destroy what cannot be told from a stranger's edit."""
        if not self.is_provable:
            raise self.mismatch(
                "changed so recently that its version does not prove its bytes, "
                "and nobody here has read them"
            )


def expectation(ground: Ground, key: str, version: str) -> Expectation:
    known = {} if is_settled(version) else ground.witness.digests(version)
    return Expectation(key, version, known)


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind(seen: os.stat_result) -> str:
    """What it is that is no file, for people."""
    return _KINDS.get(stat.S_IFMT(seen.st_mode), "something special")


def regular(key: str, place: Place, *, follow: bool = False) -> os.stat_result:
    """The looks of a plain file; anything else is no object, so `NotFound`."""
    try:
        seen = place.folder.stat(place.name, follow=follow)
    except FileNotFoundError:
        raise NotFound(f"there is no {key}", key=key) from None
    if not stat.S_ISREG(seen.st_mode):
        raise NotFound(f"{key} is {kind(seen)}, not a file", key=key)
    return seen


def replaceable(key: str, place: Place) -> os.stat_result | None:
    """The looks of the file that a write would replace, None where the name is free.

    A folder, a link or a device is no object and is not replaced: `InvalidKey`. Only a folder in
    which no file is gives way, for it is no object either and there is nothing to lose.
    """
    try:
        seen = place.stat()
        if stat.S_ISDIR(seen.st_mode) and place.folder.remove_hollow(place.name):
            return None
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(seen.st_mode):
        raise InvalidKey(f"{key}: {kind(seen)} of that name is in the way", key=key)
    return seen
