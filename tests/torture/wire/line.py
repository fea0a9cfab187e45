"""A line to a server that does harm to the bytes on it, at a free port of this machine.

Of HTTP it knows just enough to find where requests end and to tell their kinds. What a fault does
with one request it does by a `Talk`. A request that no fault is due for passes unharmed.
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from random import Random
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Condition, Event, Lock, Thread
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from tests.s3.servers.access import Access
from tests.s3.servers.certificate import Certificate
from tests.s3.servers.listener import BETWEEN_TWO, Upstream
from tests.s3.servers.wire import Answer, ConnectionCut, Request
from tests.torture.wire.asked import Asked, Judging

LONGEST = 60.0
"""Seconds after which even a fault that waits for the client to go gives up."""
_LOOK = 0.02
_AT_ONCE = struct.pack("ii", 1, 0)
"""Lingering for no time at all is how a socket says that it wants to reset its connection."""


class Left(Exception):
    """The client has gone."""


class Talk:
    """One request, from its head on, and all that can be done about it."""

    def __init__(self, connection: _Connection, request: Request, asked: Asked) -> None:
        self._connection = connection
        self._head = request
        self._read: Request | None = None
        self.asked = asked
        self.chance = connection.line.chance
        self.ends = False
        """Whether the connection is not to be used for another request."""

    @property
    def head(self) -> Request:
        """The request as far as it was read without its body."""
        return self._head

    def request(self) -> Request:
        """The whole request, which is read now."""
        if self._read is None:
            self._read = self._connection.body_of(self._head)
        return self._read

    def answer(self, request: Request | None = None) -> Answer:
        """What the server answers to this request, or to another one instead."""
        wanted = request or self.request()
        # By whatever name the client knows the line, the server has its own.
        own = urlsplit(self._connection.line.upstream.endpoint).netloc
        headers = wanted.changing("Host", own)
        with self._connection.line.asking():
            return self._connection.upstream(msgspec.structs.replace(wanted, headers=headers))

    def raw(self, answer: Answer) -> tuple[bytes, bytes]:
        """The bytes of head and body as they would be sent."""
        return raw(answer, is_head=self._head.method == "HEAD")

    def send(self, data: bytes) -> None:
        try:
            self._connection.socket.sendall(data)
        except OSError as error:
            raise Left from error

    def pass_on(self, answer: Answer) -> None:
        """Send an answer as it is."""
        self.send(b"".join(self.raw(answer)))

    def end(self, *, reset: bool = False) -> None:
        """End the connection by a FIN, after which all sent bytes arrive, or at once by a RST."""
        self.ends = True
        one = self._connection.socket
        try:
            if reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            else:
                one.shutdown(socket.SHUT_WR)
        except OSError:
            # It is gone already.
            return

    def hush(self) -> None:
        """Say nothing more until the client goes; what it says meanwhile is not heard."""
        self.ends = True
        self._connection.until_gone()

    def sleep(self, seconds: float) -> None:
        """Wait; raises when the line is closed meanwhile."""
        if self._connection.line.closing.wait(seconds):
            raise Left


Harm = Callable[[Talk], None]


class Due(msgspec.Struct, frozen=True):
    """Which requests are harmed, and how."""

    harm: Harm
    kind: str = ""
    """Empty for every kind."""
    often: bool = False
    """Each of them, or the first only."""
    chance: float = 1.0

    def fits(self, asked: Asked) -> bool:
        return self.kind in ("", asked.kind)


class Line:
    """Listens from the moment it is made until it is closed; with a certificate, by https."""

    def __init__(
        self,
        upstream: Access,
        judging: Judging,
        certificate: Certificate | None = None,
        *,
        seed: int = 0,
    ) -> None:
        self.upstream = upstream
        self.judging = judging
        self.chance = Random(seed)
        self.closing = Event()
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate.chain, certificate.key)
        self._lock = Lock()
        self._quiet = Condition()
        self._asked = 0
        self._due: tuple[Due, ...] = ()
        self._applied: Counter[int] = Counter()
        self._seen: list[Asked] = []
        self._failures: list[BaseException] = []
        self._server = _Server(self)
        self._thread = Thread(
            target=self._server.serve_forever, args=(_LOOK,), name="line", daemon=True
        )
        self._thread.start()

    @property
    def endpoint(self) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    def harm(self, due: Sequence[Due]) -> None:
        """From now on do this, and count anew."""
        with self._lock:
            self._due = tuple(due)
            self._applied.clear()
            self._seen.clear()

    @property
    def is_harmed(self) -> bool:
        return bool(self._due)

    @property
    def applied(self) -> int:
        """How many requests were harmed."""
        with self._lock:
            return self._applied.total()

    @property
    def seen(self) -> list[Asked]:
        with self._lock:
            return list(self._seen)

    def harm_of(self, asked: Asked) -> Harm | None:
        """What is to be done with a request that has just come."""
        with self._lock:
            self._seen.append(asked)
            for place, due in enumerate(self._due):
                is_spent = self._applied[place] and not due.often
                if due.fits(asked) and not is_spent and self.chance.random() < due.chance:
                    self._applied[place] += 1
                    return due.harm
        return None

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around a request to the server."""
        with self._quiet:
            self._asked += 1
        try:
            yield
        finally:
            with self._quiet:
                self._asked -= 1
                self._quiet.notify_all()

    def settle(self) -> None:
        """Wait until the server has done all that it was asked for, also by who has long gone.

        What it does later would look like somebody else's deed.
        """
        with self._quiet:
            assert self._quiet.wait_for(lambda: not self._asked, LONGEST), "the server hangs"

    def failed(self, error: BaseException) -> None:
        with self._lock:
            self._failures.append(error)

    def close(self) -> None:
        """End all connections; raises what went wrong in here. Once more does nothing."""
        if not self.closing.is_set():
            self.closing.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self.settle()
        failures, self._failures = self._failures, []
        if failures:
            raise BaseExceptionGroup("the line failed", failures)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, line: Line) -> None:
        self.line = line
        super().__init__(("127.0.0.1", 0), _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may go when they like; everything else is a fault of ours."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError | Left):
            self.line.failed(error)


class _Connection(BaseRequestHandler):
    server: _Server
    socket: socket.socket
    upstream: Upstream
    _from: BufferedReader

    @property
    def line(self) -> Line:
        return self.server.line

    def handle(self) -> None:
        self.socket = self.request
        self.socket.settimeout(LONGEST)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.line.tls is not None:
            self.socket = self.line.tls.wrap_socket(self.socket, server_side=True)
        self._from = self.socket.makefile("rb")
        self.upstream = Upstream(self.line.upstream)
        try:
            while self._once():
                continue
        except (Left, OSError):
            return
        finally:
            self.upstream.close()
            self._from.close()
            self.socket.close()

    def _once(self) -> bool:
        """One request; whether another may follow."""
        head = self._next_head()
        if head is None or self.line.closing.is_set():
            return False
        asked = self.line.judging(head)
        talk = Talk(self, head, asked)
        harm = self.line.harm_of(asked)
        try:
            if harm is not None:
                harm(talk)
            else:
                talk.pass_on(talk.answer())
        except ConnectionCut:
            return False
        return not talk.ends

    def _next_head(self) -> Request | None:
        """The next head; None where the client leaves instead, be it in the midst of one."""
        lines: list[str] = []
        while line := self._from.readline():
            if not line.endswith(b"\n"):
                return None
            if not line.strip():
                break
            lines.append(line.decode("latin-1").strip())
        else:
            return None
        method, target, _ = lines[0].split(" ", 2)
        pairs = (one.partition(":") for one in lines[1:])
        headers = tuple((name, value.strip()) for name, _, value in pairs)
        return Request(method=method, target=target, headers=headers)

    def body_of(self, head: Request) -> Request:
        if "100-continue" in (head.header("Expect") or "").lower():
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        size = int(head.header("Content-Length") or 0)
        body = self._from.read(size)
        if len(body) < size:
            raise Left
        return msgspec.structs.replace(head, body=body)

    def until_gone(self) -> None:
        self.socket.settimeout(_LOOK * 5)
        waited = 0.0
        while waited < LONGEST and not self.line.closing.is_set():
            try:
                # Read past the buffer: bytes that lie in it are of no use any more.
                if not self.socket.recv(1 << 16):
                    return
            except TimeoutError:
                waited += _LOOK * 5


def raw(answer: Answer, *, is_head: bool = False) -> tuple[bytes, bytes]:
    """Head and body of an answer as bytes, with a `Content-Length` that is right."""
    lines = [f"HTTP/1.1 {answer.status} Said"]
    lines += [f"{name}: {value}" for name, value in answer.headers if _stays(name)]
    has_none = answer.status in (204, 304)
    length = len(answer.body) if answer.length is None else answer.length
    if not has_none and not (is_head and answer.length is None):
        lines.append(f"Content-Length: {length}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head, b"" if is_head or has_none else answer.body


def _stays(name: str) -> bool:
    return name.lower() not in BETWEEN_TWO
