"""Requests and answers as the proxy passes them on."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import msgspec

from tests.s3.servers.operations import operation_of

Headers = tuple[tuple[str, str], ...]
"""In the order in which they came, with the letters that they came with."""


class ConnectionCut(Exception):
    """Ends the connection without an answer."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The value of this header, whatever the case of its letters."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def without(self, *names: str) -> Headers:
        gone = {name.lower() for name in names}
        return tuple(pair for pair in self.headers if pair[0].lower() not in gone)

    def changing(self, name: str, value: str) -> Headers:
        """With this header instead of the one of its name, if there was one."""
        return (*self.without(name), (name, value))


class Request(Message, frozen=True, kw_only=True):
    """One request to one server, with the bucket in its path."""

    method: str
    target: str
    """Path and query, as they were sent."""
    is_probe: bool = False
    """Whether a mood asks it, of the server itself: no other mood touches it."""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """Decoded; what has no value is the empty text."""
        read = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        return {name: values[0] for name, values in read.items()}

    @property
    def bucket(self) -> str:
        return unquote(self.path.removeprefix("/").partition("/")[0])

    @property
    def key(self) -> str:
        return unquote(self.path.removeprefix("/").partition("/")[2])

    @property
    def operation(self) -> str:
        """As S3 calls it, or "Other"."""
        copies = self.header("x-amz-copy-source") is not None
        return operation_of(self.method, self.bucket, self.key, self.query.keys(), copies=copies)

    @property
    def is_chunked(self) -> bool:
        """Whether the body is in pieces with their sizes before them, as SDKs send trailers."""
        return (self.header("x-amz-content-sha256") or "").startswith("STREAMING-")

    def asking(self, query: dict[str, str]) -> Request:
        """The same with another query."""
        return msgspec.structs.replace(self, target=f"{self.path}?{urlencode(query)}")


class Answer(Message, frozen=True, kw_only=True):
    status: int
    length: int | None = None
    """What `Content-Length` says, where it is not the body's: of a HEAD, or when it was cut."""
    cut: int | None = None
    """How many bytes of the body are sent before the connection is closed."""

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300


def plain(request: Request) -> tuple[bytes, dict[str, str]]:
    """The bytes that are to be stored, and the trailers that came behind them."""
    if not request.is_chunked:
        return request.body, {}
    pieces: list[bytes] = []
    rest = request.body
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if size == 0:
            break
        pieces.append(rest[:size])
        rest = rest[size + 2 :]
    return b"".join(pieces), dict(_trailers(rest))


def _trailers(lines: bytes) -> Iterator[tuple[str, str]]:
    for line in lines.split(b"\r\n"):
        name, _, value = line.decode().partition(":")
        if name:
            yield name.strip().lower(), value.strip()
