"""Connections of the SDK whose answers may neither trickle for ever nor fill the memory."""

from __future__ import annotations

import io
import socket
import threading
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from botocore import awsrequest
from urllib3.exceptions import ProtocolError
from urllib3.response import HTTPResponse

from buckia.patience import Patience

LONGEST = 64 << 20
"""Bytes of an answer that is read as a whole; those with an object in it are not."""


class _Heard(threading.local):
    """What this thread was answered last."""

    answer: weakref.ref[HTTPResponse] | None = None

    def forget(self) -> None:
        self.answer = None

    def close(self) -> None:
        if self.answer is not None and (answer := self.answer()) is not None:
            answer.close()


_heard = _Heard()


@contextmanager
def hanging_up() -> Iterator[None]:
    """Around one request: closes an answer that the SDK makes nothing of, and would leave open.

    Only one to this very request: a reading of before may still go on in this thread.
    """
    _heard.forget()
    try:
        yield
    except Exception:
        # Whatever it is, it goes on its way.
        _heard.close()
        raise


def be_patient(client: Any, patience: Patience) -> None:
    """From now on what this client reads is read with patience, and with an end to it."""
    # There is no word for it where a client is made, nor another way to its connections. A release
    # of the SDK that is built otherwise still works, without these bounds.
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    pools = getattr(session, "_pool_classes_by_scheme", {})
    for scheme, made in (
        ("http", _made(awsrequest.AWSHTTPConnectionPool, patience)),
        ("https", _made(awsrequest.AWSHTTPSConnectionPool, patience)),
    ):
        pools[scheme] = made


def _made(pool: Any, patience: Patience) -> type:
    """The pool that makes such connections."""
    connection = type("Patient", (_Patient, pool.ConnectionCls), {"patience": patience})
    return type("Pool", (pool,), {"ConnectionCls": connection})


class _Patient:
    """Mixed into the SDK's connections."""

    patience: Patience
    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # of the connection it is mixed into
        self.sock = _Socket(self.sock, self.patience)

    def getresponse(self) -> Any:
        with self.patience.for_head():
            answer = super().getresponse()  # type: ignore[misc]  # as above
        # They are made by a class that cannot be chosen.
        answer.__class__ = _Ended
        _heard.answer = weakref.ref(answer)
        return answer


class _Ended(HTTPResponse):
    """An answer with an end, wherever it is read as a whole."""

    def stream(
        self, amt: int | None = 2**16, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        size = 0
        for piece in super().stream(amt, decode_content):
            size += len(piece)
            if size > LONGEST:
                self.close()
                raise ProtocolError(f"an answer of more than {LONGEST} bytes is none")
            yield piece


class _Socket:
    """A socket all of whose other sides are as they were."""

    def __init__(self, inner: socket.socket, patience: Patience) -> None:
        self._inner = inner
        self._patience = patience

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def makefile(self, mode: str = "rb", buffering: int = -1) -> Any:
        """What comes, as the SDK reads it; nobody writes through a file."""
        assert mode == "rb"
        raw = _Reader(self._inner, self._patience)
        return raw if buffering == 0 else io.BufferedReader(raw)


class _Reader(io.RawIOBase):
    def __init__(self, inner: socket.socket, patience: Patience) -> None:
        self._socket = inner
        self._file = inner.makefile("rb", buffering=0)
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        left, usual = self._patience.left(), self._socket.gettimeout()
        self._socket.settimeout(left if usual is None else min(left, usual))
        try:
            with self._patience.waiting():
                count = self._file.readinto(buffer) or 0
        finally:
            self._socket.settimeout(usual)
        self._patience.came(count)
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
