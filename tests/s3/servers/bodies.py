"""Moods about bytes, and about what is said of them."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator

import msgspec

from tests.s3.servers.checksums import checksum, known
from tests.s3.servers.documents import edited, put_text, read, refusal, text_of
from tests.s3.servers.moods import Does, Forward
from tests.s3.servers.wire import Answer, Request, plain

CHECKSUM = "x-amz-checksum-"
_NO_CHECKSUMS = frozenset({"algorithm", "type", "mode"})
"""Headers that begin like those of checksums and speak about them only."""


class _Gives(Does, frozen=True):
    @property
    def concerns(self) -> Collection[str]:
        return ("GetObject",)


class TruncatesBody(_Gives, frozen=True):
    """Sends the first bytes only and says that these are all."""

    size: int

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = forward(request)
        if not answer.succeeded:
            return answer
        return msgspec.structs.replace(answer, body=answer.body[: self.size])


class CorruptsBody(_Gives, frozen=True):
    """Sends as many bytes, but the one in the middle is another."""

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = forward(request)
        if not answer.succeeded or not answer.body:
            return answer
        changed = bytearray(answer.body)
        changed[len(changed) // 2] ^= 1
        return msgspec.structs.replace(answer, body=bytes(changed))


class WrongChecksum(Does, frozen=True, kw_only=True):
    """Says another ETag, or other checksums, than the server; in headers and in documents."""

    etag: bool = True
    checksums: bool = True

    @property
    def concerns(self) -> Collection[str]:
        uploads = ("PutObject", "UploadPart", "CompleteMultipartUpload")
        return (*uploads, "CopyObject", "UploadPartCopy", "GetObject", "HeadObject")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = forward(request)
        if not answer.succeeded:
            return answer
        headers = tuple((name, self._told(name, value)) for name, value in answer.headers)
        answer = msgspec.structs.replace(answer, headers=headers)
        if request.operation in ("CompleteMultipartUpload", "CopyObject", "UploadPartCopy"):
            return self._document(answer)
        return answer

    def _told(self, name: str, value: str) -> str:
        name = name.lower()
        if name == "etag" and self.etag:
            return _other_etag(value)
        part = name.removeprefix(CHECKSUM)
        if self.checksums and part != name and part not in _NO_CHECKSUMS:
            return _other_checksum(value)
        return value

    def _document(self, answer: Answer) -> Answer:
        root = read(answer)
        if self.etag and (value := text_of(root, "ETag")):
            put_text(root, "ETag", _other_etag(value))
        for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
            if self.checksums and (value := text_of(root, f"Checksum{name}")):
                put_text(root, f"Checksum{name}", _other_checksum(value))
        return edited(answer, root)


def _other_etag(value: str) -> str:
    """Of the same form, with or without quotes."""
    return re.sub("[0-9a-f]", lambda digit: "1" if digit[0] == "0" else "0", value, count=1)


def _other_checksum(value: str) -> str:
    """Of the same form; what stands behind a dash counts parts."""
    text, dash, parts = value.partition("-")
    digest = bytearray(b64decode(text))
    digest[0] ^= 1
    return b64encode(digest).decode() + dash + parts


class ChecksBodies(Does, frozen=True):
    """400 for bytes that are not those of the digests sent with them, in headers or trailers.

    The checksums sent with a completion are of the whole object; they are left to the server.
    """

    @property
    def concerns(self) -> Collection[str]:
        return ("PutObject", "UploadPart", "DeleteObjects")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        data, trailers = plain(request)
        for algorithm, told in _promised(request, trailers):
            if not known(algorithm):
                return refusal(501, "NotImplemented")
            if checksum(algorithm, data) != told:
                return refusal(400, "BadDigest")
        signed = request.header("x-amz-content-sha256") or ""
        if re.fullmatch("[0-9a-f]{64}", signed) and hashlib.sha256(data).hexdigest() != signed:
            return refusal(400, "XAmzContentSHA256Mismatch")
        return forward(request)


def _promised(request: Request, trailers: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Algorithms, and what was told of each."""
    if (told := request.header("Content-MD5")) is not None:
        yield "md5", told
    for name, value in (*request.headers, *trailers.items()):
        part = name.lower().removeprefix(CHECKSUM)
        if part != name.lower() and part not in _NO_CHECKSUMS:
            yield part, value
