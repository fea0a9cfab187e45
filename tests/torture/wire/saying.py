"""Answers of somebody in between: refusals, web pages, ways to elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec

from tests.s3.servers.documents import refusal
from tests.s3.servers.wire import Answer
from tests.torture.wire.line import Talk

_PAGE = b"<!DOCTYPE html><html><body><h1>Please sign in to the network</h1></body></html>"
_HTML = ("Content-Type", "text/html")
_CODES = {
    408: "RequestTimeout",
    417: "ExpectationFailed",
    429: "TooManyRequests",
    503: "SlowDown",
}
_DATES = {"in a year": timedelta(days=365), "a year ago": timedelta(days=-365)}


def _date(text: str) -> str:
    if text not in _DATES:
        return text
    return format_datetime(datetime.now(UTC) + _DATES[text], usegmt=True)


class Says(msgspec.Struct, frozen=True):
    """Refuses, and the server never hears of it."""

    status: int
    retry_after: str | None = None

    def __call__(self, talk: Talk) -> None:
        talk.request()
        answer = refusal(self.status, _CODES[self.status])
        if self.retry_after is not None:
            now = format_datetime(datetime.now(UTC), usegmt=True)
            wish = (("Date", now), ("Retry-After", _date(self.retry_after)))
            answer = msgspec.structs.replace(answer, headers=(*answer.headers, *wish))
        talk.pass_on(answer)


class Page(msgspec.Struct, frozen=True):
    """A web page for people."""

    status: int

    def __call__(self, talk: Talk) -> None:
        talk.request()
        talk.pass_on(Answer(status=self.status, headers=(_HTML,), body=_PAGE))


class Nothing(msgspec.Struct, frozen=True):
    status: int

    def __call__(self, talk: Talk) -> None:
        talk.request()
        talk.pass_on(Answer(status=self.status))


class Elsewhere(msgspec.Struct, frozen=True):
    """A way to another server, which must not be taken: the secret is not for that one."""

    status: int
    place: str = "http://127.0.0.1:9/elsewhere"
    to_itself: bool = False

    def __call__(self, talk: Talk) -> None:
        request = talk.request()
        host = request.header("Host") or ""
        place = f"http://{host}{request.target}" if self.to_itself else self.place
        headers = (("Location", place),) if place else ()
        talk.pass_on(Answer(status=self.status, headers=headers))


class Echo(msgspec.Struct, frozen=True):
    """Repeats all that it was told, the secrets among it, as some error pages do."""

    status: int

    def __call__(self, talk: Talk) -> None:
        request = talk.request()
        said = "\n".join(f"{name}: {value}" for name, value in request.headers)
        document = msgspec.json.encode({"HttpCode": self.status, "Message": said})
        talk.pass_on(Answer(status=self.status, body=document))


class Continues(msgspec.Struct, frozen=True, kw_only=True):
    """`100 Continue`, whether anybody wanted it or not."""

    times: int
    """0 for ever."""
    answers: bool

    def __call__(self, talk: Talk) -> None:
        for _ in range(self.times):
            talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not self.times:
            talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            talk.sleep(0.05)
        if self.answers:
            talk.pass_on(talk.answer())
        else:
            talk.hush()


class Early(msgspec.Struct, frozen=True):
    """Another answer before the answer."""

    status: int

    def __call__(self, talk: Talk) -> None:
        answer = talk.answer()
        talk.send(b"HTTP/1.1 %d Early\r\nLink: </x>; rel=preload\r\n\r\n" % self.status)
        talk.pass_on(answer)
        talk.end()
