"""The object that a large body replaces: parts that are the same need not be sent once more.

Which ones these are is only a guess, by the short sums that stand in the metadata of both. The
service tells the digest of each part that it took over, and one that is not that of our bytes is
sent after all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

import msgspec

from buckia import pieces
from buckia.errors import NotFound, StorageError, VersionMismatch
from buckia.pieces import Pieces
from buckia.protocols import Expected
from buckia_s3 import etags, metadata
from buckia_s3.assembly import Assembly, side_by_side
from buckia_s3.ground import Ground, is_encrypted, sound
from buckia_s3.parts import Part

_LARGEST = 4
"""How many times larger than the smallest part one may be, however large the pieces are."""


class Replaced(msgspec.Struct, frozen=True):
    """What stands where the body will go, as far as it matters."""

    key: str
    version: str
    pieces: Pieces


def seen(ground: Ground, key: str, version: str) -> Replaced | None:
    """That version, if parts of it may be of use."""
    # Who cannot tell the digest of a part from its ETag cannot prove what is taken over.
    if not ground.habits.tags_of_parts or etags.number_of_parts(version) is None:
        return None
    try:
        known = known_pieces(ground, key, version)
    except StorageError:
        # Then all of it is sent, which says more about what is wrong.
        return None
    return None if known is None else Replaced(key, version, known)


def known_pieces(ground: Ground, key: str, version: str) -> Pieces | None:
    """The sums that are kept with this version."""
    sound(key)
    # Only what came in parts is large enough to have them.
    if etags.number_of_parts(version) is None:
        return None
    found = ground.head(key)
    entry = ground.entry(key, found)
    if entry.version != version:
        raise VersionMismatch(f"{key} is not the version that was seen", key=key)
    if is_encrypted(found):
        return None
    return metadata.proven_pieces(found.get("Metadata", {}), version, entry.size)


def least_part(ground: Ground, replaced: Replaced | None) -> int:
    """The smallest part of a body that replaces this: as fine as changes can be told apart."""
    if replaced is None:
        return ground.sizes.part
    return min(max(ground.sizes.piece, replaced.pieces.size), _LARGEST * ground.sizes.piece)


def unchanged(parts: Sequence[Part], new: Pieces, old: Pieces) -> frozenset[int]:
    """The numbers of those parts of the new version that seem to be in the old one."""
    spans = list(pieces.differing(new, old))
    found: set[int] = set()
    at = 0
    for part in parts:
        while at < len(spans) and spans[at].end <= part.start:
            at += 1
        if at == len(spans) or spans[at].start >= part.start + part.size:
            found.add(part.number)
    return frozenset(found)


class TakingOver:
    """Parts of what is replaced, copied where they lie; at the first doubt no more of them."""

    def __init__(self, ground: Ground, replaced: Replaced) -> None:
        self._ground = ground
        self._replaced = replaced
        self._origin = origin(ground, replaced.key, replaced.version)
        self._in_doubt = Event()
        self._error: StorageError | None = None

    def taken(
        self, assembly: Assembly, wanted: Mapping[Part, str], expect: Expected | None
    ) -> dict[int, str]:
        """The ETags of those parts that are there now and have these digests."""
        with side_by_side(self._ground.pool) as gathering:
            for part, md5 in wanted.items():
                gathering.add(part.number, self._part, assembly, part, md5)
        if isinstance(self._error, NotFound | VersionMismatch) and isinstance(expect, str):
            self._insist(expect)
        return {number: etag for number, etag in gathering.tags.items() if etag}

    def _part(self, assembly: Assembly, part: Part, md5: str) -> str:
        if self._in_doubt.is_set():
            return ""
        try:
            etag = copied_part(assembly, part.number, {**range_of(part), **self._origin})
        except StorageError as error:
            self._error = error
            etag = ""
        if etag == md5:
            return etag
        self._in_doubt.set()
        return ""

    def _insist(self, expect: str) -> None:
        """Nothing need be sent over what is not there any more."""
        key = self._replaced.key
        if self._ground.version(key) != expect:
            raise VersionMismatch(f"{key} is not the version that was seen", key=key)


def origin(ground: Ground, key: str, version: str) -> dict[str, Any]:
    """The words by which this version is the source of a copy."""
    source = {"CopySource": {"Bucket": ground.connection.bucket, "Key": key}}
    if ground.habits.replaces != "quoted":
        # What knows no conditions may refuse this one; the ETag of the copy tells as well.
        return source
    return {**source, "CopySourceIfMatch": etags.quoted(version)}


def range_of(part: Part) -> dict[str, str]:
    return {"CopySourceRange": f"bytes={part.start}-{part.start + part.size - 1}"}


def copied_part(assembly: Assembly, number: int, source: Mapping[str, Any]) -> str:
    """Take it from there; the ETag that the service tells of it, or nothing."""
    answer = assembly.call("upload_part_copy", number, **source)
    return etags.of(answer.get("CopyPartResult", {}))
