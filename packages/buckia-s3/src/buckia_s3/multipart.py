"""Large bodies in parts: sent side by side, and continued where an earlier try was cut off.

A body is read twice. The first pass computes the digest of each part, so that the ETag of the whole
is known before anything is sent and stands in the metadata; the second one sends. Parts that an
earlier try has sent, or that the object had which is replaced, are read and not sent again, if they
have the right digest. Who writes may have the first pass made before, once for all tries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from typing import Any

import msgspec

from buckia import digests, pieces
from buckia.body import CHUNK, BodyAround, KnownBody, WatchedBody
from buckia.errors import (
    AccessDenied,
    Corrupted,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.model import BasicEntry
from buckia.passing import unsent
from buckia.pieces import Pieces
from buckia.protocols import Body, Expected, Source
from buckia_s3 import etags, metadata
from buckia_s3.assembly import (
    Assembly,
    Gathering,
    Gone,
    assembling,
    give_tags,
    side_by_side,
    tags_in,
    untagged,
)
from buckia_s3.checks import in_base64
from buckia_s3.ground import Ground, is_encrypted, sound
from buckia_s3.parts import LARGEST_OBJECT, Part, cut, part_size
from buckia_s3.refusals import disown
from buckia_s3.replaced import Replaced, TakingOver, least_part, seen, unchanged
from buckia_s3.room import Room


class Outline(msgspec.Struct, frozen=True):
    """What is known of a body before any of it is sent."""

    parts: tuple[Part, ...]
    md5s: tuple[str, ...]
    digest: dict[str, str]
    pieces: Pieces | None = None
    unchanged: frozenset[int] = frozenset()
    """Numbers of the parts that seem to be in what is replaced."""

    @property
    def etag(self) -> str:
        return etags.of_parts(self.md5s)


class OutlinedBody(KnownBody):
    """A body of which that is known."""

    def __init__(self, body: Body, outline: Outline, replaced: Replaced | None = None) -> None:
        super().__init__(body, outline.digest)
        self.outline = outline
        self.replaced = replaced
        """Until it turned out that nothing can be taken from it."""


def outlined(ground: Ground, body: Body, over: tuple[str, str] | None) -> OutlinedBody | None:
    """The body with its outline, if it is one that goes in parts."""
    if not ground.sizes.single < body.size <= LARGEST_OBJECT:
        return None
    replaced = None if over is None else seen(ground, *over)
    return OutlinedBody(body, _outline(ground, body, replaced), replaced)


def write(ground: Ground, key: str, body: Body, expect: Expected | None) -> BasicEntry:
    """Send a body in parts; what is there already of an earlier try is not sent again."""
    sound(key)
    if body.size > LARGEST_OBJECT:
        raise StorageError(f"{key} has more than {LARGEST_OBJECT} bytes", key=key)
    return _Sending(ground, key, body).sent(expect)


class _Sending:
    """One body on its way under one key."""

    def __init__(self, ground: Ground, key: str, body: Body) -> None:
        self._ground = ground
        self._key = key
        self._known = known = _outlined(body) or OutlinedBody(body, _outline(ground, body, None))
        self._outline = outline = known.outline
        self._body = OutlinedBody(body, outline)
        self._dressed = ground.dressed(key, body, outline.digest, outline.etag, outline.pieces)
        self._tags = tags_in(self._dressed) if ground.habits.loses_tags else {}

    def sent(self, expect: Expected | None) -> BasicEntry:
        with assembling(self._ground, self._key, self._dressed, resumes=True) as assembly:
            try:
                there = assembly.resumed()
            except Gone:
                there = None
                # It may have become an object, and only the answer was lost.
                if found := self._arrived():
                    return found
            if there is None:
                assembly.begin()
            known = self._taken_over(assembly, there or {}, expect)
            tags = self._gathered(assembly, known)
            try:
                answer = assembly.complete(tags, expect)
            except Unavailable:
                # If it is there, who tries again may take it for done, without its tags.
                if self._tags and (found := self._arrived()):
                    return found
                raise
            except (AccessDenied, VersionMismatch):
                raise
            except StorageError as error:
                if known.keys() <= (there or {}).keys():
                    raise
                raise self._unfit(f"{self._key} cannot be made of what was there") from error
        self._give_tags(answer)
        return self._written(answer)

    def _give_tags(self, answer: Mapping[str, Any]) -> None:
        try:
            give_tags(self._ground, self._key, self._tags, answer)
        except VersionMismatch:
            raise
        except StorageError as error:
            raise untagged(self._key, error) from error

    def _arrived(self) -> BasicEntry | None:
        """What stands there, if it is this body."""
        try:
            found = self._ground.head(self._key)
        except NotFound:
            return None
        entry = self._ground.entry(self._key, found)
        # Told by its metadata: that they are these very bytes, and from the same file.
        kept, told = self._dressed["Metadata"], found.get("Metadata", {})
        is_ours = all(told.get(name) == kept.get(name) for name in (metadata.ETAG, metadata.MTIME))
        if not is_ours or entry.digests != self._outline.digest:
            return None
        self._give_tags(found)
        return entry

    def _taken_over(
        self, assembly: Assembly, there: Mapping[int, str], expect: Expected | None
    ) -> Mapping[int, str]:
        """What is there, and what else of it is in the object that is replaced."""
        replaced, outline = self._known.replaced, self._outline
        if replaced is None or replaced.key != self._key or is_encrypted(self._dressed):
            return there
        wanted = {
            part: md5
            for part, md5 in zip(outline.parts, outline.md5s, strict=True)
            if part.number in outline.unchanged and there.get(part.number) != md5
        }
        taken = TakingOver(self._ground, replaced).taken(assembly, wanted, expect)
        return {**there, **taken}

    def _gathered(self, assembly: Assembly, there: Mapping[int, str]) -> dict[int, str]:
        """Send what is missing, several parts at once; the ETags of all parts."""
        tags: dict[int, str] = {}
        # A service that holds each part against its digest proves the whole.
        watched = WatchedBody(self._body, is_proven=self._ground.habits.checks_parts)
        with side_by_side(self._ground.pool) as gathering, closing(watched.open()) as source:
            for part, md5 in zip(self._outline.parts, self._outline.md5s, strict=True):
                if there.get(part.number) == md5:
                    _pass_over(source, part)
                    tags[part.number] = md5
                elif gathering.has_failed:
                    break
                else:
                    send = partial(_send_one, assembly, part, md5)
                    _hand_over(self._ground.room, gathering, source, part, send)
            if not gathering.has_failed:
                _insist_on_end(source)
        return {**tags, **gathering.tags}

    def _unfit(self, message: str) -> Corrupted:
        """Should the wrong bytes have been taken over, the next try sends them all."""
        self._known.replaced = None
        return Corrupted(message, key=self._key)

    def _written(self, answer: Mapping[str, Any]) -> BasicEntry:
        ground, key, outline = self._ground, self._key, self._outline
        made = ground.made(key, answer, outline.etag)
        etag = etags.of(made)
        is_known = etag == outline.etag
        if not is_known and ground.habits.tags_of_parts and not is_encrypted(made):
            disown(ground, key, answer)
            raise self._unfit(f"the bucket received other bytes than were sent as {key}")
        return BasicEntry(
            key=key,
            size=self._body.size,
            version=etag,
            mtime_ns=self._body.mtime_ns,
            digests=outline.digest if is_known else {},
            hints=etags.hints(etag, self._body.size),
        )


def _hand_over(
    room: Room, gathering: Gathering, source: Source, part: Part, make: Callable[[bytearray], str]
) -> None:
    """Read the part now, and let a thread of the pool do the rest."""
    taken = room.take(part.size)

    def give_back(_future: Future[str]) -> None:
        room.give_back(taken)

    try:
        data = _piece(source, part)
        future = gathering.add(part.number, make, data)
    except BaseException:  # whatever it was: the room is for others
        room.give_back(taken)
        raise
    future.add_done_callback(give_back)


def _piece(source: Source, part: Part) -> bytearray:
    # Filled in place: joined chunks would need the room twice.
    data = bytearray(part.size)
    at = 0
    for chunk in _chunks(source, part):
        data[at : at + len(chunk)] = chunk
        at += len(chunk)
    return data


def _send_one(assembly: Assembly, part: Part, md5: str, data: bytearray) -> str:
    check = in_base64(md5)
    answer = assembly.call("upload_part", part.number, Body=data, ContentMD5=check)
    return etags.of(answer) or md5


def _outlined(body: Body) -> OutlinedBody | None:
    """The one that a body brings along."""
    found: object = body
    while isinstance(found, BodyAround):
        if isinstance(found, OutlinedBody):
            return found
        found = found.inner
    return None


def _outline(ground: Ground, body: Body, replaced: Replaced | None) -> Outline:
    parts = tuple(cut(body.size, part_size(body.size, least_part(ground, replaced))))
    old = None if replaced is None else replaced.pieces
    size = pieces.fit_size(body.size, None if old is None else old.size)
    sums = {pieces.algorithm(one) for one in (size, size if old is None else old.size)}
    watched = WatchedBody(body, algorithms=(ground.algorithm, *sums))
    with side_by_side(ground.pool) as gathering, closing(watched.open()) as source:
        for part in parts:
            # The digests of the whole are computed here meanwhile.
            _hand_over(ground.room, gathering, source, part, _md5_of)
        _insist_on_end(source)
    md5s = gathering.tags

    def found(size: int) -> Pieces:
        return Pieces(body.size, size, watched.computed[pieces.algorithm(size)])

    return Outline(
        parts,
        tuple(md5s[part.number] for part in parts),
        {ground.algorithm: watched.computed[ground.algorithm]},
        found(size),
        frozenset() if old is None else unchanged(parts, found(old.size), old),
    )


def _md5_of(data: bytearray) -> str:
    return digests.of(data, "md5")


def _chunks(source: Source, part: Part) -> Iterator[bytes]:
    left = part.size
    while left:
        chunk = source.read(min(CHUNK, left))
        left -= len(chunk)
        yield chunk


def _insist_on_end(source: Source) -> None:
    """Behind all parts there must be nothing; the source says so itself where it is watched."""
    source.read(1)


def _pass_over(source: Source, part: Part) -> None:
    """Read what is not sent, for what comes behind it."""
    left = part.size
    while left:
        left -= len(unsent(source, min(CHUNK, left)))
