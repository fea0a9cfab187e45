"""A server that remembers every request whole, secrets too, and answers what it is told to."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple, Self

from tests.s3.servers.certificate import Certificate

LOOK = 0.02
"""Seconds between two looks at whether to stop."""


class Heard(NamedTuple):
    method: str
    target: str
    """Path and query, or the whole address where it was asked as a proxy."""
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def whole(self) -> str:
        lines = [f"{name}: {value}" for name, value in self.headers]
        return "\n".join([f"{self.method} {self.target}", *lines])


class Said(NamedTuple):
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Listening:
    """At a free port of 127.0.0.1 while its `with` lasts; by https with a certificate."""

    def __init__(
        self, says: Callable[[Heard], Said], certificate: Certificate | None = None
    ) -> None:
        self.heard: list[Heard] = []
        self._server = _Server(self, says, certificate)
        self._scheme = "http" if certificate is None else "https"
        self._thread = Thread(target=self._server.serve_forever, args=(LOOK,), daemon=True)

    @property
    def calls(self) -> int:
        """Connections that were begun, also those that came to nothing."""
        return self._server.calls

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, owner: Listening, says: Callable[[Heard], Said], certificate: Certificate | None
    ) -> None:
        self.owner, self.says = owner, says
        self.calls = 0
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.load_cert_chain(certificate.chain, certificate.key)
        super().__init__(("127.0.0.1", 0), _Connection)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.calls += 1
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that do not trust the certificate hang up, which is what they should do."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        # The server closes only what it accepted, which is not this one where there is TLS.
        self.connection.close()

    def _answer(self) -> None:
        heard = Heard(self.command, self.path, tuple(self.headers.items()))
        self.server.owner.heard.append(heard)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = self.server.says(heard)
        self.send_response_only(said.status)
        for name, value in said.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said.body)
        self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_CONNECT = _answer  # noqa: N815 - as http.server wants
    do_DESCRIBE = _answer  # noqa: N815 - as http.server wants

    def log_message(self, *_words: Any) -> None:
        """Nothing: it is all in `heard`."""
