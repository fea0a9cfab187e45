"""A storage zone, its account and the edge before it: what is written is what visitors see."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from buckia.secrets import Secret
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.store import BunnyStore
from buckia_bunny.testing import FakeAccount, FakeBunny, FakeEdge
from tests.bunny.stores import store_on

C = TypeVar("C", BunnyStore, CoreApi)
HOST = "site.b-cdn.net"


class World:
    """`clock` may be set forward; waits do so too, and are counted in `waited`."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "notes"
        self.now = 1_800_000_000.0
        self.waited: list[float] = []
        self.fake = FakeBunny(zone="zone", password="zone-password-4711")
        self.account = FakeAccount("account-key-4711", zones=[self.fake], clock=lambda: self.now)
        self.edge = FakeEdge(self.account)
        self._open = ExitStack()

    @contextmanager
    def running(self) -> Iterator[World]:
        with self.fake, self.account, self.edge, self._open:
            yield self

    def pull_zone(self, **more: Any) -> None:
        self.account.add_pull_zone("site", self.fake, security_key="security-key-4711", **more)

    def store(self, **more: Any) -> BunnyStore:
        given = {
            "api_key": Secret(self.account.key),
            "account_url": self.account.endpoint,
            "pull_zone": "site",
            "notes": self.notes,
            **more,
        }
        store = self.keep(store_on(self.fake, **given))
        front = store._delivery.front
        if front is not None:
            front._clock = lambda: self.now
        return store

    def keep(self, made: C) -> C:
        """Have it closed at the end."""
        return self._open.enter_context(closing(made))

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds

    def visit(self, url: str) -> bytes | int:
        """What a visitor gets, or the status of the refusal."""
        parts = urlsplit(url)
        there = self.edge.endpoint + parts._replace(scheme="", netloc="").geturl()
        try:
            with urlopen(Request(there, headers={"Host": parts.netloc})) as answer:
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def purges(self) -> list[str]:
        """What was asked to be cleared, by the address or the path."""
        return [
            asked.query.get("url", asked.path)
            for asked in self.account.requests
            if asked.method == "POST"
        ]
