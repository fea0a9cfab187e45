"""What a line stands behind where connections themselves are harmed: bytes, and no words.

A gate passes on whatever comes, both ways, at a port that stays its own while nobody listens there.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Literal, Self

import msgspec

_AT_ONCE = struct.pack("ii", 1, 0)
_PIECE = 1 << 14
_LONGEST = 60.0
_BETWEEN = 0.1
"""Seconds between two bytes of a slow connection."""
End = Literal["fin", "rst", "silence"]


class Bad(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a connection."""

    up: int | None = None
    """After so many bytes from the client it ends."""
    down: int | None = None
    """After so many bytes to the client it ends."""
    by: End = "rst"
    flips_up: int | None = None
    """The byte at this place is another."""
    flips_down: int | None = None
    says: bytes = b""
    """Said to whoever comes, and then the connection ends."""
    slow: bool = False
    """What comes down comes byte by byte."""


class Gate:
    """Listens from the moment it is made; `closed` while nobody is to be let in."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._lock = Lock()
        self._bad: Bad | None = None
        self._often = False
        self.applied = 0
        """How many connections were harmed."""
        self._open: set[socket.socket] = set()
        self._listener = _listening(0)
        self.port: int = self._listener.getsockname()[1]
        self._serve()

    def harm(self, bad: Bad | None, *, often: bool = False) -> None:
        """From now on each connection, or the next one only, goes like this; open ones end."""
        with self._lock:
            self._bad, self._often, self.applied = bad, often, 0
        self._end_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Whoever knocks meanwhile is refused."""
        self._stop_listening()
        try:
            yield
        finally:
            self._listener = _listening(self.port)
            self._serve()

    @contextmanager
    def full(self) -> Iterator[None]:
        """Whoever knocks meanwhile is not even answered."""
        self._stop_listening()
        crowd: list[socket.socket] = []
        with _listening(self.port, queue=0):
            for _ in range(4):
                one = socket.socket()
                one.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    one.connect(("127.0.0.1", self.port))
                crowd.append(one)
            try:
                yield
            finally:
                for one in crowd:
                    one.close()
        self._listener = _listening(self.port)
        self._serve()

    def close(self) -> None:
        self._stop_listening()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _stop_listening(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._end_all()

    def _end_all(self) -> None:
        with self._lock:
            ending = tuple(self._open)
        for one in ending:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        Thread(target=self._accept, args=(self._listener,), name="gate", daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                # Nobody listens any more.
                return
            with self._lock:
                bad = self._bad
                if bad is not None:
                    self.applied += 1
                    if not self._often:
                        self._bad = None
            Thread(target=self._through, args=(client, bad or Bad()), daemon=True).start()

    def _through(self, client: socket.socket, bad: Bad) -> None:
        client.settimeout(_LONGEST)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client, socket.create_connection(("127.0.0.1", self._to)) as server:
            server.settimeout(_LONGEST)
            with self._lock:
                self._open |= {client, server}
            try:
                if bad.says:
                    client.recv(_PIECE)
                    client.sendall(bad.says)
                    return
                up = _Way(client, server, bad.up, bad.flips_up)
                down = _Way(server, client, bad.down, bad.flips_down, slow=bad.slow)
                other = Thread(target=_pumped, args=(up, client, server, bad.by), daemon=True)
                other.start()
                _pumped(down, client, server, bad.by)
                other.join()
            finally:
                with self._lock:
                    self._open -= {client, server}


class _Way:
    """One direction."""

    def __init__(
        self,
        source: socket.socket,
        target: socket.socket,
        ends: int | None,
        flips: int | None,
        *,
        slow: bool = False,
    ) -> None:
        self._source, self._target = source, target
        self._ends, self._flips = ends, flips
        self._slow = slow
        self._passed = 0

    def pump(self) -> bool:
        """Pass on until one side ends; whether it was cut."""
        while self._ends is None or self._passed < self._ends:
            data = self._source.recv(1 if self._slow else _PIECE)
            if not data:
                return False
            self._target.sendall(self._changed(data))
            if self._slow:
                time.sleep(_BETWEEN)
        return True

    def _changed(self, data: bytes) -> bytes:
        begin, end = self._passed, self._passed + len(data)
        if self._ends is not None:
            data = data[: self._ends - begin]
        self._passed = end
        if self._flips is not None and begin <= self._flips < end:
            changed = bytearray(data)
            changed[self._flips - begin] ^= 0x10
            return bytes(changed)
        return data


def _pumped(way: _Way, client: socket.socket, server: socket.socket, by: End) -> None:
    """Pass on, and end both connections as it was wished."""
    is_cut = False
    with contextlib.suppress(OSError):
        is_cut = way.pump()
    if is_cut and by == "silence":
        _until_gone(client)
    if is_cut and by == "rst":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        # Closed here, for a shutdown would send a FIN before.
        client.close()
    for one in (client, server):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _until_gone(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while client.recv(_PIECE):
            continue


def _listening(port: int, *, queue: int = 128) -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", port))
    one.listen(queue)
    return one
