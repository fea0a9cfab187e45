"""Bodies on their way there in one request."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from buckia import digests
from buckia.body import CHUNK, WatchedBody
from buckia.errors import Corrupted
from buckia.model import BasicEntry
from buckia.protocols import Body, Expected
from buckia_s3 import etags
from buckia_s3.checks import in_base64
from buckia_s3.ground import Ground, is_encrypted, sound
from buckia_s3.refusals import disown, refused, settled


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
    made = ground.made(key, answer, md5)
    etag = etags.of(made)
    is_known = etag == md5
    if not is_known and ground.habits.tags_are_md5 and not is_encrypted(made):
        disown(ground, key, answer)
        raise Corrupted(f"the bucket received other bytes than were sent as {key}", key=key)
    return BasicEntry(
        key=key,
        size=len(data),
        version=etag,
        mtime_ns=body.mtime_ns,
        digests={**digest, "md5": md5} if is_known else {},
        hints=etags.hints(etag, len(data)),
    )


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
