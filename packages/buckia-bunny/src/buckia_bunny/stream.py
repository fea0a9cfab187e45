"""Connections of the vendor's client whose answers may not trickle for ever."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from buckia.patience import Patience


def be_patient(transport: httpx.HTTPTransport, patience: Patience) -> None:
    """From now on what this transport reads is read with patience, and with an end to it."""
    # There is no word for it where a transport is made, nor another way to its connections. A
    # release that is built otherwise still works, without these bounds.
    pool: Any = getattr(transport, "_pool", None)
    if inner := getattr(pool, "_network_backend", None):
        pool._network_backend = _Connecting(inner, patience)  # noqa: SLF001 - see above


class _Connecting(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, patience: Patience) -> None:
        self._inner = inner
        self._patience = patience

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._patience)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, patience: Patience) -> None:
        self._inner = inner
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            left = self._patience.left()
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        with self._patience.waiting():
            data = self._inner.read(max_bytes, left if timeout is None else min(left, timeout))
        self._patience.came(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, timeout)
        return _Stream(stream, self._patience)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
