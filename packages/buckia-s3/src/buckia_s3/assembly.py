"""Objects that come in parts: begun, gathered part by part, and completed or thrown away.

What is begun is noted before the service hears of it, so that whoever comes after a kill goes on
with it or throws it away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, wait
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from buckia.errors import AccessDenied, NotFound, Overtaken, StorageError, Unavailable
from buckia.protocols import Expected
from buckia_s3 import etags
from buckia_s3.faults import code_of
from buckia_s3.ground import Ground
from buckia_s3.notes import Unfinished
from buckia_s3.refusals import refused

_PAGE = 1000
_SKEW = 3600.0
"""Seconds by which two clocks may differ; a service refuses requests of one that differs more."""


class Gone(Exception):
    """What an earlier try has begun is no longer there to go on with."""


@contextmanager
def assembling(
    ground: Ground, key: str, dressed: Mapping[str, Any], *, resumes: bool
) -> Iterator[Assembly]:
    """Around the making of an object of parts: at an error all that was sent is thrown away.

    With `resumes` not where a later try may go on from there.
    """
    with ground.notes.upload(key) as is_noted:
        assembly = Assembly(ground, key, dressed, is_noted=is_noted)
        try:
            yield assembly
        except BaseException as error:  # whatever it was: nobody else would throw it away
            if not (resumes and is_noted and _goes_on(error)):
                assembly.throw_away(error)
            raise
        assembly.end_note()


class Assembly:
    """One object of parts on its way to one key."""

    def __init__(
        self, ground: Ground, key: str, dressed: Mapping[str, Any], *, is_noted: bool
    ) -> None:
        self._ground = ground
        self._key = key
        self._dressed = dressed
        self._is_noted = is_noted
        self._upload = ""

    def resumed(self) -> Mapping[int, str] | None:
        """The ETags of the parts that an earlier try has sent; None: there is nothing to go on
        with. Gone where there was something.
        """
        found = self._noted()
        if found is None or not found.upload or found.likeness != self._likeness:
            return None
        try:
            there = dict(_parts(self._ground, found))
        except Unavailable as error:
            if is_upload_gone(error):
                raise Gone from error
            raise
        self._upload = found.upload
        return there

    def begin(self) -> None:
        """Begin anew; what was left of an earlier try is thrown away."""
        ground = self._ground
        if found := self._noted():
            try:
                abort(ground, found)
            except Unavailable:
                raise
            except StorageError:
                # Whoever may not do that may still write, and the service has rules of its own.
                ground.notes.ended(self._key)
        intended = Unfinished(
            bucket=ground.connection.bucket,
            key=self._key,
            upload="",
            likeness=self._likeness,
            began=time.time(),
        )
        self._note(intended)
        answer = ground.connection.call("create_multipart_upload", self._key, **self._dressed)
        self._upload = answer.get("UploadId", "")
        if not self._upload:
            raise Unavailable(f"{self._key}: the service began an upload without a name")
        self._note(msgspec.structs.replace(intended, upload=self._upload))

    def call(self, operation: str, number: int, **arguments: Any) -> dict[str, Any]:
        """One request about one part."""
        return self._ground.connection.call(
            operation, self._key, UploadId=self._upload, PartNumber=number, **arguments
        )

    def complete(self, tags: Mapping[int, str], expect: Expected | None) -> dict[str, Any]:
        """Make the object, of parts with these ETags."""
        rows = [
            {"PartNumber": number, "ETag": etags.quoted(tags[number])} for number in sorted(tags)
        ]
        with refused(self._key, expect):
            return self._ground.connection.call(
                "complete_multipart_upload",
                self._key,
                UploadId=self._upload,
                MultipartUpload={"Parts": rows},
                **self._ground.conditions(expect),
            )

    def end_note(self) -> None:
        """Whoever comes later finds nothing to go on with."""
        if self._is_noted:
            self._ground.notes.ended(self._key)

    def throw_away(self, error: BaseException) -> None:
        """Remove all that was sent, because it has ended with this error."""
        if not self._upload:
            # Where no answer came, it may have been begun: then the note stays.
            if not _passes(error):
                self.end_note()
            return
        try:
            _abort(self._ground, self._key, self._upload)
        except StorageError:
            # The error that led here is the one to tell; a sweep comes by for what stays.
            return
        self.end_note()

    @property
    def _likeness(self) -> str:
        """Equal for two uploads of the same bytes with the same metadata."""
        return sha256(msgspec.json.encode(self._dressed, order="sorted")).hexdigest()

    def _noted(self) -> Unfinished | None:
        return self._ground.notes.unfinished(self._key) if self._is_noted else None

    def _note(self, upload: Unfinished) -> None:
        if self._is_noted:
            self._ground.notes.begun(upload)


@contextmanager
def side_by_side(pool: Executor) -> Iterator[Gathering]:
    """Around parts that are made by a pool: at the end none of them is still on its way."""
    parts: dict[int, Future[str]] = {}
    try:
        yield Gathering(pool, parts)
        wait(parts.values(), return_when=FIRST_EXCEPTION)
    finally:
        for one in parts.values():
            one.cancel()
        wait(parts.values())


class Gathering:
    """The parts that a pool makes, each of them the ETag that it gets, by their numbers."""

    def __init__(self, pool: Executor, parts: dict[int, Future[str]]) -> None:
        self._pool = pool
        self._parts = parts

    def add(self, number: int, make: Callable[..., str], *given: Any) -> Future[str]:
        """Let a thread make that part; what it returns is the part's ETag."""
        self._parts[number] = future = self._pool.submit(make, *given)
        return future

    @property
    def has_failed(self) -> bool:
        """Whether one of them failed already, so that no other is needed."""
        return any(one.done() and one.exception() for one in self._parts.values())

    @property
    def tags(self) -> dict[int, str]:
        """The ETags of all parts, once they are there; raises what the first that failed raised."""
        return {number: one.result() for number, one in self._parts.items()}


