"""From an operation's arguments, by the SDK's names for them, to a request."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from buckia import digests
from buckia_s3.checks import in_base64
from buckia_s3.lane import bodies

METADATA = "x-amz-meta-"
_NAME = re.compile(r"[a-z0-9_.-]+")
_BLANK = frozenset({"", " "})


class Request(NamedTuple):
    """What goes to the bucket, not yet signed."""

    method: str
    path: str
    """Behind that of the bucket, as it stands in the address."""
    query: tuple[tuple[str, str], ...]
    """In order, as it stands in the address."""
    headers: dict[str, str]
    """By names in small letters."""
    body: bytes | bytearray = b""
    is_document: bool = False
    """Whether the body says what is to be done, and is not what is to be kept."""

    @property
    def query_line(self) -> str:
        """The query as the SDK writes it; to those who sign, all words of it have a value."""
        return "&".join(
            [name if name in _BARE else f"{name}={value}" for name, value in self.query]
        )


class Operation(NamedTuple):
    """How one kind of request is written."""

    method: str
    headers: Mapping[str, str] = {}
    """From arguments to headers."""
    query: Mapping[str, str] = {}
    """From arguments to what stands in the address."""
    always: Mapping[str, str] = {}
    """What always stands there."""
    bodies: Mapping[str, Callable[[Any], bytes | bytearray | None]] = {}
    """From arguments to the body."""
    is_document: bool = False
    """As of its requests."""
    is_checked: bool = False
    """Whether checksums go with the document."""

    def request(self, arguments: Mapping[str, Any]) -> Request | None:
        """None where an argument is one that only the SDK knows how to write."""
        headers: dict[str, str] = {}
        query = dict(self.always)
        path = ""
        body: bytes | bytearray = b""
        for name, value in arguments.items():
            if name in self.headers:
                headers[self.headers[name]] = value
            elif name in self.query and type(value) in _WORDS:
                query[self.query[name]] = str(value)
            elif name == "Key":
                path = "/" + quote(value, safe="/~")
            elif name in _SEVERAL:
                headers.update(_SEVERAL[name](value))
            elif name in self.bodies and (given := self.bodies[name](value)) is not None:
                body = given
            else:
                return None
        if self.is_checked:
            headers.update(_checks(body))
        if not all(map(_is_plain, headers.values())):
            return None
        written = sorted((_quoted(name), _quoted(value)) for name, value in query.items())
        return Request(self.method, path, tuple(written), headers, body, self.is_document)


def _is_plain(value: Any) -> bool:
    """Whether a header can hold it as it is: ASCII on one line, with nothing to be cut off."""
    return (
        type(value) is str
        and value.isascii()
        and value.isprintable()
        and value[:1] not in _BLANK
        and value[-1] != " "
    )


def _quoted(word: str) -> str:
    return quote(word, safe="-_.~")


def _metadata(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        # A name that is none makes the request one for the SDK, which says so.
        yield METADATA + name, value if _is_name(name) else ""


@lru_cache(maxsize=64)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def _checks(document: bytes | bytearray) -> Iterator[tuple[str, str]]:
    """One that services of another age insist on, and the one that the SDK sends by itself."""
    yield "content-md5", in_base64(digests.of(document, "md5"))
    yield "x-amz-checksum-crc32", in_base64(f"{zlib.crc32(document):08x}")
    yield "x-amz-sdk-checksum-algorithm", "CRC32"


def _source(given: Any) -> Iterator[tuple[str, str]]:
    is_plain = isinstance(given, dict) and given.keys() == {"Bucket", "Key"}
    # As above; with a colon it is a name of another kind.
    is_plain = is_plain and ":" not in given["Bucket"]
    written = quote(f"{given['Bucket']}/{given['Key']}", safe="/-_.~") if is_plain else ""
    yield "x-amz-copy-source", written


_SEVERAL: Mapping[str, Callable[[Any], Iterator[tuple[str, str]]]] = {
    "Metadata": _metadata,
    "CopySource": _source,
}
"""Arguments that are headers by rules of their own."""
_BARE = frozenset({"uploads", "delete", "tagging"})
"""What stands in the address without a value."""
_WORDS = frozenset({str, int})
_CONDITIONS = {"IfMatch": "if-match", "IfNoneMatch": "if-none-match"}
_CHECKS = {"ContentMD5": "content-md5", "ChecksumSHA256": "x-amz-checksum-sha256"}

_DRESS = {
    "CacheControl": "cache-control",
    "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentType": "content-type",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "StorageClass": "x-amz-storage-class",
    "Tagging": "x-amz-tagging",
    "WebsiteRedirectLocation": "x-amz-website-redirect-location",
}
_KEPT = {"Body": bodies.kept}
_ORIGIN = {"CopySourceIfMatch": "x-amz-copy-source-if-match"}
_PART = {"PartNumber": "partNumber", "UploadId": "uploadId"}

OPERATIONS: Mapping[str, Operation] = {
    "put_object": Operation("PUT", headers={**_CONDITIONS, **_CHECKS, **_DRESS}, bodies=_KEPT),
    "copy_object": Operation(
        "PUT",
        headers={
            **_CONDITIONS,
            **_DRESS,
            **_ORIGIN,
            "MetadataDirective": "x-amz-metadata-directive",
            "TaggingDirective": "x-amz-tagging-directive",
        },
    ),
    "create_multipart_upload": Operation("POST", headers=_DRESS, always={"uploads": ""}),
    "upload_part": Operation("PUT", headers=_CHECKS, query=_PART, bodies=_KEPT),
    "upload_part_copy": Operation(
        "PUT", headers={**_ORIGIN, "CopySourceRange": "x-amz-copy-source-range"}, query=_PART
    ),
    "complete_multipart_upload": Operation(
        "POST",
        headers=_CONDITIONS,
        query={"UploadId": "uploadId"},
        bodies={"MultipartUpload": bodies.parts},
        is_document=True,
    ),
    "abort_multipart_upload": Operation("DELETE", query={"UploadId": "uploadId"}),
    "list_multipart_uploads": Operation("GET", query={"Prefix": "prefix"}, always={"uploads": ""}),
    "list_parts": Operation(
        "GET",
        query={
            "MaxParts": "max-parts",
            "PartNumberMarker": "part-number-marker",
            "UploadId": "uploadId",
        },
    ),
    "get_object": Operation("GET", headers={**_CONDITIONS, "Range": "range"}),
    "head_object": Operation("HEAD", headers=_CONDITIONS, query={"PartNumber": "partNumber"}),
    "head_bucket": Operation("HEAD"),
    "delete_object": Operation("DELETE", headers={"IfMatch": "if-match"}),
    "delete_objects": Operation(
        "POST",
        always={"delete": ""},
        bodies={"Delete": bodies.deletion},
        is_document=True,
        is_checked=True,
    ),
    "get_object_tagging": Operation("GET", always={"tagging": ""}),
    "put_object_tagging": Operation(
        "PUT",
        query={"VersionId": "versionId"},
        always={"tagging": ""},
        bodies={"Tagging": bodies.tags},
        is_document=True,
        is_checked=True,
    ),
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
