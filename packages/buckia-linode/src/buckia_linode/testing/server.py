"""The account: its tokens, what it has, and its API."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Literal

import msgspec

from buckia.standins.running import Observed
from buckia.standins.wire import Reply, Request
from buckia_linode.testing.answers import Refused
from buckia_linode.testing.backend import Backend, Bucket
from buckia_linode.testing.buckets import Buckets
from buckia_linode.testing.core import CANCEL, Core, lists
from buckia_linode.testing.endpoints import USUAL, Endpoint, Endpoints
from buckia_linode.testing.memory import Memory
from buckia_linode.testing.windows import Limits, Windows

Scope = Literal["none", "read_only", "read_write"]


class FakeLinode(Observed):
    """An account whose API answers from `with` (or `start`) until its end.

    It acts on the backend, or on one of its own, which is in memory. `clock` tells seconds of
    Unix time. A port of 0 is any free one.
    """

    def __init__(
        self,
        token: str = "personal-token",  # noqa: S107 - opens nothing but this fake
        *,
        endpoints: Sequence[Endpoint] = USUAL,
        backend: Backend | None = None,
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        super().__init__("fake linode", port)
        self.token = token
        self.tokens: dict[str, Scope] = {token: "read_write"}
        """Who may ask, and for what. A test may add tokens, and take them away."""
        acted_on = Memory(clock) if backend is None else backend
        available = Endpoints(endpoints)
        self._available = available
        self._buckets = Buckets(available, acted_on, clock)
        self._core = Core(available, self._buckets, acted_on)
        self._windows = Windows(clock)
        self._lock = Lock()
        self._cancellations = 0

    @property
    def api(self) -> str:
        """What the paths of the API stand behind, such as http://127.0.0.1:4711/v4."""
        return f"{self.endpoint}/v4"

    @property
    def endpoints(self) -> list[Endpoint]:
        """As they are now: one without a host gets it with its first bucket."""
        return self._available.all()

    @property
    def buckets(self) -> list[Bucket]:
        """In the order in which they were made."""
        return self._buckets.all()

    @property
    def limits(self) -> Limits:
        """How often a token may ask. Setting them begins new windows."""
        return self._windows.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._windows.limits = limits

    @property
    def most_buckets(self) -> int:
        """How many buckets an endpoint takes."""
        return self._buckets.limit

    @most_buckets.setter
    def most_buckets(self, limit: int) -> None:
        self._buckets.limit = limit

    @property
    def transferred(self) -> int:
        """The bytes that the account is told to have moved this month: what a test says."""
        return self._core.transfer

    @transferred.setter
    def transferred(self, size: int) -> None:
        self._core.transfer = size

    @property
    def cancellations(self) -> int:
        """How often anybody asked to end the service for the whole account, allowed or not."""
        return self._cancellations

    def _answer(self, request: Request) -> Reply:
        if request.method == "POST" and CANCEL.fullmatch(request.path):
            # Before the faults: what they answer does not make it better.
            with self._lock:
                self._cancellations += 1
        return super()._answer(request)

    def _reply(self, request: Request) -> Reply:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        scope = self.tokens.get(token) if kind == "Bearer" else None
        if scope is None:
            return Refused(401, "Invalid Token").reply
        standing = self._windows.take(token, lists=lists(request))
        reply = self._allowed(request, scope) if not standing.wait else _too_many()
        return msgspec.structs.replace(reply, headers=(*reply.headers, *standing.headers))

    def _allowed(self, request: Request, scope: Scope) -> Reply:
        if scope == "none" or (scope == "read_only" and request.method != "GET"):
            words = "Your OAuth token is not authorized to use this endpoint."
            return Refused(401, words).reply
        return self._core(request)


def _too_many() -> Reply:
    return Refused(429, "Too many requests").reply