def tags_in(dressed: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a request says which makes an object."""
    return dict(parse_qsl(dressed.get("Tagging", ""), keep_blank_values=True))


def give_tags(ground: Ground, key: str, tags: Mapping[str, str], answer: Mapping[str, Any]) -> None:
    """Give them to the object that this answer is about, which does not have them."""
    if not tags:
        return
    pinned = {"VersionId": answer["VersionId"]} if answer.get("VersionId") else {}
    rows = [{"Key": name, "Value": value} for name, value in tags.items()]

    def give() -> None:
        ground.connection.call("put_object_tagging", key, Tagging={"TagSet": rows}, **pinned)

    try:
        try:
            give()
        except Unavailable:
            # Whoever tries all of it again finds the object there, and may take it for done.
            give()
    except NotFound as error:
        if not error.key:
            raise
        raise Overtaken(f"{key} is gone again", key=key) from error


def untagged(key: str, error: StorageError) -> StorageError:
    """What to tell of an object whose tags could not be given to it because of this error.

    It is never `Unavailable`: who tries again finds the object there, and takes it for done.
    """
    kind, first = StorageError, ""
    if isinstance(error, AccessDenied):
        kind, first = AccessDenied, "allow s3:PutObjectTagging; "
    return kind(
        f"{key} is there, but its tags are not: {error.message}",
        key=key,
        hint=f"{first}give it its tags with another program, or remove it so that it is made anew",
    )


def abort(ground: Ground, upload: Unfinished) -> None:
    """Throw away what was noted; one that is gone already is fine."""
    if upload.upload:
        _abort(ground, upload.key, upload.upload)
    else:
        _abort_unanswered(ground, upload)
    ground.notes.ended(upload.key)


def is_upload_gone(error: BaseException) -> bool:
    """Whether it was the upload, and not an object, that the service did not find."""
    return code_of(error.__cause__) == "NoSuchUpload"


def _abort(ground: Ground, key: str, upload: str) -> None:
    try:
        ground.connection.call("abort_multipart_upload", key, UploadId=upload)
    except StorageError as error:
        if not is_upload_gone(error):
            raise


def _abort_unanswered(ground: Ground, upload: Unfinished) -> None:
    """Look for an upload that may have been begun, without an answer that named it.

    No part of it can have been sent. Should such a one be another device's, it begins anew.
    """
    try:
        answer = ground.connection.call("list_multipart_uploads", Prefix=upload.key)
    except Unavailable:
        raise
    except StorageError:
        # Who may not look has to leave it to the rules of the bucket.
        return
    for row in answer.get("Uploads", ()):
        began = row.get("Initiated")
        name = row.get("UploadId")
        if row.get("Key") != upload.key or not name or not isinstance(began, datetime):
            continue
        named = msgspec.structs.replace(upload, upload=name)
        if abs(began.timestamp() - upload.began) < _SKEW and not any(_parts(ground, named)):
            _abort(ground, upload.key, name)


def _parts(ground: Ground, upload: Unfinished) -> Iterator[tuple[int, str]]:
    """The parts that are there, with their ETags."""
    after = 0
    while True:
        answer = ground.connection.call(
            "list_parts", upload.key, UploadId=upload.upload, PartNumberMarker=after, MaxParts=_PAGE
        )
        rows: Sequence[Mapping[str, Any]] = answer.get("Parts", ())
        there = {row.get("PartNumber", 0): etags.of(row) for row in rows}
        yield from there.items()
        last = max(there, default=after)
        # A service that goes round in circles has told all it knows; what is missing is sent again.
        if last <= after or not answer.get("IsTruncated"):
            return
        after = last


def _goes_on(error: BaseException) -> bool:
    """Whether the parts are of use to a later try. Behind a lost race they are not: the service
    wants all of them anew.
    """
    return _passes(error) and code_of(error.__cause__) != "ConditionalRequestConflict"


def _passes(error: BaseException) -> bool:
    """Whether the same may work later: the service was away, or somebody stopped us."""
    return isinstance(error, Unavailable) or not isinstance(error, Exception)
