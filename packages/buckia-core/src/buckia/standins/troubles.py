"""Things that go wrong, and for which requests."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Generic

import msgspec

from buckia.standins.wire import Forward, R, Reply, Request


class Trouble(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """Something that goes wrong with some of the requests that it fits."""

    nth: int | range | None = None
    """Which ones of the requests that it fits, from 1; None means each."""

    def __post_init__(self) -> None:
        """Trouble that can never come is a mistake in the test."""
        first = self.nth if isinstance(self.nth, int) else min(self.nth or (1,))
        if first < 1 or self.nth == range(0):
            raise ValueError("requests are counted from 1")

    def is_due(self, count: int) -> bool:
        """Whether it is for the request of this number."""
        if isinstance(self.nth, range):
            return count in self.nth
        return self.nth in (None, count)

    def fits(self, request: R) -> bool:
        """Apart from `nth`, which only somebody who counts can tell."""
        raise NotImplementedError

    def __call__(self, request: R, forward: Callable[[R], Reply]) -> Reply:
        """What is answered instead of what `forward` does, or around it."""
        raise NotImplementedError


class Fails(Trouble[Request], frozen=True, kw_only=True):
    """An answer of another kind than usual."""

    on: str = "*"
    """A pattern as shells have them for the method and the path, such as `POST /purge`."""
    status: int
    """0 ends the connection without a word."""
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    """Such as `(("Retry-After", "5"),)`."""
    after_all: bool = False
    """What was asked for is done nevertheless."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.status and not 200 <= self.status <= 599:
            raise ValueError(f"{self.status} is no status of an answer")
        if self.status in (0, 204, 304) and self.body:
            raise ValueError(f"an answer of status {self.status} has no body")

    def fits(self, request: Request) -> bool:
        return fnmatchcase(f"{request.method} {request.path}", self.on)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        if self.after_all:
            forward(request)
        return Reply(status=self.status, headers=self.headers, body=self.body)
