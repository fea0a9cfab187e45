"""What all operations on one bucket share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from buckia import keys
from buckia.errors import AccessDenied, InvalidKey, NotFound, Overtaken, Unavailable
from buckia.model import NOTHING_KNOWN, BasicEntry, Traits
from buckia.pieces import Pieces
from buckia.protocols import ABSENT, Absent, Body, Expected
from buckia_s3 import checks, etags, metadata
from buckia_s3.connection import Connection
from buckia_s3.faults import no_bucket
from buckia_s3.habits import UNKNOWN, Habits
from buckia_s3.notes import Notes
from buckia_s3.parts import Sizes
from buckia_s3.room import Room
from buckia_s3.rules import Dressing

LONGEST_KEY = 1024
_HANDS = 16
"""Parts on their way at once; more of them fill memory and no line."""
_SURE = 60.0
"""Seconds for which a bucket that was seen is believed to be there."""
_ENCRYPTED = frozenset({"aws:kms", "aws:kms:dsse"})


class Ground:
    """One bucket: the way to it, its habits, and how objects are made there."""

    def __init__(
        self,
        connection: Connection,
        dressing: Dressing,
        notes: Notes,
        *,
        algorithm: str,
        sizes: Sizes,
        width: int,
    ) -> None:
        self.connection = connection
        self.dressing = dressing
        self.notes = notes
        self.algorithm = algorithm
        self.sizes = sizes
        self.width = width
        self.room = Room()
        self.habits: Habits = UNKNOWN
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._seen = float("-inf")
        self._traits: tuple[Habits, Traits] | None = None

    @property
    def traits(self) -> Traits:
        """What can be relied on here, as far as it is known by now; asked for each object."""
        habits = self.habits
        if self._traits is None or self._traits[0] is not habits:
            self._traits = (habits, self._found(habits))
        return self._traits[1]

    def _found(self, habits: Habits) -> Traits:
        return Traits(
            keeps_mtime=not habits.drops_metadata,
            keeps_metadata=not habits.drops_metadata,
            max_key_bytes=LONGEST_KEY,
            concurrency=self.width,
            lacks=habits.lacks,
            conditional_write_limit=None if habits.completes else self.sizes.single,
        )

    @property
    def pool(self) -> ThreadPoolExecutor:
        """Threads that send the parts of large objects."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(
                    min(self.width, _HANDS), thread_name_prefix="buckia-part"
                )
            return self._pool

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)
        self.connection.close()

    def conditions(self, expect: Expected | None) -> dict[str, str]:
        """The arguments by which a write takes effect only over what is expected."""
        if expect is None:
            return {}
        if isinstance(expect, Absent):
            return {"IfNoneMatch": "*"}
        return {"IfMatch": self.tag(expect)}

    def tag(self, version: str) -> str:
        """A version as this endpoint wants to find it in a condition."""
        return version if self.habits.replaces == "bare" else etags.quoted(version)

    def dressed(
        self,
        key: str,
        body: Body,
        digest: Mapping[str, str],
        etag: str,
        pieces: Pieces | None = None,
    ) -> dict[str, Any]:
        """All that a request which makes this object says besides the bytes."""
        arguments = self.dressing.arguments(key)
        kept = metadata.made(body.mtime_ns, digest, etag)
        told = {**body.metadata, **arguments["Metadata"], **kept}
        if pieces is not None:
            summed = {**told, metadata.PIECES: pieces.packed()}
            # Without the sums an object is as good, and without the others there is none.
            told = summed if metadata.weight(summed) <= metadata.MOST else told
        arguments["Metadata"] = told
        if body.content_type is not None:
            arguments["ContentType"] = body.content_type
        return arguments

    def entry(self, key: str, answer: Mapping[str, Any]) -> BasicEntry:
        """The object that a HEAD or a GET describes."""
        etag = etags.of(answer)
        if not etag or not checks.is_size(answer.get("ContentLength")):
            missing = "length" if etag else "ETag"
            raise Unavailable(f"{key}: the service told no {missing}", key=key)
        kept: Mapping[str, str] = answer.get("Metadata", {})
        return BasicEntry(
            key=key,
            size=answer["ContentLength"],
            version=etag,
            changed=checks.moment(answer.get("LastModified")),
            mtime_ns=metadata.mtime_ns(kept),
            digests=metadata.proven(kept, etag) or self.told(etag, answer),
            hints=etags.hints(etag, answer["ContentLength"]),
        )

    def told(self, etag: str, answer: Mapping[str, Any]) -> Mapping[str, str]:
        """The digest that the ETag is, where it certainly is one."""
        if self.habits.tags_are_md5 and etags.is_md5(etag) and not is_encrypted(answer):
            return {"md5": etag}
        return NOTHING_KNOWN

    def head(self, key: str) -> dict[str, Any]:
        """What is told of an object without its bytes; NotFound knows a key from the bucket."""
        sound(key)
        try:
            found = self.connection.call("head_object", key)
        except NotFound:
            self._insist()
            raise
        self._seen = time.monotonic()
        return found

    def made(self, key: str, answer: Mapping[str, Any], etag: str) -> Mapping[str, Any]:
        """What is told of an object that was just made, its ETag above all.

        Some services do not answer that one. What stands there by then may be somebody else's, so
        it counts only where it has the expected ETag or says that it was sent with it.
        """
        if etags.of(answer):
            return answer
        found = self.head(key)
        if etag not in {self.entry(key, found).version, metadata.sent_as(found)}:
            raise Overtaken(f"nobody can tell what was stored as {key}", key=key)
        return found

    def version(self, key: str) -> Expected:
        """What stands there now."""
        try:
            return self.entry(key, self.head(key)).version
        except NotFound as error:
            if not error.key:
                raise
            return ABSENT

    def _insist(self) -> None:
        """Raise where it is not an object that is missing but the whole bucket.

        The answer to a HEAD has no body that could tell one from the other.
        """
        if time.monotonic() - self._seen < _SURE:
            return
        try:
            self.connection.call("head_bucket")
        except NotFound:
            raise no_bucket(self.connection.where) from None
        except AccessDenied:
            # Whoever may not ask is told that there is something to ask about.
            pass
        self._seen = time.monotonic()


def is_encrypted(answer: Mapping[str, Any]) -> bool:
    """Whether the ETag is of bytes that only the service has ever seen."""
    return answer.get("ServerSideEncryption") in _ENCRYPTED or "SSECustomerAlgorithm" in answer


def sound(key: str) -> None:
    """Refuse a key that no bucket holds, or that nobody may act upon."""
    if problem := keys.problem(key):
        raise InvalidKey(f"{key!r} cannot be stored: {problem}", key=key)
    if len(key.encode()) > LONGEST_KEY:
        raise InvalidKey(f"the key is longer than {LONGEST_KEY} bytes", key=key)
