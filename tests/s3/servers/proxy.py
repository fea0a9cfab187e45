"""A proxy in this process that stands before a server, faithful until it is given moods.

    with Moto() as moto, Proxy(moto.access) as proxy:
        proxy.moods = (Mood(LosesAnswer(), on="PutObject", nth=1),)
        client(proxy.access).put_object(...)
        assert proxy.called("PutObject") == ["a.txt"]

It keeps connections on both sides, passes the Host on, so that signatures stay true, and holds
each body in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from threading import Lock, Thread

import msgspec

from tests.s3.servers.access import Access, Server
from tests.s3.servers.answering import CutsConnection
from tests.s3.servers.certificate import Certificate
from tests.s3.servers.listener import Incoming, Listener
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.wire import Answer, ConnectionCut, Request

LOOK = 0.02
"""Seconds between two looks at whether to stop."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the log keeps of a request: all but its body."""

    operation: str
    bucket: str
    key: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """By their names in small letters."""
    size: int
    """Bytes of the body that were read."""
    connection: int
    """The number of the client's connection, from 1."""


class _Kept(msgspec.Struct):
    """A mood with what is counted for it."""

    mood: Mood
    fitted: int = 0
    applied: int = 0


class Proxy(Server):
    """Listens at a free port from the moment it is made; with a certificate, by https."""

    def __init__(self, upstream: Access, certificate: Certificate | None = None) -> None:
        self._lock = Lock()
        self._kept: list[_Kept] = []
        self._seen: list[Seen] = []
        self._listener = Listener(upstream, self._answered, certificate)
        port = self._listener.server_address[1]
        self._thread = Thread(
            target=self._listener.serve_forever, args=(LOOK,), name="proxy", daemon=True
        )
        self._thread.start()
        ca_bundle: Path | None = None if certificate is None else certificate.chain
        scheme = "http" if certificate is None else "https"
        endpoint = f"{scheme}://127.0.0.1:{port}"
        access = msgspec.structs.replace(upstream, endpoint=endpoint, ca_bundle=ca_bundle)
        super().__init__(access)

    @property
    def moods(self) -> tuple[Mood, ...]:
        """Set as a whole; setting them begins to count anew."""
        return tuple(one.mood for one in self._kept)

    @moods.setter
    def moods(self, moods: Iterable[Mood]) -> None:
        kept = [_Kept(mood) for mood in moods]
        with self._lock:
            self._kept = kept

    def applied(self, mood: Mood) -> int:
        """How many requests this very mood was for."""
        [found] = (one for one in self._kept if one.mood is mood)
        return found.applied

    @property
    def requests(self) -> list[Seen]:
        """All that clients asked since the start or the last `forget`, in order of arrival."""
        with self._lock:
            return list(self._seen)

    def called(self, operation: str) -> list[str]:
        """The keys that this operation was asked for."""
        return [one.key for one in self.requests if one.operation == operation]

    def forget(self) -> None:
        with self._lock:
            self._seen.clear()

    def stop(self) -> None:
        """Close all connections; raises what went wrong in a mood. Once more does nothing."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
            self._listener.close_all()
        if failures := self._listener.taken_failures():
            raise ExceptionGroup("a mood failed", failures)

    def _answered(self, incoming: Incoming, upstream: Forward) -> Answer:
        head = incoming.head
        moods = self._due(head)
        cuts = [mood.does for mood in moods if isinstance(mood.does, CutsConnection)]
        limit = min((cut.after for cut in cuts if cut.of == "request"), default=None)
        body = incoming.read(limit)
        self._note(head, len(body), incoming.connection_number)
        if limit is not None:
            raise ConnectionCut
        forward = upstream
        for mood in reversed(moods):
            forward = partial(_moody, mood, forward)
        return forward(msgspec.structs.replace(head, body=body))

    def _due(self, request: Request) -> list[Mood]:
        due: list[Mood] = []
        with self._lock:
            for one in self._kept:
                if one.mood.fits(request):
                    one.fitted += 1
                    if one.mood.is_due(one.fitted):
                        one.applied += 1
                        due.append(one.mood)
        return due

    def _note(self, request: Request, size: int, connection: int) -> None:
        seen = Seen(
            operation=request.operation,
            bucket=request.bucket,
            key=request.key,
            method=request.method,
            path=request.path,
            query=request.query,
            headers={name.lower(): value for name, value in request.headers},
            size=size,
            connection=connection,
        )
        with self._lock:
            self._seen.append(seen)


def _moody(mood: Mood, forward: Forward, request: Request) -> Answer:
    return forward(request) if request.is_probe else mood.does(request, forward)
