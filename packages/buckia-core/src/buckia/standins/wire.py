"""Requests and replies, as the parts of a stand-in hand them to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BufferedIOBase
from typing import TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

JSON = ("Content-Type", "application/json")


class Gone(Exception):
    """The client left in the middle of its request."""


class Malformed(Exception):
    """The request cannot be understood."""


class Body:
    """The body of one request, which is read only when somebody asks for it."""

    def __init__(self, stream: BufferedIOBase, headers: Mapping[str, str]) -> None:
        self._stream = stream
        self._headers = headers
        self._bytes: bytes | None = None

    def read(self) -> bytes:
        """All of it; `Gone` if it ends before its end."""
        if self._bytes is None:
            self._bytes = self._read()
        return self._bytes

    def _read(self) -> bytes:
        if self._headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked()
        announced = self._headers.get("content-length", "0")
        if not (announced.isascii() and announced.isdecimal()):
            raise Malformed(f"the length of the body is {announced!r}")
        return self._exactly(int(announced))

    def _chunked(self) -> bytes:
        body = bytearray()
        while size := self._size_of_chunk():
            body += self._exactly(size)
            self._line()
        while self._line().strip():
            # What stands behind the last chunk belongs to the connection, not to the body.
            continue
        return bytes(body)

    def _size_of_chunk(self) -> int:
        line = self._line().partition(b";")[0].strip()
        try:
            return int(line, 16)
        except ValueError as error:
            raise Malformed(f"the length of a chunk is {line!r}") from error

    def _line(self) -> bytes:
        line = self._stream.readline()
        if not line.endswith(b"\n"):
            raise Gone
        return line

    def _exactly(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) < size:
            raise Gone
        return found


class Request(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    target: str
    """As it was sent, one character for each byte."""
    path: str
    """As in the address, decoded, without what stands behind a question mark."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: Body
    is_sound: bool = True
    """Whether the path could be decoded."""


def request_of(method: str, target: str, headers: Sequence[tuple[str, str]], body: Body) -> Request:
    """`target` has one character for each byte."""
    path, _, query = target.partition("?")
    raw = unquote_to_bytes(path.encode("latin-1"))
    decoded = raw.decode(errors="replace")
    return Request(
        method=method,
        target=target,
        path=decoded,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in headers},
        body=body,
        is_sound=decoded.encode() == raw,
    )


R = TypeVar("R", bound=Request)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered, and how the connection goes on."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: int | None = None
    """After so many bytes of the body the connection ends; the headers still announce all."""
    closes: bool = False
    """The connection ends after the answer, which does not say so."""
    stalls: bool = False
    """Nothing is answered until the server stops."""


NO_ANSWER = Reply(status=0)
"""The connection ends without a word."""
STALLED = Reply(status=0, stalls=True)

Forward = Callable[[Request], Reply]
"""Passes a request on, to the next trouble or to the server."""
