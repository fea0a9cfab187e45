"""Copies that are made where the bytes lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

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
from buckia_s3.assembly import Assembly, assembling, side_by_side
from buckia_s3.connection import Connection
from buckia_s3.ground import Ground, sound
from buckia_s3.parts import LARGEST_PART, SMALLEST_PART, Part, count, cut, part_size
from buckia_s3.refusals import disown, refused

_SAID_AGAIN = (
    *("ContentType", "ContentEncoding", "ContentLanguage", "ContentDisposition"),
    *("CacheControl", "WebsiteRedirectLocation"),
    *("StorageClass", "ServerSideEncryption", "SSEKMSKeyId"),
)
"""What a copy has to be told once more, as its metadata are written anew."""


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
        size = seen["ContentLength"]
        part = self._part_size(size)
        parts = None if part is None else tuple(cut(size, part))
        try:
            if parts is None:
                answer = self._at_once(dressed, expect)
            else:
                answer = self._in_parts(dressed, expect, parts)
        except (InvalidKey, NotFound, VersionMismatch):
            # The same words are said where it is the source that is gone or changed.
            self._seen()
            raise
        made = ground.made(self._target, answer, self._version)
        etag = etags.of(made)
        if etag != self._version:
            self._insist_same(answer, etag)
        kept: Mapping[str, str] = dressed["Metadata"]
        return BasicEntry(
            key=self._target,
            size=size,
            version=etag,
            mtime_ns=metadata.mtime_ns(kept),
            digests=metadata.proven(kept, etag) or ground.told(etag, made),
            hints=etags.hints(etag, size),
        )

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
        again = {name: seen[name] for name in _SAID_AGAIN if name in seen}
        if "ServerSideEncryption" in ours:
            # A key belongs to one kind of encryption, and is refused with another.
            again.pop("SSEKMSKeyId", None)
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
        origin = {"CopySource": {"Bucket": self._ground.connection.bucket, "Key": self._source}}
        if self._ground.habits.replaces != "quoted":
            # What knows no conditions may refuse this one; the ETag of the copy tells as well.
            return origin
        return {**origin, "CopySourceIfMatch": etags.quoted(self._version)}

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

    def _tags(self) -> Mapping[str, str]:
        """The tags of the source, which a copy in parts has to be told.

        To credentials that may not see them there are none.
        """
        return tags_of(self._ground.connection, self._source) or {}

    def _in_parts(
        self, dressed: Mapping[str, Any], expect: Expected | None, parts: tuple[Part, ...]
    ) -> dict[str, Any]:
        ground = self._ground
        tags = {} if "Tagging" in dressed else self._tags()
        said = {**dressed, **({"Tagging": urlencode(tags)} if tags else {})}
        with assembling(ground, self._target, said, resumes=False) as assembly:
            assembly.begin()
            with side_by_side(ground.pool) as gathering:
                for part in parts:
                    span = self._span(part) if len(parts) > 1 else {}
                    gathering.add(part.number, self._copied, assembly, part.number, span)
            self._before_end(gathering.tags)
            return assembly.complete(gathering.tags, expect)

    def _before_end(self, tags: Mapping[int, str]) -> None:
        """All parts are there, with these ETags, and nothing can be seen of them yet."""

    def _span(self, part: Part) -> dict[str, str]:
        return {"CopySourceRange": f"bytes={part.start}-{part.start + part.size - 1}"}

    def _copied(self, assembly: Assembly, number: int, span: Mapping[str, str]) -> str:
        answer = assembly.call("upload_part_copy", number, **span, **self._origin)
        if etag := etags.of(answer.get("CopyPartResult", {})):
            return etag
        raise Unavailable(f"{self._target}: the service told no ETag", key=self._target)


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
