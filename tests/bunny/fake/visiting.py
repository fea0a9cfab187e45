"""Talking to any of the fakes as it stands, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection
from urllib.parse import urlencode

from buckia_bunny.testing import FakeAccount, FakeEdge
from tests.bunny.fake.asking import NOTHING, Answer

NOON = 1_769_860_800.0
"""31 January 2026, 12:00 UTC."""


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Talking:
    """A connection to a server, made anew where it was closed; some headers always go along."""

    def __init__(self, server: FakeAccount | FakeEdge, headers: Mapping[str, str]) -> None:
        self.connection = HTTPConnection(server.host, timeout=20)
        self.headers = headers

    def __call__(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NOTHING,
    ) -> Answer:
        try:
            self.connection.request(method, target, body, {**self.headers, **headers})
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except BaseException:
            # What comes next would be the rest of this.
            self.connection.close()
            raise

    def get(self, target: str, **query: str) -> Answer:
        return self("GET", f"{target}?{urlencode(query)}" if query else target)

    def purge(self, url: str, **query: str) -> Answer:
        return self("POST", f"/purge?{urlencode({'url': url, **query})}")

    def visit(self, target: str, host: str = "site.b-cdn.net", **headers: str) -> Answer:
        """Ask the edge; `_` stands for the dashes in the names of headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self("GET", target, headers={"Host": host, **named})
