"""Which kind of request the bytes on a line are, for S3 and for Bunny."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tests.s3.servers.wire import Request

PROBE = ".buckia-probe-"
"""What the names hold of the objects by which Buckia finds out what an endpoint honours."""
_S3: Mapping[str, str] = {
    "ListObjectsV2": "list",
    "HeadObject": "head",
    "GetObject": "get",
    "PutObject": "put",
    "CreateMultipartUpload": "create",
    "UploadPart": "part",
    "CompleteMultipartUpload": "complete",
    "AbortMultipartUpload": "abort",
    "ListParts": "parts",
    "ListMultipartUploads": "uploads",
    "CopyObject": "copy",
    "UploadPartCopy": "part copy",
    "DeleteObject": "delete",
    "DeleteObjects": "delete many",
}
_BUNNY: Mapping[str, str] = {
    "GET": "get",
    "DESCRIBE": "describe",
    "PUT": "put",
    "DELETE": "delete",
}


class Kind(msgspec.Struct, frozen=True):
    """A kind of request, and what there is of it to be harmed."""

    name: str
    sends: bool = False
    """Whether it has a body."""
    receives: bool = False
    """Whether the answer to it has one."""
    writes: bool = False
    """Whether it changes the bucket."""


S3_KINDS = (
    Kind("list", receives=True),
    Kind("head"),
    Kind("get", receives=True),
    Kind("put", sends=True, writes=True),
    Kind("create", receives=True, writes=True),
    Kind("part", sends=True, writes=True),
    Kind("complete", sends=True, receives=True, writes=True),
    Kind("abort", writes=True),
    Kind("parts", receives=True),
    Kind("uploads", receives=True),
    Kind("copy", receives=True, writes=True),
    Kind("part copy", receives=True, writes=True),
    Kind("delete", writes=True),
    Kind("delete many", sends=True, receives=True, writes=True),
    Kind("probe", writes=True),
)
BUNNY_KINDS = (
    Kind("list", receives=True),
    Kind("describe", receives=True),
    Kind("get", receives=True),
    Kind("put", sends=True, receives=True, writes=True),
    Kind("delete", receives=True, writes=True),
)


class Asked(msgspec.Struct, frozen=True):
    """A request as the log of a line keeps it."""

    kind: str
    key: str
    """With the page or the number of the part, where it is about one."""
    target: str


Judging = Callable[[Request], Asked]


def asked_of_s3(request: Request) -> Asked:
    """Requests of a probe are a kind of their own, whatever they do."""
    query = request.query
    kind = _S3.get(request.operation, "other")
    key = request.key or query.get("prefix", "")
    part = query.get("partNumber") or query.get("continuation-token", "")
    if PROBE in key and kind not in ("list", "uploads"):
        kind = "probe"
    return Asked(kind, f"{key} {part}".strip(), request.target)


def asked_of_bunny(request: Request) -> Asked:
    """What ends with a slash is a folder."""
    path = request.path
    kind = "list" if request.method == "GET" and path.endswith("/") else _BUNNY[request.method]
    return Asked(kind, request.key, request.target)
