"""The one way to the service: requests about one zone, each with the errors that it ends in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypedDict, Unpack
from urllib.parse import quote

from buckia.secrets import Secret
from buckia_bunny import client
from buckia_bunny.faults import answered, unanswered
from buckia_bunny.lanes import Kind, Lanes

if TYPE_CHECKING:
    import httpx

_LONGEST_MESSAGE = 1 << 16


class Asked(TypedDict, total=False):
    """What a request may say besides what it is and where it goes."""

    key: str
    """The object that it is about, for errors."""
    kind: Kind
    headers: Mapping[str, str]
    content: Iterator[bytes]


class Answer(NamedTuple):
    status: int
    data: bytes


class Wire:
    """Safe to use from many threads, as its client is; connections are kept and used again."""

    def __init__(
        self,
        endpoint: str,
        zone: str,
        password: Secret,
        lanes: Lanes,
        *,
        timeout: float,
        width: int,
    ) -> None:
        self.endpoint = endpoint
        self.zone = zone
        self._password = password
        self._lanes = lanes
        self._timeout = timeout
        self._width = width
        self._lock = Lock()
        self._made: httpx.Client | None = None

    def ask(self, method: str, path: str, **asked: Unpack[Asked]) -> Answer:
        """The whole answer to one request; `path` is that of the zone, not yet written as one."""
        with (
            self.stream(method, path, **asked) as answer,
            unanswered(self.endpoint, asked.get("key", "")),
        ):
            return Answer(answer.status_code, answer.read())

    @contextmanager
    def stream(self, method: str, path: str, **asked: Unpack[Asked]) -> Iterator[httpx.Response]:
        """An answer that said yes, whose bytes are read inside; closed at the end."""
        key = asked.get("key", "")
        with self._lanes.of(asked.get("kind", "other")):
            with unanswered(self.endpoint, key):
                request = self._client.build_request(
                    method,
                    self._address(path),
                    headers=asked.get("headers"),
                    content=asked.get("content"),
                )
                response = self._client.send(request, stream=True)
            try:
                if not response.is_success:
                    with unanswered(self.endpoint, key):
                        said = next(response.iter_bytes(_LONGEST_MESSAGE), b"")
                    raise answered(response, said, key, self.zone)
                yield response
            finally:
                response.close()

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    @property
    def _client(self) -> httpx.Client:
        with self._lock:
            if self._made is None:
                self._made = client.made(self._password, timeout=self._timeout, width=self._width)
            return self._made

    def _address(self, path: str) -> str:
        return f"{self.endpoint}/{quote(self.zone, safe='')}/{quote(path, safe='/~')}"
