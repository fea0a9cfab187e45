"""Documents in answers, and what the SDK would make of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from buckia_s3.lane.markup import (
    Shape,
    framed,
    group,
    inside,
    listed,
    moments,
    numbers,
    rows,
    shaped,
    texts,
    truths,
)

_CHECKS = texts(
    *("ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME"),
    *("ChecksumSHA1", "ChecksumSHA256"),
)
_TYPE = texts("ChecksumType")
_SOMEBODY = texts("ID", "DisplayName")
_WHOSE = {**group("Initiator", _SOMEBODY), **group("Owner", _SOMEBODY)}
_MADE = {**texts("ETag"), **moments("LastModified"), **_CHECKS}


class _Answer(NamedTuple):
    """How one kind of answer is read."""

    root: str
    shape: Shape
    member: str = ""
    """Under which all of it stands; beside what the head tells where there is none."""
    told: frozenset[str] = frozenset()
    """What the head tells besides, of what Buckia looks at."""


_VERSION = frozenset({"VersionId"})
_ENCRYPTION = frozenset({"ServerSideEncryption", "SSEKMSKeyId"})

_ANSWERS: Mapping[str, _Answer] = {
    "create_multipart_upload": _Answer(
        "InitiateMultipartUploadResult",
        texts("Bucket", "Key", "UploadId"),
        told=_ENCRYPTION,
    ),
    "complete_multipart_upload": _Answer(
        "CompleteMultipartUploadResult",
        {**texts("Location", "Bucket", "Key", "ETag"), **_CHECKS, **_TYPE},
        told=_VERSION | _ENCRYPTION,
    ),
    "list_multipart_uploads": _Answer(
        "ListMultipartUploadsResult",
        {
            **texts("Bucket", "KeyMarker", "UploadIdMarker", "NextKeyMarker"),
            **texts("NextUploadIdMarker", "Prefix", "Delimiter", "EncodingType"),
            **numbers("MaxUploads"),
            **truths("IsTruncated"),
            **rows(
                "Upload",
                {
                    **texts("Key", "UploadId", "StorageClass", "ChecksumAlgorithm"),
                    **moments("Initiated"),
                    **_TYPE,
                    **_WHOSE,
                },
                "Uploads",
            ),
        },
    ),
    "list_parts": _Answer(
        "ListPartsResult",
        {
            **texts("Bucket", "Key", "UploadId", "StorageClass", "ChecksumAlgorithm"),
            **numbers("PartNumberMarker", "NextPartNumberMarker", "MaxParts"),
            **truths("IsTruncated"),
            **_TYPE,
            **_WHOSE,
            **rows("Part", {**numbers("PartNumber", "Size"), **_MADE}, "Parts"),
        },
    ),
    "copy_object": _Answer(
        "CopyObjectResult",
        {**_MADE, **_TYPE},
        member="CopyObjectResult",
        told=_VERSION | _ENCRYPTION,
    ),
    "upload_part_copy": _Answer("CopyPartResult", _MADE, member="CopyPartResult", told=_ENCRYPTION),
    "delete_objects": _Answer(
        "DeleteResult",
        {
            **rows(
                "Deleted",
                {**texts("Key", "VersionId", "DeleteMarkerVersionId"), **truths("DeleteMarker")},
            ),
            **rows("Error", texts("Key", "VersionId", "Code", "Message"), "Errors"),
        },
    ),
    "get_object_tagging": _Answer(
        "Tagging", listed("TagSet", "Tag", texts("Key", "Value")), told=_VERSION
    ),
}


def has_document(operation: str) -> bool:
    """Whether a good answer says in its body how it went."""
    return operation in _ANSWERS


def read(operation: str, head: Mapping[str, Any], body: bytes) -> dict[str, Any] | None:
    """All that the answer tells; None where it has to be looked at more closely."""
    how, found = _ANSWERS[operation], framed(body)
    if found is None or found.name != how.root or (rest := inside(found.text)) is None:
        return None
    if (told := shaped(rest, how.shape)) is None:
        return None
    kept = {name: head[name] for name in head if name in how.told or name == "ResponseMetadata"}
    return {**({how.member: told} if how.member else told), **kept}
