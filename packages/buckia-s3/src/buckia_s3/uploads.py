"""Bodies on their way there in one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buckia.body import whole
from buckia.errors import Corrupted, StorageError
from buckia.model import BasicEntry
from buckia.protocols import Body, Expected
from buckia_s3 import etags
from buckia_s3.asked import Answer, Asked
from buckia_s3.checks import in_base64
from buckia_s3.ground import Ground, is_encrypted, sound
from buckia_s3.refusals import disown, refused, settled


def write(ground: Ground, key: str, body: Body, expect: Expected | None) -> BasicEntry:
    """Send the whole body at once."""
    with ground.room.taken(body.size):
        return begin(ground, key, body, expect).end()


def begin(ground: Ground, key: str, body: Body, expect: Expected | None) -> Asked[BasicEntry]:
    """The same, waited for later."""
    sound(key)
    data, computed = whole(body, ground.algorithm, "md5")
    md5, digest = computed["md5"], {ground.algorithm: computed[ground.algorithm]}
    arguments = ground.dressed(key, body, digest, md5)
    arguments.update(_check(ground, digest, md5))
    arguments.update(ground.conditions(expect))

    def made(answered: Callable[[], Answer]) -> BasicEntry:
        try:
            answer = answered()
        except StorageError:
            with refused(key, expect), settled(ground, key, expect, md5):
                raise
        found = ground.made(key, answer, md5)
        etag = etags.of(found)
        is_known = etag == md5
        if not is_known and ground.habits.tags_are_md5 and not is_encrypted(found):
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

    sent = ground.connection.begin(
        "put_object", key, sha256=computed.get("sha256", ""), Body=data, **arguments
    )
    return sent.then(made)


def _check(ground: Ground, digest: dict[str, str], md5: str) -> dict[str, Any]:
    """The argument by which the service refuses bytes that were damaged on their way."""
    if ground.habits.checks == "sha256" and "sha256" in digest:
        return {"ChecksumSHA256": in_base64(digest["sha256"])}
    return {"ContentMD5": in_base64(md5)}
