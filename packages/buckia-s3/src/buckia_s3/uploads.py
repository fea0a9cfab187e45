"""Bodies on their way there in one request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from buckia import digests
from buckia.body import CHUNK, WatchedBody
from buckia.errors import (
    Corrupted,
    InvalidKey,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.model import BasicEntry
from buckia.protocols import Body, Expected
from buckia_s3 import etags
from buckia_s3.checks import in_base64
from buckia_s3.faults import status_of
from buckia_s3.ground import Ground, is_encrypted, sound

_FAILED = 500


def write(ground: Ground, key: str, body: Body, expect: Expected | None) -> BasicEntry:
    """Send the whole body at once."""
    sound(key)
    with ground.room.taken(body.size):
        watched = WatchedBody(body, algorithms=(ground.algorithm,))
        data = _received(watched)
        md5 = digests.of((data,), "md5")
        digest = {ground.algorithm: watched.computed[ground.algorithm]}
        arguments = ground.dressed(key, body, digest, md5)
        arguments.update(_check(ground, digest, md5))
        arguments.update(ground.conditions(expect))
        with refused(key, expect), settled(ground, key, expect, md5):
            answer = ground.connection.call("put_object", key, Body=data, **arguments)
    etag = ground.made(key, answer, md5 if ground.habits.tags_are_md5 else None)
    is_known = etag == md5
    if not is_known and "ETag" not in answer:
        # What stands there now may be somebody else's, and is not ours to tell or to remove.
        raise VersionMismatch(f"nobody can tell what was stored as {key}", key=key)
    if not is_known and ground.habits.tags_are_md5 and not is_encrypted(answer):
        disown(ground, key, etag)
        raise Corrupted(f"the bucket received other bytes than were sent as {key}", key=key)
    return BasicEntry(
        key=key,
        size=len(data),
        version=etag,
        mtime_ns=body.mtime_ns,
        digests={**digest, "md5": md5} if is_known else {},
        hints=etags.hints(etag, len(data)),
    )


def disown(ground: Ground, key: str, version: str) -> None:
    """Remove what we have just made and what is not as it should be, if it still stands there."""
    try:
        if ground.habits.deletes:
            ground.connection.call("delete_object", key, IfMatch=ground.tag(version))
        elif ground.version(key) == version:
            ground.connection.call("delete_object", key)
    except StorageError:
        # The error that led here is the one to tell; what stays is found by the next run.
        return


@contextmanager
def refused(key: str, expect: Expected | None) -> Iterator[None]:
    """To a write the word that there is no such object means: it is gone, or it cannot be."""
    try:
        yield
    except NotFound as error:
        if not error.key:
            raise
        if isinstance(expect, str):
            raise VersionMismatch(f"{key} is gone", key=key) from error
        raise InvalidKey(
            f"{key!r} cannot be stored: the service knows no such place", key=key
        ) from error


@contextmanager
def settled(ground: Ground, key: str, expect: Expected | None, etag: str) -> Iterator[None]:
    """Some answer the losers of a race with an error of their own: look who has won."""
    try:
        yield
    except Unavailable as error:
        if expect is None or status_of(error.__cause__) != _FAILED:
            raise
        # What is there may be what we have just sent: whoever tries again finds that out.
        if ground.version(key) not in (expect, etag):
            raise VersionMismatch(f"{key} is not what was expected to be there", key=key) from error
        raise


def _received(body: WatchedBody) -> bytes:
    """All bytes of a body, of exactly the size and the digests that it promised."""
    with closing(body.open()) as source:
        pieces = []
        while chunk := source.read(CHUNK):
            pieces.append(chunk)
    return b"".join(pieces)


def _check(ground: Ground, digest: dict[str, str], md5: str) -> dict[str, Any]:
    """The argument by which the service refuses bytes that were damaged on their way."""
    if ground.habits.checks == "sha256" and "sha256" in digest:
        return {"ChecksumSHA256": in_base64(digest["sha256"])}
    return {"ContentMD5": in_base64(md5)}
