"""Answers and requests that come whole, and not as they were sent."""

from __future__ import annotations

import gzip
from typing import Literal

import msgspec

from tests.s3.servers.documents import refusal
from tests.s3.servers.wire import Answer
from tests.torture.wire.line import Talk

MOST = 256 << 20
"""Bytes of what has no end; who takes all of them would have taken any number."""
_PIECE = 1 << 16


class SendsTwice(msgspec.Struct, frozen=True, kw_only=True):
    """The server hears it twice, as from a middlebox that lost its patience."""

    keeps: int
    """Whose answer comes back: of the first one, or of the second."""

    def __call__(self, talk: Talk) -> None:
        answers = [talk.answer(), talk.answer()]
        talk.pass_on(answers[self.keeps])


class AnswersTwice(msgspec.Struct, frozen=True):
    """The bytes of the answer come once more behind it, where the next answer belongs."""

    def __call__(self, talk: Talk) -> None:
        head, body = talk.raw(talk.answer())
        talk.send((head + body) * 2)


class Announces(msgspec.Struct, frozen=True):
    """A `Content-Length` that is not that of the body."""

    what: Literal[
        "longer", "shorter", "nothing", "words", "negative", "twice", "not", "not, and cut"
    ]

    def __call__(self, talk: Talk) -> None:
        answer = talk.answer()
        head, body = talk.raw(answer)
        size = len(body)
        told = {
            "longer": (str(size + 17),),
            "shorter": (str(size // 2),),
            "nothing": ("0",),
            "words": ("plenty",),
            "negative": ("-1",),
            "twice": (str(size), str(size // 2)),
        }.get(self.what, ())
        kept = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length:")]
        lines = [f"Content-Length: {one}".encode() for one in told]
        talk.send(b"\r\n".join([kept[0], *lines, *kept[1:]]))
        talk.send(body[: size // 2] if self.what == "not, and cut" else body)
        talk.end()


class Flips(msgspec.Struct, frozen=True, kw_only=True):
    """One bit of an answer is another."""

    of: Literal["head", "body"]

    def __call__(self, talk: Talk) -> None:
        head, body = talk.raw(talk.answer())
        if self.of == "body":
            talk.send(head + flipped(body, talk))
        else:
            talk.send(flipped(head, talk) + body)
        # What is flipped may be how long it is.
        talk.end()


class FlipsRequest(msgspec.Struct, frozen=True):
    """One bit of the body that the server hears is another."""

    def __call__(self, talk: Talk) -> None:
        request = talk.request()
        body = flipped(request.body, talk)
        talk.pass_on(talk.answer(msgspec.structs.replace(request, body=body)))


class FlipsPath(msgspec.Struct, frozen=True):
    """One letter of the path is another. A service that signs requests refuses that."""

    def __call__(self, talk: Talk) -> None:
        request = talk.request()
        if request.header("Authorization"):
            talk.pass_on(refusal(403, "SignatureDoesNotMatch"))
            return
        path, mark, query = request.target.partition("?")
        # Of the letters of the last name: another letter, and never a slash or a dot.
        places = [at for at, one in enumerate(path) if one.isalpha() and at > path.find("/", 1)]
        at = talk.chance.choice(places or [len(path) - 1])
        other = "q" if path[at] != "q" else "z"
        target = f"{path[:at]}{other}{path[at + 1 :]}{mark}{query}"
        talk.pass_on(talk.answer(msgspec.structs.replace(request, target=target)))


def flipped(data: bytes, talk: Talk) -> bytes:
    """The same with one bit changed; nothing stays nothing."""
    if not data:
        return data
    changed = bytearray(data)
    changed[talk.chance.randrange(len(changed))] ^= 1 << talk.chance.randrange(8)
    return bytes(changed)


class Garbage(msgspec.Struct, frozen=True):
    """It is done, and what comes back is no HTTP."""

    def __call__(self, talk: Talk) -> None:
        talk.answer()
        talk.send(talk.chance.randbytes(2000))
        talk.end()


class Packs(msgspec.Struct, frozen=True, kw_only=True):
    """The body comes compressed, or is only said to be."""

    packs: bool = True

    def __call__(self, talk: Talk) -> None:
        answer = talk.answer()
        body = gzip.compress(answer.body) if self.packs else answer.body
        headers = answer.changing("Content-Encoding", "gzip")
        talk.pass_on(msgspec.structs.replace(answer, headers=headers, body=body))


class Bomb(msgspec.Struct, frozen=True):
    """Some kilobytes that unpack to very many."""

    def __call__(self, talk: Talk) -> None:
        answer = talk.answer()
        headers = answer.changing("Content-Encoding", "gzip")
        talk.pass_on(msgspec.structs.replace(answer, headers=headers, body=_bomb()))


def _bomb() -> bytes:
    if not _BOMBS:
        _BOMBS.append(gzip.compress(bytes(MOST), 9))
    return _BOMBS[0]


_BOMBS: list[bytes] = []


class HugeHead(msgspec.Struct, frozen=True, kw_only=True):
    """The answer has lines in its head that nobody needs."""

    lines: int
    size: int

    def __call__(self, talk: Talk) -> None:
        answer = talk.answer()
        more = tuple((f"X-More-{number}", "m" * self.size) for number in range(self.lines))
        talk.pass_on(msgspec.structs.replace(answer, headers=(*answer.headers, *more)))


class EndlessHead(msgspec.Struct, frozen=True):
    """Lines and lines, until the client has enough of them."""

    def __call__(self, talk: Talk) -> None:
        talk.answer()
        talk.ends = True
        talk.send(b"HTTP/1.1 200 OK\r\n")
        line = b"X-More: " + b"m" * 1000 + b"\r\n"
        for _ in range(MOST // len(line)):
            talk.send(line)


class EndlessBody(msgspec.Struct, frozen=True, kw_only=True):
    """The right answer, and behind it bytes without end."""

    status: int | None = None
    in_pieces: bool = False

    def __call__(self, talk: Talk) -> None:
        answer = talk.answer() if self.status is None else Answer(status=self.status)
        head, body = talk.raw(answer)
        talk.ends = True
        kept = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length:")]
        how = b"Transfer-Encoding: chunked" if self.in_pieces else b"X-Length: unknown"
        talk.send(b"\r\n".join([kept[0], how, *kept[1:]]))
        piece = b" " * _PIECE
        mark = b"%x\r\n" % _PIECE if self.in_pieces else b""
        if body:
            talk.send(b"%x\r\n%b\r\n" % (len(body), body) if self.in_pieces else body)
        for _ in range(MOST // _PIECE):
            talk.send(mark + piece + (b"\r\n" if self.in_pieces else b""))
