"""The one way to the service: requests about one zone, each with the errors that it ends in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypedDict, Unpack
from urllib.parse import quote

from buckia.body import CHUNK
from buckia.errors import StorageError, Unavailable
from buckia.patience import Patience
from buckia_bunny import client
from buckia_bunny.entrance import Entrance, Way
from buckia_bunny.faults import answered, unanswered
from buckia_bunny.lanes import Kind, Lanes

if TYPE_CHECKING:
    import httpx

_LONGEST_MESSAGE = 1 << 16
"""Bytes of what is told of one object, or of a refusal."""
_LONGEST_LISTING = 1 << 30
"""A folder comes in one piece, and some hold a million files."""
_REFUSED = 401


class Asked(TypedDict, total=False):
    """What a request may say besides what it is and where it goes."""

    key: str
    """The object that it is about, for errors."""
    kind: Kind
    headers: Mapping[str, str]
    content: Callable[[], Iterator[bytes]]
    """The body, from its beginning each time: a request may have to be sent again."""


class Answer(NamedTuple):
    status: int
    data: bytes


class Wire:
    """Safe to use from many threads, as its client is; connections are kept and used again."""

    def __init__(
        self,
        entrance: Entrance,
        zone: str,
        lanes: Lanes,
        *,
        timeout: float,
        width: int,
        trust: Path | None = None,
    ) -> None:
        self.zone = zone
        self._entrance = entrance
        self._lanes = lanes
        self._timeout = timeout
        self._patience = Patience(timeout)
        self._width = width
        self._trust = trust
        self._lock = Lock()
        self._made: httpx.Client | None = None

    def ask(self, method: str, path: str, **asked: Unpack[Asked]) -> Answer:
        """The whole answer to one request; `path` is that of the zone, not yet written as one."""
        key = asked.get("key", "")
        most = _LONGEST_LISTING if asked.get("kind") == "list" else _LONGEST_MESSAGE
        with self.stream(method, path, **asked) as answer:
            return Answer(answer.status_code, _joined(self.flow(answer, key), most, key))

    @contextmanager
    def stream(self, method: str, path: str, **asked: Unpack[Asked]) -> Iterator[httpx.Response]:
        """An answer that said yes, whose bytes are read inside; closed at the end."""
        with self._lanes.of(asked.get("kind", "other")):
            way = self._entrance.way()
            response = self._sent(way, method, path, asked)
            if response.status_code == _REFUSED:
                error = self._refusal(response, asked)
                other = self._entrance.another(way)
                if other is None:
                    raise error
                response = self._sent(other, method, path, asked)
            if not response.is_success:
                raise self._refusal(response, asked)
            try:
                yield response
            finally:
                response.close()

    def flow(self, response: httpx.Response, key: str) -> Iterator[bytes]:
        """The bytes as they come; a connection that breaks is an error, never an end."""
        chunks = response.iter_raw(CHUNK)
        while True:
            with unanswered(_place(response), key):
                chunk = next(chunks, b"")
            if not chunk:
                return
            yield chunk

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    @property
    def _client(self) -> httpx.Client:
        with self._lock:
            if self._made is None:
                self._made = client.made(
                    timeout=self._timeout,
                    width=self._width,
                    trust=self._trust,
                    patience=self._patience,
                )
            return self._made

    def _sent(self, way: Way, method: str, path: str, asked: Asked) -> httpx.Response:
        content = asked.get("content")
        with unanswered(way.endpoint, asked.get("key", "")):
            request = self._client.build_request(
                method,
                f"{way.endpoint}/{quote(self.zone, safe='')}/{quote(path, safe='/~')}",
                headers={"AccessKey": way.password.reveal(), **asked.get("headers", {})},
                content=None if content is None else content(),
            )
            with self._patience.for_head():
                return self._client.send(request, stream=True)

    def _refusal(self, response: httpx.Response, asked: Asked) -> StorageError:
        key = asked.get("key", "")
        try:
            with unanswered(_place(response), key):
                said = next(response.iter_raw(_LONGEST_MESSAGE), b"")
        finally:
            response.close()
        secret = self._entrance.way().password.reveal().encode()
        return answered(
            response.status_code, response.headers, said.replace(secret, b"***"), key, self.zone
        )


def _joined(flow: Iterator[bytes], most: int, key: str) -> bytes:
    """All of an answer, which must not fill the memory because somebody sends on and on."""
    pieces: list[bytes] = []
    size = 0
    for piece in flow:
        size += len(piece)
        if size > most:
            raise Unavailable(f"an answer of more than {most} bytes is none", key=key)
        pieces.append(piece)
    return b"".join(pieces)


def _place(response: httpx.Response) -> str:
    address = response.request.url
    return f"{address.scheme}://{address.netloc.decode('ascii')}"
