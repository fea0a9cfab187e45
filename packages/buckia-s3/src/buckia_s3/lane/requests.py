"""From an operation's arguments, by the SDK's names for them, to a request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

METADATA = "x-amz-meta-"
_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_NAME = re.compile(r"[a-z0-9_.-]+")


class Request(NamedTuple):
    """What goes to the bucket, not yet signed."""

    method: str
    path: str
    """Behind that of the bucket, as it stands in the address."""
    query: tuple[tuple[str, str], ...]
    """In order, as it stands in the address."""
    headers: dict[str, str]
    """By names in small letters."""
    body: bytes = b""


class Operation(NamedTuple):
    """How one kind of request is written."""

    method: str
    headers: Mapping[str, str] = {}
    """From arguments to headers."""
    query: Mapping[str, str] = {}
    """From arguments to what stands in the address."""
    always: Mapping[str, str] = {}
    """What always stands there."""

    def request(self, arguments: Mapping[str, Any]) -> Request | None:
        """None where an argument is one that only the SDK knows how to write."""
        headers: dict[str, str] = {}
        query = dict(self.always)
        path, body = "", b""
        for name, value in arguments.items():
            if name in self.headers:
                headers[self.headers[name]] = value
            elif name in self.query:
                query[self.query[name]] = str(value)
            elif name == "Key":
                path = "/" + quote(value, safe="/~")
            elif name == "Metadata":
                headers.update(_metadata(value))
            elif name == "Body" and type(value) is bytes:
                body = value
            else:
                return None
        if not all(map(_TEXT.fullmatch, headers.values())):
            return None
        written = sorted((_quoted(name), _quoted(value)) for name, value in query.items())
        return Request(self.method, path, tuple(written), headers, body)


def _quoted(word: str) -> str:
    return quote(word, safe="-_.~")


def _metadata(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        # A name that is none makes the request one for the SDK, which says so.
        yield METADATA + name, value if _NAME.fullmatch(name) else ""


_CONDITIONS = {"IfMatch": "if-match", "IfNoneMatch": "if-none-match"}
_CHECKS = {"ContentMD5": "content-md5", "ChecksumSHA256": "x-amz-checksum-sha256"}

OPERATIONS: Mapping[str, Operation] = {
    "put_object": Operation(
        "PUT",
        headers={
            **_CONDITIONS,
            **_CHECKS,
            "CacheControl": "cache-control",
            "ContentDisposition": "content-disposition",
            "ContentType": "content-type",
            "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
            "ServerSideEncryption": "x-amz-server-side-encryption",
            "StorageClass": "x-amz-storage-class",
            "Tagging": "x-amz-tagging",
        },
    ),
    "upload_part": Operation(
        "PUT", headers=_CHECKS, query={"PartNumber": "partNumber", "UploadId": "uploadId"}
    ),
    "get_object": Operation("GET", headers={**_CONDITIONS, "Range": "range"}),
    "head_object": Operation("HEAD", headers=_CONDITIONS),
    "delete_object": Operation("DELETE", headers={"IfMatch": "if-match"}),
    "list_objects_v2": Operation(
        "GET",
        query={
            "ContinuationToken": "continuation-token",
            "MaxKeys": "max-keys",
            "Prefix": "prefix",
            "StartAfter": "start-after",
        },
        always={"encoding-type": "url", "list-type": "2"},
    ),
}
"""All others are made once in a while, and the SDK makes them."""
