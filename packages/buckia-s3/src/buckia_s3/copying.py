"""Copies that are made where the bytes lie."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from buckia.errors import (
    AccessDenied,
    InvalidKey,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.model import BasicEntry
from buckia.protocols import Expected
from buckia_s3 import etags, metadata
from buckia_s3.assembly import (
    Assembly,
    assembling,
    give_tags,
    side_by_side,
    tags_in,
    untagged,
)
from buckia_s3.connection import Connection
from buckia_s3.ground import Ground, sound
from buckia_s3.parts import LARGEST_PART, SMALLEST_PART, Part, count, cut, part_size
from buckia_s3.refusals import disown, refused
from buckia_s3.replaced import copied_part, origin, range_of

KEPT = (
    *("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType"),
    *("Expires", "WebsiteRedirectLocation", "StorageClass"),
    *("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled"),
    *("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"),
    *("ObjectLockEventHold", "ObjectLockEventHoldDurationDays"),
    "ObjectLockEventHoldDurationYears",
)
"""All that a service tells of an object and has to be told again of its copy."""


class Copying:
    """One copy: `version` of `source`, to become `target`."""

    def __init__(self, ground: Ground, source: str, target: str, version: str) -> None:
        self._ground = ground
        self._source = source
        self._target = target
        self._version = version

    def made(self, expect: Expected | None) -> BasicEntry:
        """Make it; bytes, metadata and, wherever possible, the ETag stay the same."""
        ground = self._ground
        sound(self._target)
        seen = self._seen()
        dressed = self._dressed(seen)
        answer = self._stored(dressed, seen, expect)
        made = ground.made(self._target, answer, self._version)
        etag = etags.of(made)
        if etag != self._version:
            self._insist_same(answer, etag)
        kept: Mapping[str, str] = dressed["Metadata"]
        return BasicEntry(
            key=self._target,
            size=seen["ContentLength"],
            version=etag,
            mtime_ns=metadata.mtime_ns(kept),
            digests=metadata.proven(kept, etag) or ground.told(etag, made),
            hints=etags.hints(etag, seen["ContentLength"]),
        )

    def _stored(
        self, dressed: Mapping[str, Any], seen: Mapping[str, Any], expect: Expected | None
    ) -> Mapping[str, Any]:
        """Let the service make it, with its tags; what it answered."""
        size = seen["ContentLength"]
        part = self._part_size(size)
        parts = None if part is None else tuple(cut(size, part))
        tags = self._to_be_told(dressed, seen, in_parts=parts is not None)
        answer: Mapping[str, Any]
        try:
            if parts is None:
                answer = self._at_once(dressed, expect)
            else:
                # Not every service reads a plus sign as a space.
                told = {"Tagging": urlencode(tags, quote_via=quote)} if tags else {}
                said = {**told, **dressed}
                answer = self._in_parts(said, expect, parts)
        except (InvalidKey, NotFound, VersionMismatch):
            # The same words are said where it is the source that is gone or changed.
            self._seen()
            raise
        except Unavailable:
            # If it is there, who tries again may take it for done, without its tags.
            is_told = tags and self._ground.habits.loses_tags
            found = self._after_all(dressed, tags) if is_told else None
            if found is None:
                raise
            answer = found
        self._give_back(tags, answer)
        return answer

    def _seen(self) -> dict[str, Any]:
        seen = self._ground.head(self._source)
        if self._ground.entry(self._source, seen).version != self._version:
            raise VersionMismatch(
                f"{self._source} is not the version that was seen", key=self._source
            )
        return seen

    def _insist_same(self, answer: Mapping[str, Any], _etag: str) -> None:
        """A copy with another ETag may be one of other bytes: the source must not have changed."""
        try:
            self._seen()
        except StorageError:
            disown(self._ground, self._target, answer)
            raise

    def _dressed(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        ours = self._ground.dressing.arguments(self._target)
        again = said_again(seen)
        if "ServerSideEncryption" in ours:
            # A key belongs to one kind of encryption, and is refused with another.
            again.pop("SSEKMSKeyId", None)
            again.pop("BucketKeyEnabled", None)
        kept = {**seen.get("Metadata", {}), **ours["Metadata"]}
        return {**again, **ours, "Metadata": kept}

    def _part_size(self, size: int) -> int | None:
        """The parts that the object came in, so that the copy has its ETag; None for a whole."""
        ours = part_size(size, self._ground.sizes.part)
        parts = etags.number_of_parts(self._version)
        if parts is not None and self._ground.habits.tags_of_parts:
            for part in (ours, *etags.part_sizes(size, parts)):
                if count(size, part) == parts and (parts == 1 or part >= SMALLEST_PART):
                    return part
        return ours if size > LARGEST_PART else None

    @property
    def _origin(self) -> dict[str, Any]:
        return origin(self._ground, self._source, self._version)

    def _at_once(self, dressed: Mapping[str, Any], expect: Expected | None) -> dict[str, Any]:
        tags = {"TaggingDirective": "REPLACE"} if "Tagging" in dressed else {}
        with refused(self._target, expect):
            answer = self._ground.connection.call(
                "copy_object",
                self._target,
                MetadataDirective="REPLACE",
                **tags,
                **dressed,
                **self._origin,
                **self._ground.conditions(expect),
            )
        return {**answer, **answer.get("CopyObjectResult", {})}

    def _to_be_told(
        self, dressed: Mapping[str, Any], seen: Mapping[str, Any], *, in_parts: bool
    ) -> Mapping[str, str]:
        """The tags that the copy has only if it is told them."""
        habits = self._ground.habits
        if not in_parts and not habits.loses_tags:
            return {}
        if "Tagging" in dressed:
            return tags_in(dressed)
        count = seen.get("TagCount", 0 if habits.counts_tags else None)
        return {} if count == 0 else self._tags()

    def _tags(self) -> Mapping[str, str]:
        """The tags of the source; to credentials that may not see them there are none."""
        return tags_of(self._ground.connection, self._source) or {}

    def _after_all(
        self,
        dressed: Mapping[str, Any],
        tags: Mapping[str, str],  # noqa: ARG002 - for copies onto themselves
    ) -> Mapping[str, Any] | None:
        """What stands there, if it is this copy, though nobody has answered so."""
        try:
            found = self._ground.head(self._target)
        except NotFound:
            return None
        is_ours = etags.of(found) == self._version and has_metadata(found, dressed)
        return found if is_ours else None

    def _give_back(self, tags: Mapping[str, str], answer: Mapping[str, Any]) -> None:
        """Where it cannot have its tags there is no copy, so that it can be made once more."""
        if not self._ground.habits.loses_tags:
            return
        try:
            give_tags(self._ground, self._target, tags, answer)
        except VersionMismatch:
            raise
        except StorageError as error:
            if not self._is_removed(answer):
                raise untagged(self._target, error) from error
            if not isinstance(error, AccessDenied):
                raise
            raise AccessDenied(
                f"{self._source} is not copied, for its tags may not be given to the copy: "
                f"{error.message}",
                key=self._target,
                hint="copies lose their tags here, and have to be given them anew: "
                "allow s3:PutObjectTagging",
            ) from error

    def _is_removed(self, answer: Mapping[str, Any]) -> bool:
        """Remove what was made; whether it is certainly gone."""
        ground = self._ground
        try:
            disown(ground, self._target, ground.made(self._target, answer, self._version))
            ground.head(self._target)
        except NotFound:
            return True
        except StorageError:
            # Nobody can tell, and what may be there must be told of.
            return False
        return False

    def _in_parts(
        self, dressed: Mapping[str, Any], expect: Expected | None, parts: tuple[Part, ...]
    ) -> dict[str, Any]:
        ground = self._ground
        with assembling(ground, self._target, dressed, resumes=False) as assembly:
            assembly.begin()
            with side_by_side(ground.pool) as gathering:
                for part in parts:
                    span = range_of(part) if len(parts) > 1 else {}
                    gathering.add(part.number, self._copied, assembly, part.number, span)
            self._before_end(gathering.tags)
            return assembly.complete(gathering.tags, expect)

    def _before_end(self, tags: Mapping[int, str]) -> None:
        """All parts are there, with these ETags, and nothing can be seen of them yet."""

    def _copied(self, assembly: Assembly, number: int, span: Mapping[str, str]) -> str:
        if etag := copied_part(assembly, number, {**span, **self._origin}):
            return etag
        raise Unavailable(f"{self._target}: the service told no ETag", key=self._target)


def said_again(seen: Mapping[str, Any]) -> dict[str, Any]:
    """What a request that makes the object of this HEAD anew has to say of it."""
    again = {name: seen[name] for name in KEPT if name in seen}
    until = again.get("ObjectLockRetainUntilDate")
    if until is not None and until <= datetime.now(UTC):
        # It is over, and a service refuses to be told so.
        again.pop("ObjectLockMode", None)
        del again["ObjectLockRetainUntilDate"]
    if again.get("ObjectLockLegalHoldStatus") == "OFF":
        # As without a word, which takes no permission.
        del again["ObjectLockLegalHoldStatus"]
    return again


def has_metadata(found: Mapping[str, Any], dressed: Mapping[str, Any]) -> bool:
    """Whether the object of this HEAD has the metadata that a request has said."""
    told, kept = (
        {name.lower(): text for name, text in one.get("Metadata", {}).items()}
        for one in (found, dressed)
    )
    return told == kept


def tags_of(connection: Connection, key: str) -> Mapping[str, str] | None:
    """The tags of an object; None where the credentials may not see them."""
    try:
        found = connection.call("get_object_tagging", key)
    except Unavailable:
        raise
    except AccessDenied:
        return None
    except StorageError:
        # A service without tags.
        return {}
    return {row["Key"]: row["Value"] for row in found.get("TagSet", ())}
