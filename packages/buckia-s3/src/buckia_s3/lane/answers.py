"""From a plain answer to what the SDK would make of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from buckia_s3.lane.parsing import joined
from buckia_s3.lane.requests import METADATA

_GOOD: Mapping[str, frozenset[int]] = {
    "put_object": frozenset({200}),
    "copy_object": frozenset({200}),
    "create_multipart_upload": frozenset({200}),
    "upload_part": frozenset({200}),
    "upload_part_copy": frozenset({200}),
    "complete_multipart_upload": frozenset({200}),
    "abort_multipart_upload": frozenset({204}),
    "list_multipart_uploads": frozenset({200}),
    "list_parts": frozenset({200}),
    "get_object": frozenset({200, 206}),
    "head_object": frozenset({200}),
    "head_bucket": frozenset({200}),
    "delete_object": frozenset({204}),
    "delete_objects": frozenset({200}),
    "get_object_tagging": frozenset({200}),
    "put_object_tagging": frozenset({200}),
    "list_objects_v2": frozenset({200}),
}
_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MORE = "x-amz-"
_SILENT = frozenset(
    {"x-amz-request-id", "x-amz-id-2", "x-amz-bucket-region", "x-amz-version-id"}
    | {"x-amz-expiration", "x-amz-request-charged", "x-amz-checksum-type"}
    | {"x-amz-abort-date", "x-amz-abort-rule-id", "x-amz-copy-source-version-id"}
    | {"x-amz-content-sha256", "x-amz-sdk-checksum-algorithm"}
    | {f"x-amz-checksum-{name}" for name in ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")}
)
"""What nobody asks for; whatever else the service has to say, the SDK may know."""
_NUMBER = re.compile(r"[0-9]{1,19}")


def is_good(operation: str, status: int) -> bool:
    """Whether it says in the very word for this operation that all went well."""
    return status in _GOOD[operation]


def told(status: int, headers: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    """What the head of a good answer tells; None where it has to be looked at more closely."""
    found: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    names = joined(headers)
    if len(names) < len(headers) and _is_twice(headers):
        return None
    for name, value in names.items():
        if name.startswith(METADATA):
            metadata[name[len(METADATA) :]] = value
        elif (known := _TOLD.get(name)) is not None:
            member, read = known
            value_read = read(value)
            if value_read is None:
                return None
            found[member] = value_read
        elif name.startswith(_MORE) and name not in _SILENT:
            return None
    found["Metadata"] = metadata
    found["ResponseMetadata"] = {"HTTPStatusCode": status, "HTTPHeaders": names}
    return found


def _is_twice(headers: Sequence[tuple[str, str]]) -> bool:
    """Whether something that counts is told more than once, and has to be read with more care."""
    counting = [name for name, _ in headers if name in _TOLD or name.startswith(_MORE)]
    return len(set(counting)) < len(counting)


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def _truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)


@lru_cache(maxsize=64)
def _moment(text: str) -> datetime | None:
    found = _DATE.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    month = _MONTHS.index(found[2]) + 1
    day, year, hour, minute, second = (int(found[at]) for at in (1, 3, 4, 5, 6))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _nobody(text: str) -> None:
    """For what only the SDK can read."""


_TOLD: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "accept-ranges": ("AcceptRanges", str),
    "cache-control": ("CacheControl", str),
    "content-disposition": ("ContentDisposition", str),
    "content-encoding": ("ContentEncoding", str),
    "content-language": ("ContentLanguage", str),
    "content-length": ("ContentLength", _number),
    "content-range": ("ContentRange", str),
    "content-type": ("ContentType", str),
    "etag": ("ETag", str),
    "expires": ("Expires", _nobody),
    "last-modified": ("LastModified", _moment),
    "x-amz-delete-marker": ("DeleteMarker", _truth),
    "x-amz-missing-meta": ("MissingMeta", _number),
    "x-amz-mp-parts-count": ("PartsCount", _number),
    "x-amz-server-side-encryption": ("ServerSideEncryption", str),
    "x-amz-server-side-encryption-aws-kms-key-id": ("SSEKMSKeyId", str),
    "x-amz-server-side-encryption-customer-algorithm": ("SSECustomerAlgorithm", str),
    "x-amz-storage-class": ("StorageClass", str),
    "x-amz-tagging-count": ("TagCount", _number),
    "x-amz-version-id": ("VersionId", str),
}
"""What Buckia looks at in any answer; the SDK knows more, of which nobody asks here."""
