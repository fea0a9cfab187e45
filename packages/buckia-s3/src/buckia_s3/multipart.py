"""Large bodies in parts: sent side by side, and continued where an earlier try was cut off.

A body is read twice. The first pass computes the digest of each part, so that the ETag of the whole
is known before anything is sent and stands in the metadata; the second one sends. Parts that an
earlier try has sent, and that have the right digest, are read and not sent again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import closing
from hashlib import sha256
from typing import Any

import msgspec

from buckia import digests
from buckia.body import CHUNK, WatchedBody
from buckia.errors import Corrupted, NotFound, StorageError, Unavailable
from buckia.model import BasicEntry
from buckia.protocols import Body, Expected, Source
from buckia_s3 import etags
from buckia_s3.checks import in_base64
from buckia_s3.faults import code_of
from buckia_s3.ground import Ground, is_encrypted, sound
from buckia_s3.notes import Unfinished
from buckia_s3.parts import LARGEST_OBJECT, Part, cut, part_size
from buckia_s3.uploads import disown, refused

_PAGE = 1000


class Outline(msgspec.Struct, frozen=True):
    """What is known of a body before any of it is sent."""

    parts: tuple[Part, ...]
    md5s: tuple[str, ...]
    digest: dict[str, str]

    @property
    def etag(self) -> str:
        return of_parts(self.md5s)


def of_parts(md5s: Sequence[str]) -> str:
    """The ETag of an object whose parts have these digests."""
    joined = b"".join(map(bytes.fromhex, md5s))
    return f"{digests.of((joined,), 'md5')}-{len(md5s)}"


def write(ground: Ground, key: str, body: Body, expect: Expected | None) -> BasicEntry:
    """Send a body in parts; what is there already of an earlier try is not sent again."""
    sound(key)
    if body.size > LARGEST_OBJECT:
        raise StorageError(f"{key} has more than {LARGEST_OBJECT} bytes", key=key)
    outline = _outline(ground, body)
    with ground.notes.upload(key) as is_noted:
        return _Upload(ground, key, outline, is_noted=is_noted).write(body, expect)


def abort(ground: Ground, upload: Unfinished) -> None:
    """Throw away the parts of an upload; one that is gone already is fine."""
    try:
        ground.connection.call("abort_multipart_upload", upload.key, UploadId=upload.upload)
    except NotFound as error:
        if not is_upload_gone(error):
            raise
    ground.notes.ended(upload.key)


class _Upload:
    """One body on its way under one key."""

    def __init__(self, ground: Ground, key: str, outline: Outline, *, is_noted: bool) -> None:
        self._ground = ground
        self._key = key
        self._outline = outline
        self._is_noted = is_noted

    def write(self, body: Body, expect: Expected | None) -> BasicEntry:
        dressed = self._ground.dressed(self._key, body, self._outline.digest, self._outline.etag)
        upload, there = self._continued(dressed) or (self._begun(dressed), {})
        try:
            rows = self._send(upload.upload, body, there)
            answer = self._complete(upload.upload, rows, expect)
        except StorageError as error:
            # What may pass is tried again, by this run or the next, and then goes on from here.
            if not isinstance(error, Unavailable):
                self._give_up(upload)
            raise
        if self._is_noted:
            self._ground.notes.ended(self._key)
        return self._written(body, answer)

    def _continued(self, dressed: Mapping[str, Any]) -> tuple[Unfinished, dict[int, str]] | None:
        """The upload that an earlier try has left, with the digests of its parts."""
        found = self._ground.notes.unfinished(self._key) if self._is_noted else None
        if found is None:
            return None
        if found.likeness != _likeness(dressed):
            self._give_up(found)
            return None
        try:
            return found, dict(self._sent(found.upload))
        except NotFound as error:
            if not is_upload_gone(error):
                raise
            self._ground.notes.ended(self._key)
            return None

    def _sent(self, upload: str) -> Iterator[tuple[int, str]]:
        after = 0
        while True:
            answer = self._ground.connection.call(
                "list_parts", self._key, UploadId=upload, PartNumberMarker=after, MaxParts=_PAGE
            )
            for row in answer.get("Parts", ()):
                yield row["PartNumber"], etags.bare(row["ETag"])
                after = max(after, row["PartNumber"])
            if not answer.get("IsTruncated"):
                return

    def _begun(self, dressed: Mapping[str, Any]) -> Unfinished:
        ground = self._ground
        answer = ground.connection.call("create_multipart_upload", self._key, **dressed)
        upload = Unfinished(
            bucket=ground.connection.bucket,
            key=self._key,
            upload=answer["UploadId"],
            likeness=_likeness(dressed),
            began=time.time(),
        )
        if self._is_noted:
            ground.notes.begun(upload)
        return upload

    def _send(self, upload: str, body: Body, there: Mapping[int, str]) -> list[dict[str, Any]]:
        """Send what is missing, several parts at once; the rows that complete the upload."""
        sending: list[Future[str]] = []
        tags: dict[int, str] = {}
        watched = WatchedBody(body, algorithms=())
        with closing(watched.open()) as source:
            for part, md5 in zip(self._outline.parts, self._outline.md5s, strict=True):
                if there.get(part.number) == md5:
                    _pass_over(source, part)
                    tags[part.number] = md5
                    continue
                if any(one.done() and one.exception() for one in sending):
                    break
                sending.append(self._sending(upload, source, part, md5))
        wait(sending, return_when=FIRST_EXCEPTION)
        try:
            sent = [one.result() for one in sending]
        finally:
            for one in sending:
                one.cancel()
            wait(sending)
        missing = [part.number for part in self._outline.parts if part.number not in tags]
        tags.update(zip(missing, sent, strict=True))
        return [
            {"PartNumber": number, "ETag": etags.quoted(tags[number])} for number in sorted(tags)
        ]

    def _sending(self, upload: str, source: Source, part: Part, md5: str) -> Future[str]:
        """The part, read now and sent by a thread of the pool."""
        ground = self._ground
        taken = ground.room.take(part.size)
        try:
            data = self._piece(source, part, md5)
            future = ground.pool.submit(self._send_one, upload, part, data, md5)
        except BaseException:  # whatever it was: the room is for others
            ground.room.give_back(taken)
            raise
        future.add_done_callback(lambda _future: ground.room.give_back(taken))
        return future

    def _piece(self, source: Source, part: Part, md5: str) -> bytearray:
        # Filled in place: joined chunks would need the room twice.
        data = bytearray(part.size)
        at = 0
        for chunk in _chunks(source, part):
            data[at : at + len(chunk)] = chunk
            at += len(chunk)
        if digests.of((data,), "md5") != md5:
            raise Corrupted(f"{self._key} changed while it was read", key=self._key)
        return data

    def _send_one(self, upload: str, part: Part, data: bytearray, md5: str) -> str:
        answer = self._ground.connection.call(
            "upload_part",
            self._key,
            UploadId=upload,
            PartNumber=part.number,
            Body=data,
            ContentMD5=in_base64(md5),
        )
        return etags.bare(answer.get("ETag", ""))

    def _complete(
        self, upload: str, rows: Sequence[Mapping[str, Any]], expect: Expected | None
    ) -> dict[str, Any]:
        try:
            with refused(self._key, expect):
                return self._ground.connection.call(
                    "complete_multipart_upload",
                    self._key,
                    UploadId=upload,
                    MultipartUpload={"Parts": rows},
                    **self._ground.conditions(expect),
                )
        except StorageError as error:
            if not is_upload_gone(error):
                raise
            if self._is_noted:
                self._ground.notes.ended(self._key)
            raise Unavailable(
                f"{self._key}: the parts that were sent have been thrown away", key=self._key
            ) from error

    def _give_up(self, upload: Unfinished) -> None:
        try:
            abort(self._ground, upload)
        except StorageError:
            # The error that led here is the one to tell; a sweep comes by for what stays.
            return

    def _written(self, body: Body, answer: Mapping[str, Any]) -> BasicEntry:
        expected = self._outline.etag if self._ground.habits.tags_of_parts else None
        etag = self._ground.made(self._key, answer, expected)
        is_known = etag == self._outline.etag
        if not is_known and self._ground.habits.tags_of_parts and not is_encrypted(answer):
            disown(self._ground, self._key, etag)
            raise Corrupted(
                f"the bucket received other bytes than were sent as {self._key}", key=self._key
            )
        return BasicEntry(
            key=self._key,
            size=body.size,
            version=etag,
            mtime_ns=body.mtime_ns,
            digests=self._outline.digest if is_known else {},
            hints=etags.hints(etag, body.size),
        )


def is_upload_gone(error: BaseException | None) -> bool:
    """Whether it was the upload, and not an object, that the service did not find."""
    while error is not None:
        if code_of(error) == "NoSuchUpload":
            return True
        error = error.__cause__
    return False


def _outline(ground: Ground, body: Body) -> Outline:
    parts = tuple(cut(body.size, part_size(body.size, ground.sizes.part)))
    md5s = []
    watched = WatchedBody(body, algorithms=(ground.algorithm,))
    with closing(watched.open()) as source:
        for part in parts:
            running = digests.new("md5")
            for chunk in _chunks(source, part):
                running.update(chunk)
            md5s.append(running.hexdigest())
    digest = {ground.algorithm: watched.computed[ground.algorithm]}
    return Outline(parts, tuple(md5s), digest)


def _chunks(source: Source, part: Part) -> Iterator[bytes]:
    left = part.size
    while left:
        chunk = source.read(min(CHUNK, left))
        if not chunk:
            raise Corrupted(f"the body ended {left} bytes short of its part {part.number}")
        left -= len(chunk)
        yield chunk


def _pass_over(source: Source, part: Part) -> None:
    for _chunk in _chunks(source, part):
        pass


def _likeness(dressed: Mapping[str, Any]) -> str:
    """Equal for two uploads of the same bytes with the same metadata."""
    return sha256(msgspec.json.encode(dressed, order="sorted")).hexdigest()
