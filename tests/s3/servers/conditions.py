"""Moods about conditions: If-Match and its like."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from threading import Lock
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import msgspec

from tests.s3.servers.checksums import checksum
from tests.s3.servers.documents import (
    NAMESPACE,
    XML,
    added,
    children,
    edited,
    read,
    refusal,
    text_of,
    written,
)
from tests.s3.servers.moods import Does, Forward
from tests.s3.servers.wire import Answer, Request

OF_TARGET = ("If-Match", "If-None-Match")
OF_SOURCE = "x-amz-copy-source-if-"
CHANGES = ("PutObject", "CompleteMultipartUpload", "CopyObject", "DeleteObject", "DeleteObjects")
Name = tuple[str, str]
"""A bucket and a key."""


class BareIfMatch(Does, frozen=True):
    """Takes an ETag without quotes only, as Ceph 16 does; an absent object is another version."""

    @property
    def concerns(self) -> Collection[str]:
        return ("PutObject",)

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        wanted = request.header("If-Match")
        if wanted is None:
            return forward(request)
        if wanted.startswith('"'):
            return refusal(412, "PreconditionFailed")
        if wanted != "*":
            headers = request.changing("If-Match", f'"{wanted}"')
            request = msgspec.structs.replace(request, headers=headers)
        answer = forward(request)
        return refusal(412, "PreconditionFailed") if answer.status == 404 else answer


class _Conditional(Does, frozen=True):
    @property
    def concerns(self) -> Collection[str]:
        return (*CHANGES, "UploadPartCopy", "GetObject", "HeadObject")


class IgnoresConditions(_Conditional, frozen=True):
    """Does it whatever the conditions are."""

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        return forward(_unconditional(request))


class RefusesConditions(_Conditional, frozen=True):
    """501 for any condition, as Backblaze answers."""

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        if _unconditional(request) != request:
            return refusal(501, "NotImplemented")
        return forward(request)


def _unconditional(request: Request) -> Request:
    """The same without conditions; the very same if it has none."""
    names = {name.lower() for name in OF_TARGET}
    kept = tuple(
        pair
        for pair in request.headers
        if pair[0].lower() not in names and not pair[0].lower().startswith(OF_SOURCE)
    )
    request = msgspec.structs.replace(request, headers=kept)
    if request.operation == "DeleteObjects":
        root = read(request)
        wanted = children(root, "Object")
        if any(text_of(one, "ETag") is not None for one in wanted):
            return _deleting(request, root, wanted)
    return request


def _deleting(request: Request, root: ET.Element, chosen: Sequence[ET.Element]) -> Request:
    """Of the objects in a DeleteObjects only these, without their ETags."""
    for one in children(root, "Object"):
        if one not in chosen:
            root.remove(one)
        for etag in children(one, "ETag"):
            one.remove(etag)
    body = written(root)
    told = [name for name, _ in request.headers if name.lower().startswith("x-amz-checksum-")]
    bare = msgspec.structs.replace(
        request, headers=request.without(*told, "x-amz-sdk-checksum-algorithm"), body=body
    )
    headers = bare.changing("Content-MD5", checksum("md5", body))
    signed = msgspec.structs.replace(bare, headers=headers)
    # What is signed is the body, too.
    headers = signed.changing("x-amz-content-sha256", sha256(body).hexdigest())
    return msgspec.structs.replace(signed, headers=headers)


class _Turns:
    """One lock for each key, so that nothing comes between asking and doing."""

    def __init__(self) -> None:
        self._locks: dict[Name, Lock] = {}
        self._adding = Lock()

    @contextmanager
    def at(self, names: Collection[Name]) -> Iterator[None]:
        with ExitStack() as held:
            for name in sorted(set(names)):
                with self._adding:
                    lock = self._locks.setdefault(name, Lock())
                held.enter_context(lock)
            yield


class EnforcesConditions(Does, frozen=True):
    """Honours all conditions on ETags as AWS does: of changes, and of the sources of copies.

    It asks the server for the ETags, in the client's name, so the server must not check signatures;
    and all that changes objects must come through this one mood. An ETag in a DeleteObjects for an
    object that is not there answers NoSuchKey for it, like a DeleteObject.
    """

    turns: _Turns = msgspec.field(default_factory=_Turns)

    @property
    def concerns(self) -> Collection[str]:
        return (*CHANGES, "UploadPartCopy")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        if request.operation == "DeleteObjects":
            return self._delete_many(request, forward)
        here, source = (request.bucket, request.key), _source(request)
        with self.turns.at([here, *([source[0]] if source else [])]):
            refused = _judged(request, _etag(request, here, forward))
            if refused is None and source is not None:
                name, version = source
                refused = _judged_source(request, _etag(request, name, forward, version))
            if refused is not None:
                return refused
            conditions = (*OF_TARGET, f"{OF_SOURCE}match", f"{OF_SOURCE}none-match")
            bare = msgspec.structs.replace(request, headers=request.without(*conditions))
            return forward(bare)

    def _delete_many(self, request: Request, forward: Forward) -> Answer:
        root = read(request)
        wanted = children(root, "Object")
        names = [(request.bucket, text_of(one, "Key") or "") for one in wanted]
        with self.turns.at(names):
            refused = [
                _refused(text_of(one, "ETag"), _etag(request, name, forward))
                for one, name in zip(wanted, names, strict=True)
            ]
            chosen = [one for one, why in zip(wanted, refused, strict=True) if why is None]
            # A server refuses a list without objects, so it gets none that we emptied.
            answer = Answer(status=200, headers=(XML,), body=_no_result())
            if chosen or not wanted:
                answer = forward(_deleting(request, root, chosen))
        if not answer.succeeded:
            return answer
        result = read(answer)
        for (_, key), why in zip(names, refused, strict=True):
            if why is not None:
                added(result, "Error", {"Key": key, "Code": why[1], "Message": why[1]})
        return edited(answer, result)


def _no_result() -> bytes:
    return written(ET.Element(f"{{{NAMESPACE}}}DeleteResult"))


def _source(request: Request) -> tuple[Name, str | None] | None:
    """What is to be copied, and which version of it."""
    named = request.header("x-amz-copy-source")
    if named is None:
        return None
    path, _, version = named.partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    return (bucket, key), version or None


def _etag(request: Request, name: Name, forward: Forward, version: str | None = None) -> str | None:
    """Of what the server holds there, without quotes; None if it holds nothing."""
    bucket, key = name
    query = f"?versionId={quote(version)}" if version else ""
    own = {"host", "authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"}
    probe = Request(
        method="HEAD",
        target=f"/{quote(bucket)}/{quote(key)}{query}",
        headers=tuple(pair for pair in request.headers if pair[0].lower() in own),
        is_probe=True,
    )
    answer = forward(probe)
    if answer.status == 404:
        return None
    if not answer.succeeded:
        raise RuntimeError(f"HEAD {probe.target} answered {answer.status}")
    return (answer.header("ETag") or "").strip('"')


def _judged(request: Request, held: str | None) -> Answer | None:
    """The refusal if a condition on the target is not met by what is held there."""
    only_new = request.header("If-None-Match")
    if only_new not in (None, "*"):
        return refusal(501, "NotImplemented")
    if only_new is not None and held is not None:
        return refusal(412, "PreconditionFailed")
    why = _refused(request.header("If-Match"), held)
    return None if why is None else refusal(*why)


def _refused(wanted: str | None, held: str | None) -> tuple[int, str] | None:
    """Status and code, if this If-Match is not met."""
    if wanted is None or (wanted == "*" and held is not None):
        return None
    if held is None and wanted != "*":
        return 404, "NoSuchKey"
    return None if wanted.strip('"') == held else (412, "PreconditionFailed")


def _judged_source(request: Request, held: str | None) -> Answer | None:
    """The refusal if a condition on the source is not met; that there is none, the server says."""
    wanted = request.header(f"{OF_SOURCE}match")
    unwanted = request.header(f"{OF_SOURCE}none-match")
    if held is None:
        return None
    differs = wanted is not None and wanted.strip('"') not in ("*", held)
    if differs or (unwanted is not None and unwanted.strip('"') in ("*", held)):
        return refusal(412, "PreconditionFailed")
    return None
