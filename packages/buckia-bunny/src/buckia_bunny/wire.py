"""The one way to the service: requests about one zone, each with the errors that it ends in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote

from buckia.secrets import Secret
from buckia_bunny.faults import answered, unanswered
from buckia_bunny.lanes import Kind, Lanes

if TYPE_CHECKING:
    import httpx

_CONNECTING = 20.0
"""Seconds in which a connection must stand; the rest of `timeout` is for answers."""
_LONGEST_MESSAGE = 1 << 16


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

    def ask(
        self,
        method: str,
        path: str,
        *,
        key: str = "",
        kind: Kind = "other",
        headers: Mapping[str, str] | None = None,
        content: Iterator[bytes] | None = None,
    ) -> bytes:
        """The whole answer to one request; `path` is that of the zone, not yet written as one."""
        with (
            self.stream(
                method, path, key=key, kind=kind, headers=headers, content=content
            ) as answer,
            unanswered(self.endpoint, key),
        ):
            return answer.read()

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        key: str = "",
        kind: Kind = "other",
        headers: Mapping[str, str] | None = None,
        content: Iterator[bytes] | None = None,
    ) -> Iterator[httpx.Response]:
        """An answer that said yes, whose bytes are read inside; closed at the end."""
        with self._lanes.of(kind):
            with unanswered(self.endpoint, key):
                request = self._client.build_request(
                    method, self._address(path), headers=headers, content=content
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
            client, self._made = self._made, None
        if client is not None:
            client.close()

    @property
    def _client(self) -> httpx.Client:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> httpx.Client:
        # It takes a while to import, which only those pay who send requests.
        import httpx

        return httpx.Client(
            headers={"AccessKey": self._password.reveal(), "User-Agent": "buckia"},
            timeout=httpx.Timeout(self._timeout, connect=min(self._timeout, _CONNECTING)),
            limits=httpx.Limits(max_connections=self._width, max_keepalive_connections=self._width),
            follow_redirects=False,
        )

    def _address(self, path: str) -> str:
        return f"{self.endpoint}/{quote(self.zone, safe='')}/{quote(path, safe='/~')}"
