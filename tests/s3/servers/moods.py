"""When the proxy misbehaves, and how: a mood is one behaviour for certain requests.

    proxy.moods = (
        Mood(LosesAnswer(), on="PutObject UploadPart", nth=1),
        Mood(Answers(503, "SlowDown"), key="photos/*", nth=range(1, 4)),
    )

Each stands around those behind it and, at last, the server: it sees a request before they do, and
the answer after them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec

from tests.s3.servers.operations import OPERATIONS
from tests.s3.servers.wire import Answer, Request

Forward = Callable[[Request], Answer]
"""Passes a request on, to the next mood or to the server."""


class Behaviour(Protocol):
    """What is done with one request."""

    @property
    def concerns(self) -> Collection[str]:
        """The operations that it makes a difference to."""

    @property
    def counts(self) -> bool:
        """Whether it can be for some of the requests only, by their number."""

    def __call__(self, request: Request, forward: Forward, /) -> Answer: ...


class Mood(msgspec.Struct, frozen=True):
    """A behaviour, for the requests that all of this fits."""

    does: Behaviour
    on: str = ""
    """Operations, as words in one text; empty means all that the behaviour concerns."""
    key: str | None = None
    """A pattern as shells have them, but `*` stands for slashes too. A request without a key of its
    own, such as a listing, fits None only."""
    nth: int | range | None = None
    """Which ones of the requests that operation and key fit, from 1; None means each."""

    def __post_init__(self) -> None:
        """A mood that can never come is a mistake in the test."""
        if unknown := set(self.on.split()) - OPERATIONS:
            raise ValueError(f"there are no such operations: {sorted(unknown)}")
        name = type(self.does).__name__
        if idle := set(self.on.split()) - set(self.does.concerns):
            raise ValueError(f"{name} makes no difference to {sorted(idle)}")
        if self.nth is not None and not self.does.counts:
            raise ValueError(f"{name} cannot be for some requests only")

    def fits(self, request: Request) -> bool:
        """Apart from `nth`, which only somebody who counts can tell."""
        if request.operation not in (self.on.split() or self.does.concerns):
            return False
        return self.key is None or (bool(request.key) and fnmatchcase(request.key, self.key))

    def is_due(self, count: int) -> bool:
        """Whether it is for the request of this number."""
        if isinstance(self.nth, range):
            return count in self.nth
        return self.nth in (None, count)


class Does(msgspec.Struct, frozen=True):
    """What most behaviours have in common: they may be for any request."""

    @property
    def concerns(self) -> Collection[str]:
        return OPERATIONS

    @property
    def counts(self) -> bool:
        return True
