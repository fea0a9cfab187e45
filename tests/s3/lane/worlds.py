"""The lane beside the SDK: the same request by both, and the same answer to both."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from buckia.provider import Context
from buckia.secrets import Secret
from buckia_s3.connection import Connection
from buckia_s3.endpoint import endpoint
from buckia_s3.lane.replay import Whole, heard
from buckia_s3.options import Options
from buckia_s3.sdk import Made

BUCKET = "bucket"
KEYS = {"access_key": Secret("AK"), "secret_key": Secret("SK")}
_OF_THE_SDK_ALONE = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "expect"}
_OF_THE_MOMENT = {"x-amz-date", "authorization"}


def context(url: str | None = "http://127.0.0.1:9", **more: Any) -> Context:
    return Context(bucket_name=BUCKET, base=Path("/nowhere"), endpoint_url=url, **more)


def made(options: Mapping[str, Any] = KEYS, **more: Any) -> Made:
    given = Options(**options)
    asked = context(**more)
    return Made(
        given,
        endpoint(given, asked),
        None,
        60.0,
        width=2,
        is_anonymous=given.anonymous,
    )


class Asked:
    """One request, in the form in which two can be compared."""

    def __init__(
        self, method: str, target: str, headers: Mapping[str, str | bytes], body: bytes
    ) -> None:
        parts = urlsplit(target)
        self.method = method
        self.path = parts.path
        self.query = sorted(parts.query.split("&"))
        self.body = body
        self.headers = {
            name.lower(): value.decode("latin-1") if isinstance(value, bytes) else value
            for name, value in headers.items()
            if name.lower() not in _OF_THE_SDK_ALONE
        }

    def told(self) -> Mapping[str, Any]:
        headers = {name: v for name, v in self.headers.items() if name not in _OF_THE_MOMENT}
        headers.pop("host", None)
        headers.pop("accept-encoding", None)
        if headers.get("content-length") == "0" or self.method in {"GET", "HEAD", "DELETE"}:
            headers.pop("content-length", None)
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": headers,
            "body": self.body,
        }


def by_sdk(one: Made, operation: str, arguments: Mapping[str, Any]) -> Asked:
    """What the SDK would send."""
    seen: list[Asked] = []

    def look(request: Any) -> Any:
        body = request.body or b""
        body = bytes(body) if isinstance(body, bytes | bytearray) else body.read()
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        seen.append(Asked(request.method, target, dict(request.headers), body))
        return heard(request.url, 200, [("etag", '"e"')], Whole(_NOTHING.get(operation, b"")))

    one.reads(operation, {"Bucket": BUCKET, **arguments}, look)
    return seen[0]


@cache
def _one() -> Made:
    return made()


def read_by_sdk(
    operation: str,
    status: int,
    headers: Sequence[tuple[str, str]],
    body: bytes = b"",
    **arguments: Any,
) -> dict[str, Any]:
    """What the SDK makes of such an answer."""
    return _one().reads(
        operation,
        {"Bucket": BUCKET, **arguments},
        lambda request: heard(request.url, status, headers, Whole(body)),
    )


_UPLOAD = {"Key": "a", "UploadId": "u"}
_PART: Mapping[str, Any] = {**_UPLOAD, "PartNumber": 1}
NEEDED: Mapping[str, Mapping[str, Any]] = {
    "put_object": {"Key": "a", "Body": b"x"},
    "copy_object": {"Key": "a", "CopySource": {"Bucket": BUCKET, "Key": "b"}},
    "create_multipart_upload": {"Key": "a"},
    "upload_part": {**_PART, "Body": b"x"},
    "upload_part_copy": {
        **_PART,
        "CopySource": {"Bucket": BUCKET, "Key": "b"},
    },
    "complete_multipart_upload": {
        **_UPLOAD,
        "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": '"e"'}]},
    },
    "abort_multipart_upload": _UPLOAD,
    "list_multipart_uploads": {},
    "list_parts": _UPLOAD,
    "get_object": {"Key": "a"},
    "head_object": {"Key": "a"},
    "head_bucket": {},
    "delete_object": {"Key": "a"},
    "delete_objects": {"Delete": {"Objects": [{"Key": "a"}]}},
    "get_object_tagging": {"Key": "a"},
    "put_object_tagging": {"Key": "a", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    "list_objects_v2": {},
}
"""Arguments without which there is no such request."""


_NOTHING = {"list_objects_v2": b"<ListBucketResult/>"}


def as_sent(head: bytes, body: bytes) -> Asked:
    """What the lane sends, from its bytes."""
    first, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return Asked(method, target, headers, body)


class Answering:
    """A server that gives each connection the same bytes, and closes it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            try:
                made, _ = self._listener.accept()
            except OSError:
                return
            with closing(made):
                got = b""
                while b"\r\n\r\n" not in got:
                    more = made.recv(65536)
                    if not more:
                        break
                    got += more
                made.sendall(self.data)
                made.shutdown(socket.SHUT_WR)
                while made.recv(65536):
                    pass

    @contextmanager
    def running(self) -> Iterator[Answering]:
        self._thread.start()
        try:
            yield self
        finally:
            # Who waits in `accept` is not told of a close.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._thread.join()


def connection(url: str, **more: Any) -> Connection:
    options = Options(access_key=KEYS["access_key"], secret_key=KEYS["secret_key"])
    return Connection(options, context(url, **more), width=2)


def answer(
    body: bytes,
    *,
    status: int = 200,
    headers: Sequence[tuple[str, str]] = (),
    has_length: bool = True,
) -> bytes:
    lines = [f"HTTP/1.1 {status} Words", *(f"{name}: {value}" for name, value in headers)]
    if has_length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Talking:
    """A server that says these bytes, one after the other for each request, on each connection.

    Nothing of it is an answer by itself: what is heard as one is for whoever listens to find out.
    """

    def __init__(self, *connections: Sequence[bytes]) -> None:
        self._waiting = [list(replies) for replies in connections]
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]

    def say(self, data: bytes) -> None:
        """Unasked, on the connection that was made first."""
        self._open[0].sendall(data)

    def hang_up(self) -> None:
        """The same connection, from this side."""
        self._open[0].shutdown(socket.SHUT_WR)

    def _accept(self) -> None:
        while True:
            try:
                made, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(made)
            replies = self._waiting.pop(0) if self._waiting else []
            thread = threading.Thread(target=self._talk, args=(made, replies))
            self._threads.append(thread)
            thread.start()

    def _talk(self, made: socket.socket, replies: list[bytes]) -> None:
        # Whoever hangs up with something still to be heard resets the connection.
        with closing(made), suppress(ConnectionError):
            got = b""
            while more := made.recv(65536):
                got += more
                while b"\r\n\r\n" in got:
                    got = got.partition(b"\r\n\r\n")[2]
                    made.sendall(replies.pop(0) if replies else b"")

    @contextmanager
    def running(self) -> Iterator[Talking]:
        self._threads[0].start()
        try:
            yield self
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            for thread in self._threads:
                thread.join()
