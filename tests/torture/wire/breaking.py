"""Connections that end, fall silent, or trickle."""

from __future__ import annotations

from typing import Literal

import msgspec

from tests.s3.servers.documents import refusal
from tests.torture.wire.line import Talk

_BETWEEN = 0.1
"""Seconds between two bytes of a trickle, well below any patience for a single one."""
Place = Literal["head", "end of head", "body", "last byte"]


class CutsHead(msgspec.Struct, frozen=True):
    """The connection ends when the head of the request was read; nothing is done."""

    def __call__(self, talk: Talk) -> None:
        talk.end(reset=True)


class CutsRequest(msgspec.Struct, frozen=True):
    """The same in the middle of its body, for which the client was told to go on."""

    reset: bool = False

    def __call__(self, talk: Talk) -> None:
        if "100-continue" in (talk.head.header("Expect") or "").lower():
            talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        talk.end(reset=self.reset)


class StallsRequest(msgspec.Struct, frozen=True):
    """The body is asked for and never answered."""

    def __call__(self, talk: Talk) -> None:
        if "100-continue" in (talk.head.header("Expect") or "").lower():
            talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        talk.hush()


def _place(of: Place, head: bytes, body: bytes) -> int:
    """How many bytes of an answer lie before that place."""
    if of == "head":
        return len(head) // 2
    if of == "end of head":
        return len(head)
    if of == "body":
        return len(head) + len(body) // 2
    return len(head) + len(body) - 1


class CutsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """It is done, and the connection ends after a part of the answer, or before all of it."""

    after: int = 0
    of: Place | None = None
    reset: bool = False

    def __call__(self, talk: Talk) -> None:
        head, body = talk.raw(talk.answer())
        count = self.after if self.of is None else _place(self.of, head, body)
        talk.send((head + body)[:count])
        talk.end(reset=self.reset)


class CutsRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal whose reasons end in the middle."""

    reset: bool

    def __call__(self, talk: Talk) -> None:
        talk.request()
        head, body = talk.raw(refusal(503, "SlowDown"))
        talk.send(head + body[: len(body) // 2])
        talk.end(reset=self.reset)


class CutsContinue(msgspec.Struct, frozen=True):
    """The word to go on ends before its empty line."""

    def __call__(self, talk: Talk) -> None:
        talk.send(b"HTTP/1.1 100 Continue\r\n")
        talk.end()


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """The connection stays, and nothing more comes."""

    does: bool
    of: Place | None = None

    def __call__(self, talk: Talk) -> None:
        if self.does:
            head, body = talk.raw(talk.answer())
            count = 0 if self.of is None else _place(self.of, head, body)
            talk.send((head + body)[:count])
        talk.hush()


class Drips(msgspec.Struct, frozen=True, kw_only=True):
    """The answer comes byte by byte, and each of them in time."""

    of: Place

    def __call__(self, talk: Talk) -> None:
        head, body = talk.raw(talk.answer())
        if self.of == "body":
            talk.send(head)
            head = b""
        talk.ends = True
        for byte in head + body:
            talk.send(bytes((byte,)))
            talk.sleep(_BETWEEN)
