"""Connections to one service: opened, kept, and read with patience."""

from __future__ import annotations

import select
import socket
import ssl
import time
from threading import Lock
from types import TracebackType
from typing import NamedTuple

from botocore import exceptions as vendor

from buckia.patience import Patience
from buckia_s3.lane.parsing import Answer, Broken

_PIECE = 1 << 18
_LEAST = 0.01
"""Seconds; what came long ago is there at once."""


class Place(NamedTuple):
    """Where a service listens."""

    scheme: str
    host: str
    port: int
    certificates: str | None = None
    """The file of those that are trusted; needed for TLS."""

    @property
    def url(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{name}:{self.port}"


class Times(NamedTuple):
    """Seconds."""

    connecting: float
    waiting: float
    """For the next bytes, once the connection stands."""


class Lines:
    """All connections to a place. Each is used by one exchange at a time."""

    def __init__(self, place: Place, times: Times, patience: Patience, *, width: int) -> None:
        self.place = place
        self._times = times
        self._patience = patience
        self._width = width
        self._lock = Lock()
        self._idle: list[Line] = []
        self._is_closed = False
        self._tls: ssl.SSLContext | None = None

    def taken(self) -> Line:
        """One on which nothing is under way."""
        while True:
            with self._lock:
                line = self._idle.pop() if self._idle else None
            if line is None:
                return self._opened()
            if line.is_alive():
                return line
            line.close()

    def give_back(self, line: Line) -> None:
        with self._lock:
            keeps = len(self._idle) < self._width and not self._is_closed
            if keeps:
                self._idle.append(line)
        if not keeps:
            line.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
            self._is_closed = True
        for line in idle:
            line.close()

    def _opened(self) -> Line:
        place, seconds = self.place, self._times.connecting
        tls = self._trusting() if place.scheme == "https" else None
        try:
            made = socket.create_connection((place.host, place.port), timeout=seconds)
        except TimeoutError as error:
            raise vendor.ConnectTimeoutError(endpoint_url=place.url, error=error) from error
        except (OSError, UnicodeError) as error:
            raise vendor.EndpointConnectionError(endpoint_url=place.url, error=error) from error
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if tls is not None:
                made = tls.wrap_socket(made, server_hostname=place.host)
        except TimeoutError as error:
            made.close()
            raise vendor.ConnectTimeoutError(endpoint_url=place.url, error=error) from error
        except ssl.SSLError as error:
            made.close()
            raise vendor.SSLError(endpoint_url=place.url, error=error) from error
        except OSError as error:
            made.close()
            raise vendor.ConnectionClosedError(endpoint_url=place.url, error=error) from error
        return Line(made, place, self._times.waiting, self._patience)

    def _trusting(self) -> ssl.SSLContext:
        """What holds a service against the certificates that are trusted."""
        with self._lock:
            if self._tls is None:
                trusted = self.place.certificates
                assert trusted is not None, "or any certificate would do"
                try:
                    self._tls = ssl.create_default_context(cafile=trusted)
                except ssl.SSLError as error:
                    raise vendor.SSLError(endpoint_url=self.place.url, error=error) from error
                except OSError as error:
                    # Only a variable of the environment can name what is not there.
                    raise vendor.HTTPClientError(error=f"{trusted}: {error.strerror}") from error
            return self._tls


class Line:
    """One connection, on which one exchange follows another."""

    def __init__(
        self, made: socket.socket, place: Place, seconds: float, patience: Patience
    ) -> None:
        self._socket = made
        self._place = place
        self._seconds = self._set = seconds
        self._patience = patience
        self._is_sent = False
        self._since = time.monotonic()
        self._buffer = bytearray(_PIECE)
        self._view = memoryview(self._buffer)
        made.settimeout(seconds)
        # Where a system has none, sockets have small numbers.
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(made, select.POLLIN)

    def is_alive(self) -> bool:
        """Whether it still stands, as far as can be told; nobody speaks without being asked."""
        if self._poll is None:
            return not select.select([self._socket], [], [], 0)[0]
        return not self._poll.poll(0)

    def send(self, head: bytes, body: bytes | bytearray) -> None:
        """A request; some services refuse it before they have heard it all."""
        with self:
            self._is_sent = self._sent(head, body)
            self._since = time.monotonic()

    def heard(self, *, is_bodiless: bool) -> Answer:
        """The head of the answer."""
        with self:
            answer = Answer(is_bodiless=is_bodiless)
            with self._patience.for_head():
                # Of many that are under way, each has waited while the others were waited for.
                waited = time.monotonic() - self._since
                while not answer.is_headed:
                    self._hear(answer, waited)
                    waited = 0.0
            if not self._is_sent and answer.status < 300:
                raise Broken("it was answered before it was sent")
        return answer

    def more(self, answer: Answer) -> list[bytes]:
        """The next bytes of the body; none when it is over."""
        with self:
            while True:
                if found := answer.pieces():
                    return found
                if answer.is_over:
                    return []
                self._hear(answer)

    def close(self) -> None:
        self._socket.close()

    def _sent(self, head: bytes, body: bytes | bytearray) -> bool:
        """Whether all of it could be."""
        try:
            if len(body) < _PIECE:
                self._socket.sendall(head + body)
                return True
            self._socket.sendall(head)
            whole = memoryview(body)
            # Each piece has its own time: what a connection needs for all depends on their number.
            for start in range(0, len(whole), _PIECE):
                self._socket.sendall(whole[start : start + _PIECE])
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _hear(self, answer: Answer, waited: float = 0.0) -> None:
        seconds = max(_LEAST, min(self._patience.left(), self._seconds - waited))
        if seconds != self._set:
            self._socket.settimeout(seconds)
            self._set = seconds
        with self._patience.waiting():
            count = self._socket.recv_into(self._buffer)
        self._patience.came(count)
        if count:
            answer.feed(self._view[:count])
        else:
            answer.end()

    def __enter__(self) -> None:
        """Around each use of it: where something went wrong, it is never used again."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            return
        self.close()
        url = self._place.url
        if isinstance(error, TimeoutError):
            raise vendor.ReadTimeoutError(endpoint_url=url, error=error) from error
        if isinstance(error, OSError | Broken):
            raise vendor.ConnectionClosedError(endpoint_url=url, error=error) from error
