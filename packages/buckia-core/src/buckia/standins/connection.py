"""The connections: requests are read here, and replies written."""

from __future__ import annotations

import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition
from typing import Any

from buckia.standins.wire import Body, Forward, Gone, Reply, request_of


class Connection(BaseHTTPRequestHandler):
    """One connection of a client, for any number of requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def _serve(self) -> None:
        headers = self.headers.items()
        body = Body(self.rfile, {name.lower(): value for name, value in headers})
        try:
            reply = self.server.forward(request_of(self.command, self.path, headers, body))
        except Gone:
            self.close_connection = True
            return
        self._send(reply)

    do_GET = do_PUT = do_DELETE = do_DESCRIBE = _serve  # noqa: N815 - the names that http.server calls
    do_HEAD = do_POST = do_PATCH = do_OPTIONS = _serve  # noqa: N815 - the names that http.server calls

    def _send(self, reply: Reply) -> None:
        if not reply.status:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Date", self.date_time_string())
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.cut])
        if reply.closes or reply.cut is not None:
            self.close_connection = True

    def log_message(self, *_words: Any) -> None:
        """Nothing: the fake has a log of its own."""


class Listener(ThreadingHTTPServer):
    """Accepts connections at 127.0.0.1; `forward` makes a reply of each request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, forward: Forward) -> None:
        self.forward = forward
        self.failures: list[Exception] = []
        """Whatever went wrong here that no client is to blame for."""
        self._open: set[socket.socket] = set()
        self._changed = Condition()
        super().__init__(("127.0.0.1", port), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._open.discard(request)
                self._changed.notify_all()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Clients may go when they like; everything else is a fault of ours."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.failures.append(error)

    def close_all(self) -> None:
        """Once no more are accepted: end the connections and wait until their threads are gone."""
        self.server_close()
        with self._changed:
            for one in self._open:
                _end(one)
            self._changed.wait_for(lambda: not self._open)


def _end(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The client ended it, or its thread has just closed it.
        return
