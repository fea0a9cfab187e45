"""Answers that are sound, and not to what was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

import msgspec

from tests.s3.servers.documents import XML
from tests.s3.servers.wire import Answer, Request
from tests.torture.wire.line import Talk

OTHER = "stay/0.txt"
"""An object that is always there, about which nobody has asked."""


def _is_s3(request: Request) -> bool:
    return request.header("Authorization") is not None


class OfAnother(msgspec.Struct, frozen=True):
    """The answer to the same question about another object, or about another page."""

    def __call__(self, talk: Talk) -> None:
        request = talk.request()
        if talk.asked.kind == "list":
            Pages("elsewhere")(talk)
            return
        path, mark, query = request.target.partition("?")
        place = path.split("/")[1]
        target = f"/{place}/{quote(OTHER)}{mark}{query}"
        talk.pass_on(talk.answer(msgspec.structs.replace(request, target=target)))


class YesAndNo(msgspec.Struct, frozen=True):
    """Says that it was done, in the words for something else, and does nothing."""

    def __call__(self, talk: Talk) -> None:
        request = talk.request()
        if not _is_s3(request):
            status = {"PUT": 201}.get(request.method, 200)
            body = json.dumps({"HttpCode": status, "Message": "Done."}).encode()
            talk.pass_on(Answer(status=status, body=body))
            return
        etag = ("ETag", f'"{talk.chance.randbytes(16).hex()}"')
        status = 204 if request.method == "DELETE" else 200
        body = _DOCUMENTS.get(talk.asked.kind, b"")
        talk.pass_on(Answer(status=status, headers=(etag, XML), body=body))


_NOTE = b"<ETag>&quot;00000000000000000000000000000000&quot;</ETag>"
_DOCUMENTS = {
    "copy": b"<CopyObjectResult>" + _NOTE + b"</CopyObjectResult>",
    "part copy": b"<CopyPartResult>" + _NOTE + b"</CopyPartResult>",
    "create": b"<InitiateMultipartUploadResult><UploadId>none-of-these</UploadId>"
    b"</InitiateMultipartUploadResult>",
    "complete": b"<CompleteMultipartUploadResult>" + _NOTE + b"</CompleteMultipartUploadResult>",
    "delete many": b"<DeleteResult></DeleteResult>",
}


class Pages(msgspec.Struct, frozen=True):
    """Another part of the listing than the one that was asked for."""

    what: Literal["again", "left out", "empty", "elsewhere"]

    def __call__(self, talk: Talk) -> None:
        request = talk.request()
        page = _s3_page if _is_s3(request) else _bunny_page
        talk.pass_on(page(self.what, request, talk.answer))


Ask = Callable[[Request], Answer]


def _s3_page(what: str, request: Request, ask: Ask) -> Answer:
    answer = ask(request)
    first, _, rest = answer.body.partition(b"<Contents>")
    if what == "again":
        query = {name: text for name, text in request.query.items() if name != "continuation-token"}
        return ask(request.asking(query))
    if what == "empty":
        end = b"</ListBucketResult>"
        whole = first.replace(b"<IsTruncated>true", b"<IsTruncated>false")
        return msgspec.structs.replace(answer, body=whole if not rest else whole + end)
    if what == "elsewhere":
        return ask(request.asking({**request.query, "prefix": "stay/"}))
    if b"<NextContinuationToken>" not in answer.body:
        # Behind the last page there is none.
        return answer
    token = answer.body.partition(b"<NextContinuationToken>")[2].partition(b"<")[0].decode()
    return _told(ask(request.asking({**request.query, "continuation-token": token})), token)


def _told(page: Answer, token: str) -> Answer:
    """With the token that it was asked with, which S3 repeats and this server does not."""
    told = f"<ContinuationToken>{token}</ContinuationToken><IsTruncated>".encode()
    return msgspec.structs.replace(page, body=page.body.replace(b"<IsTruncated>", told, 1))


def _bunny_page(what: str, request: Request, ask: Ask) -> Answer:
    answer = ask(request)
    if what == "empty":
        return msgspec.structs.replace(answer, body=b"[]")
    if what == "elsewhere":
        zone = request.path.split("/")[1]
        return ask(msgspec.structs.replace(request, target=f"/{zone}/stay/"))
    rows = json.loads(answer.body or b"[]")
    rows = rows * 2 if what == "again" else rows[: len(rows) // 2]
    return msgspec.structs.replace(answer, body=json.dumps(rows).encode())
