"""Moods about whether and what is answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from tests.s3.servers.documents import XML, error_document, refusal
from tests.s3.servers.moods import Does, Forward
from tests.s3.servers.wire import Answer, ConnectionCut, Request

NOTHING: Mapping[str, str] = {}


class Answers(Does, frozen=True):
    """Refuses as S3 does, and the server never hears of it."""

    status: int
    code: str
    headers: Mapping[str, str] = NOTHING
    """Such as Retry-After."""
    elements: Mapping[str, str] = NOTHING
    """What the document tells besides the code, such as the Region."""

    def __call__(self, _request: Request, _forward: Forward, /) -> Answer:
        body = error_document(self.code, self.elements)
        headers = (XML, *self.headers.items())
        return Answer(status=self.status, headers=headers, body=body)


class LosesAnswer(Does, frozen=True):
    """The server does it, and the connection ends without a word."""

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        forward(request)
        raise ConnectionCut


class CutsConnection(Does, frozen=True, kw_only=True):
    """The connection ends after so many bytes of a body.

    Of a request no more is read, and the server never hears of it. Of an answer the headers still
    announce all, and the server has done its work.
    """

    after: int
    of: Literal["request", "answer"]

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        if self.of == "request":
            raise ConnectionCut
        answer = forward(request)
        return msgspec.structs.replace(answer, cut=min(self.after, len(answer.body)))


class SendsErrorIn200(Does, frozen=True, kw_only=True):
    """Answers 200 and puts an error into the body, as S3 may where an answer takes long."""

    code: str = "InternalError"
    done: bool = False
    """Whether the server does it nevertheless."""

    @property
    def concerns(self) -> Collection[str]:
        return ("CompleteMultipartUpload", "CopyObject", "UploadPartCopy")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        if self.done and not (answer := forward(request)).succeeded:
            return answer
        return Answer(status=200, headers=(XML,), body=error_document(self.code))


class KeepsNoMetadata(Does, frozen=True):
    """Stores the bytes and the type, and nothing that is told of them besides."""

    @property
    def concerns(self) -> Collection[str]:
        return ("PutObject", "CopyObject", "CreateMultipartUpload")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        kept = tuple(
            (name, value)
            for name, value in request.headers
            if not name.lower().startswith("x-amz-meta-")
        )
        return forward(msgspec.structs.replace(request, headers=kept))


class LosesTags(Does, frozen=True):
    """Keeps no tags with a copy that has metadata of its own, nor with what comes in parts."""

    @property
    def concerns(self) -> Collection[str]:
        return ("CopyObject", "CreateMultipartUpload")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        if (
            request.operation == "CopyObject"
            and request.header("x-amz-metadata-directive") != "REPLACE"
        ):
            return forward(request)
        kept = tuple(
            (name, value)
            for name, value in request.headers
            if not name.lower().startswith("x-amz-tagging")
        )
        none = (("x-amz-tagging-directive", "REPLACE"),)
        return forward(msgspec.structs.replace(request, headers=(*kept, *none)))


class RefusesTrailers(Does, frozen=True):
    """411 for checksums that come behind the body, as services do that do not know them."""

    @property
    def concerns(self) -> Collection[str]:
        return ("PutObject", "UploadPart")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        encodings = (request.header("Content-Encoding") or "").replace(" ", "").split(",")
        if request.header("x-amz-trailer") or "aws-chunked" in encodings or request.is_chunked:
            return refusal(411, "MissingContentLength")
        return forward(request)
