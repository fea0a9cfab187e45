"""Copies that are made where the bytes lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from buckia.errors import StorageError, Unavailable, VersionMismatch
from buckia.model import BasicEntry
from buckia.protocols import Expected
from buckia_s3 import etags, metadata
from buckia_s3.ground import Ground, sound
from buckia_s3.parts import LARGEST_PART, SMALLEST_PART, Part, count, cut, part_size
from buckia_s3.uploads import disown, refused

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
        with refused(self._target, expect):
            if part is None:
                etag = self._at_once(dressed, expect)
            else:
                etag = self._in_parts(dressed, expect, tuple(cut(size, part)))
        if etag != self._version:
            self._insist_still(etag)
        kept: Mapping[str, str] = dressed["Metadata"]
        return BasicEntry(
            key=self._target,
            size=size,
            version=etag,
            mtime_ns=metadata.mtime_ns(kept),
            digests=metadata.proven(kept, etag) or ground.told(etag, seen),
            hints=etags.hints(etag, size),
        )

    def _seen(self) -> dict[str, Any]:
        seen = self._ground.head(self._source)
        if self._ground.entry(self._source, seen).version != self._version:
            raise VersionMismatch(
                f"{self._source} is not the version that was seen", key=self._source
            )
        return seen

    def _insist_still(self, etag: str) -> None:
        """A copy with another ETag may be one of other bytes: the source must not have changed."""
        try:
            self._seen()
        except StorageError:
            disown(self._ground, self._target, etag)
            raise

    def _dressed(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        ours = self._ground.dressing.arguments(self._target)
        again = {name: seen[name] for name in _SAID_AGAIN if name in seen}
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

    def _at_once(self, dressed: Mapping[str, Any], expect: Expected | None) -> str:
        tags = {"TaggingDirective": "REPLACE"} if "Tagging" in dressed else {}
        answer = self._ground.connection.call(
            "copy_object",
            self._target,
            MetadataDirective="REPLACE",
            **tags,
            **dressed,
            **self._origin,
            **self._ground.conditions(expect),
        )
        return self._ground.made(self._target, answer.get("CopyObjectResult", {}), None)

    def _tags(self) -> dict[str, str]:
        """The tags of the source, which a copy in parts has to be told."""
        try:
            found = self._ground.connection.call("get_object_tagging", self._source)
        except Unavailable:
            raise
        except StorageError:
            # A service without tags, or credentials that may not see them: then there are none.
            return {}
        tags = {row["Key"]: row["Value"] for row in found.get("TagSet", ())}
        return {"Tagging": urlencode(tags)} if tags else {}

    def _in_parts(
        self, dressed: Mapping[str, Any], expect: Expected | None, parts: tuple[Part, ...]
    ) -> str:
        ground, target = self._ground, self._target
        tags = {} if "Tagging" in dressed else self._tags()
        begun = ground.connection.call("create_multipart_upload", target, **dressed, **tags)
        upload = begun["UploadId"]
        whole = len(parts) == 1

        def copied(part: Part) -> dict[str, Any]:
            span = f"bytes={part.start}-{part.start + part.size - 1}"
            answer = ground.connection.call(
                "upload_part_copy",
                target,
                UploadId=upload,
                PartNumber=part.number,
                **({} if whole else {"CopySourceRange": span}),
                **self._origin,
            )
            return {"PartNumber": part.number, "ETag": answer["CopyPartResult"]["ETag"]}

        try:
            rows = list(ground.pool.map(copied, parts))
            answer = ground.connection.call(
                "complete_multipart_upload",
                target,
                UploadId=upload,
                MultipartUpload={"Parts": rows},
                **ground.conditions(expect),
            )
        except BaseException:  # an interrupt, too: parts that nobody completes cost money
            ground.connection.call("abort_multipart_upload", target, UploadId=upload)
            raise
        # Equal parts make an equal ETag.
        is_same = len(parts) == etags.number_of_parts(self._version)
        return ground.made(target, answer, self._version if is_same else None)
