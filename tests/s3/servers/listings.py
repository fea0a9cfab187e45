"""Moods about the pages of listings."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from datetime import UTC, datetime

import msgspec

from tests.s3.servers.documents import children, edited, put_text, read, text_of
from tests.s3.servers.moods import Does, Forward
from tests.s3.servers.wire import Answer, Request

TOKEN = "continuation-token"
AGAIN = "again-"


class _Lists(Does, frozen=True):
    @property
    def concerns(self) -> Collection[str]:
        return ("ListObjectsV2",)


class UnorderedPages(_Lists, frozen=True):
    """The keys of each page come from the last to the first; the pages stay in order."""

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = forward(request)
        if not answer.succeeded:
            return answer
        root = read(answer)
        found = children(root, "Contents")
        places = [index for index, child in enumerate(root) if child in found]
        for index, child in zip(places, reversed(found), strict=True):
            root[index] = child
        return edited(answer, root)


class DatesUploads(Does, frozen=True):
    """Tells of each upload when it was begun, where the server behind always tells the same."""

    _begun: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def concerns(self) -> Collection[str]:
        return ("CreateMultipartUpload", "ListMultipartUploads")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = forward(request)
        if not answer.succeeded:
            return answer
        root = read(answer)
        if request.operation == "CreateMultipartUpload":
            self._begun[text_of(root, "UploadId") or ""] = datetime.now(UTC).isoformat()
            return answer
        for row in children(root, "Upload"):
            if began := self._begun.get(text_of(row, "UploadId") or ""):
                put_text(row, "Initiated", began)
        return edited(answer, root)


class RepeatsPage(_Lists, frozen=True, kw_only=True):
    """Sends each page, the last one too, once more under a new token; or never any other one."""

    forever: bool = False

    @property
    def counts(self) -> bool:
        """The server knows nothing of the new tokens, so it must never see one."""
        return False

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        asked = request.query.get(TOKEN, "")
        times, token = _taken_apart(asked)
        query = {name: value for name, value in request.query.items() if name != TOKEN}
        answer = forward(request.asking({**query, TOKEN: token} if token else query))
        if not answer.succeeded:
            return answer
        root = read(answer)
        if asked:
            put_text(root, "ContinuationToken", asked)
        if self.forever or not times:
            put_text(root, "IsTruncated", "true")
            put_text(root, "NextContinuationToken", _again(times + 1, token))
        return edited(answer, root)


def _again(times: int, token: str) -> str:
    return f"{AGAIN}{times}-{urlsafe_b64encode(token.encode()).decode()}"


def _taken_apart(asked: str) -> tuple[int, str]:
    """How often that page was sent already, and the token that the server gave for it."""
    if not asked.startswith(AGAIN):
        return 0, asked
    times, _, token = asked.removeprefix(AGAIN).partition("-")
    return int(times), urlsafe_b64decode(token).decode()
