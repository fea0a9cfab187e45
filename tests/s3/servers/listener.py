"""The proxy's two sides: connections of clients, and for each of them one to the server."""

from __future__ import annotations

import selectors
import socket
import ssl
import sys
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Condition
from typing import Any
from urllib.parse import urlsplit

from tests.s3.servers.access import Access
from tests.s3.servers.certificate import Certificate
from tests.s3.servers.moods import Forward
from tests.s3.servers.wire import Answer, ConnectionCut, Headers, Request

BETWEEN_TWO = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
    | {"content-length", "expect"}
)
"""Headers that are about one connection or one framing, and are made anew for the other."""


class Incoming(BaseHTTPRequestHandler):
    """One connection of a client, for any number of requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener
    head: Request
    connection_number: int

    def setup(self) -> None:
        if self.server.tls is not None:
            # In this thread, so that a client that says nothing does not keep others waiting.
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.connection_number = next(self.server.numbers)
        self._upstream = Upstream(self.server.upstream)
        self.server.sockets.add(self.connection)

    def finish(self) -> None:
        self.server.sockets.discard(self.connection)
        self._upstream.close()
        try:
            super().finish()
        finally:
            self.connection.close()

    def _pass(self) -> None:
        headers = tuple(self.headers.items())
        self.head = Request(method=self.command, target=self.path, headers=headers)
        try:
            answer = self.server.answered(self, self._upstream)
        except ConnectionCut:
            self.close_connection = True
            return
        self._send(answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = _pass  # noqa: N815 - as http.server wants

    def read(self, limit: int | None) -> bytes:
        """The body of the request, or its first bytes only."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            size = int(self.headers.get("Content-Length", 0))
            return self._exactly(size if limit is None else min(size, limit))
        body = bytearray()
        while size := int(self._line().partition(b";")[0], 16):
            body += self._exactly(size)
            self._line()
            if limit is not None and len(body) >= limit:
                return bytes(body[:limit])
        while self._line().strip():
            # What stands behind the last piece belongs to the connection, not to the body.
            continue
        return bytes(body)

    def _line(self) -> bytes:
        line = self.rfile.readline()
        if not line:
            # The client is gone.
            raise ConnectionCut
        return line

    def _exactly(self, size: int) -> bytes:
        found = self.rfile.read(size)
        if len(found) < size:
            # The client is gone.
            raise ConnectionCut
        return found

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in BETWEEN_TWO:
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        length = len(answer.body) if answer.length is None else answer.length
        is_told = answer.length is not None or not is_head
        if answer.status not in (204, 304) and is_told:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if is_head or answer.status in (204, 304):
            return
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        if answer.cut is not None:
            self.close_connection = True

    def log_message(self, *_words: Any) -> None:
        """Nothing: the proxy has a log of its own."""


Answered = Callable[[Incoming, Forward], Answer]


class Listener(ThreadingHTTPServer):
    """Accepts connections; `answered` says what to answer to a request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, upstream: Access, answered: Answered, certificate: Certificate | None
    ) -> None:
        self.upstream = upstream
        self.answered = answered
        self.numbers = count(1)
        self.sockets: set[socket.socket] = set()
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate.chain, certificate.key)
        self._open = 0
        self._closed = Condition()
        self._failures: list[Exception] = []
        super().__init__(("127.0.0.1", 0), Incoming)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._closed:
            self._open += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._closed:
                self._open -= 1
                self._closed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may go when they like; everything else is a fault of ours."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError | ConnectionCut):
            self._failures.append(error)

    def close_all(self) -> None:
        """Once it accepts no more: end the connections, and wait until all threads are gone."""
        self.server_close()
        with self._closed:
            while self._open:
                for one in tuple(self.sockets):
                    _end(one)
                # A connection may have been accepted and be about to join the others.
                self._closed.wait(timeout=0.05)

    def taken_failures(self) -> list[Exception]:
        taken, self._failures = self._failures, []
        return taken


def _end(one: socket.socket) -> None:
    try:
        # Past TLS, which another thread is reading from.
        socket.socket.shutdown(one, socket.SHUT_RDWR)
    except OSError:
        # It ended by itself.
        return


class Upstream:
    """One connection to the server, made anew when the server has closed it."""

    def __init__(self, access: Access) -> None:
        parts = urlsplit(access.endpoint)
        assert parts.hostname is not None
        self._connection = HTTPConnection(parts.hostname, parts.port, timeout=60)
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=access.ca_bundle)
            self._connection = HTTPSConnection(
                parts.hostname, parts.port, timeout=60, context=context
            )

    def __call__(self, request: Request) -> Answer:
        """What the server says; `ConnectionCut` if it says nothing."""
        if (used := self._connection.sock) is not None and _speaks(used):
            # Nothing was asked, so what can be read is the end.
            self.close()
        try:
            return self._asked(request)
        except (OSError, HTTPException) as error:
            self.close()
            raise ConnectionCut from error

    def _asked(self, request: Request) -> Answer:
        to = self._connection
        to.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            if name.lower() not in BETWEEN_TWO:
                to.putheader(name, value)
        if request.body or request.method in ("PUT", "POST"):
            to.putheader("Content-Length", str(len(request.body)))
        to.endheaders(request.body or None)
        answer = to.getresponse()
        headers: Headers = tuple(answer.getheaders())
        length = answer.length if request.method != "HEAD" else _announced(headers)
        try:
            body = answer.read()
        except IncompleteRead as error:
            self.close()
            cut = len(error.partial)
            return Answer(
                status=answer.status, headers=headers, body=error.partial, length=length, cut=cut
            )
        length = length if request.method == "HEAD" else None
        return Answer(status=answer.status, headers=headers, body=body, length=length)

    def close(self) -> None:
        self._connection.close()


def _announced(headers: Headers) -> int | None:
    """What a HEAD says about the size of the body that it does not send."""
    sizes = [int(value) for name, value in headers if name.lower() == "content-length"]
    return sizes[0] if sizes else None


def _speaks(connection: socket.socket) -> bool:
    """Whether something lies there to be read, be it only that the other side is gone."""
    with selectors.DefaultSelector() as ready:
        ready.register(connection, selectors.EVENT_READ)
        return bool(ready.select(0))
