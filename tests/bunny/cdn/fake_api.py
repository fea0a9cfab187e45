"""A small stand-in for the account's API: zones in pages, purges within a limit, and bad days."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

KEY = "account-key-4711"


class Asked(NamedTuple):
    method: str
    path: str
    query: Mapping[str, str]


class Answer(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}


CUT = Answer(status=0)
"""The connection ends without a word."""


def told(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def refusal(status: int, message: str, *, field: str = "", key: str = "") -> Answer:
    return told({"ErrorKey": key, "Field": field, "Message": message}, status)


class FakeApi:
    """What the account holds, what it was asked, and what it shall answer instead."""

    def __init__(self) -> None:
        self.listings: dict[str, list[dict[str, Any]]] = {"/storagezone": [], "/pullzone": []}
        self.values: dict[str, Any] = {}
        """What else is answered, by path."""
        self.largest_page = 1000
        self.has_pages = True
        """Whether listings come as pages; otherwise as a bare array of everything."""
        self.purges_left = 1000
        self.next: deque[Answer] = deque()
        """Answers to the next requests, whatever they are."""
        self.asked: list[Asked] = []
        self.purged: list[str] = []
        self.endpoint = ""

    def answer(self, asked: Asked, key: str | None) -> Answer:
        self.asked.append(asked)
        if self.next:
            return self.next.popleft()
        if key != KEY:
            return told({"Message": "Authorization has been denied for this request."}, 401)
        if asked.method == "POST":
            return self._purge(asked)
        if asked.path in self.listings:
            return told(self._listed(asked))
        if asked.path in self.values:
            return told(self.values[asked.path])
        return self._zone(asked.path)

    def _listed(self, asked: Asked) -> Any:
        found = self.listings[asked.path]
        if search := asked.query.get("search"):
            found = [zone for zone in found if search in zone["Name"]]
        number = int(asked.query.get("page", 0))
        if not number or not self.has_pages:
            return found
        size = min(int(asked.query["perPage"]), self.largest_page)
        part = found[(number - 1) * size : number * size]
        return {
            "Items": part,
            "CurrentPage": number,
            "TotalItems": len(found),
            "HasMoreItems": number * size < len(found),
        }

    def _zone(self, path: str) -> Answer:
        kind, _slash, number = path.rpartition("/")
        for zone in self.listings.get(kind, []):
            if str(zone["Id"]) == number:
                return told(zone)
        return refusal(404, "It is not there.", key="zone.not_found")

    def _purge(self, asked: Asked) -> Answer:
        if not self.purges_left:
            return Answer(429, b"", {"Retry-After": "7"})
        self.purges_left -= 1
        self.purged.append(asked.query.get("url", asked.path))
        return Answer(204 if asked.path != "/purge" else 200)


@contextmanager
def serving() -> Iterator[FakeApi]:
    """A fake that listens until the end of the `with`."""
    fake = FakeApi()

    class Incoming(_Incoming):
        account = fake

    with ThreadingHTTPServer(("127.0.0.1", 0), Incoming) as server:
        # Connections that a client keeps must not keep the server.
        server.daemon_threads = True
        server.block_on_close = False
        fake.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()


class _Incoming(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    account: FakeApi

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        assert all(len(values) == 1 for values in query.values())
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, parts.path, {name: one[0] for name, one in query.items()})
        answer = self.account.answer(asked, self.headers.get("AccessKey"))
        if answer == CUT:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _answer  # noqa: N815 - as http.server wants

    def log_message(self, *_words: Any) -> None:
        """Nothing: what was asked is kept."""
