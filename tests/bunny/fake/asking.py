"""Asking a fake over HTTP, with nothing but the standard library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPMessage
from threading import Barrier
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from buckia.standins.wire import Reply
from buckia_bunny.testing import FakeBunny, Fault
from buckia_bunny.testing.storage.asked import Forward, Request

NOTHING: Mapping[str, str] = {}


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def told(self) -> tuple[int, str]:
        """The status and what the document says of it."""
        assert self.document["HttpCode"] == self.status
        return self.status, self.document["Message"]


class Asking:
    """One connection to a fake, made anew where it was closed."""

    def __init__(self, fake: FakeBunny) -> None:
        self.fake = fake
        self.connection = HTTPConnection(urlsplit(fake.endpoint).netloc, timeout=20)

    def __call__(
        self,
        method: str,
        key: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str] = NOTHING,
    ) -> Answer:
        return self.at(method, f"/{self.fake.zone}/{quote(key)}", body, headers)

    def at(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NOTHING,
    ) -> Answer:
        """Ask for a target as it stands, with the password unless the headers have another."""
        headers = {"AccessKey": self.fake.password, **headers}
        try:
            self.connection.request(method, target, body, headers)
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except BaseException:
            # What comes next would be the rest of this.
            self.connection.close()
            raise

    def names(self, folder: str = "") -> list[str]:
        return sorted(item["ObjectName"] for item in self("GET", folder).document)

    def item(self, key: str) -> dict[str, Any]:
        """A file as the listing of its folder has it."""
        folder, slash, name = key.rpartition("/")
        [item] = [one for one in self("GET", folder + slash).document if one["ObjectName"] == name]
        found: dict[str, Any] = item
        return found


class Meets(Fault, frozen=True):
    """Goes on when as many requests, and threads of the test, wait as the barrier wants."""

    barrier: Barrier

    def __call__(self, request: Request, forward: Forward) -> Reply:
        self.barrier.wait(timeout=20)
        return forward(request)


def asked_together(fake: FakeBunny, wanted: list[tuple[str, str]]) -> list[Answer]:
    """Several requests, each on a connection of its own, in flight at the same time."""
    fake.faults = (Meets(barrier=Barrier(len(wanted))),)
    with ThreadPoolExecutor(len(wanted)) as threads:
        answers = list(threads.map(lambda one: once(fake, *one), wanted))
    fake.faults = ()
    return answers


def once(fake: FakeBunny, method: str, key: str) -> Answer:
    asking = Asking(fake)
    try:
        return asking(method, key)
    finally:
        asking.connection.close()
