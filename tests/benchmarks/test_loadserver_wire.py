"""How requests may come to the load server."""

from __future__ import annotations

import os
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks import loadserver
from tests.benchmarks.asking import MIB, etag_of, raw


def in_aws_chunks(body: bytes, size: int, trailer: bytes = b"") -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    signature = b";chunk-signature=" + b"0" * 64
    framed = [b"%x%b\r\n%b\r\n" % (len(one), signature, one) for one in pieces]
    return b"".join(framed) + b"0" + signature + b"\r\n" + trailer + b"\r\n"


@pytest.mark.parametrize("is_chunked_too", [False, True])
@pytest.mark.parametrize("trailer", [b"", b"x-amz-checksum-crc32:AAAAAA==\r\n"])
@pytest.mark.parametrize(("total", "size"), [(0, 1), (5, 2), (100_000, 8192), (3 * MIB, 65536)])
def test_bodies_in_chunks_of_amazon(
    server: loadserver.LoadServer, *, is_chunked_too: bool, trailer: bytes, total: int, size: int
) -> None:
    body = os.urandom(total)
    headers = {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(total),
        "Content-Encoding": "aws-chunked",
    }
    framed: Any = in_aws_chunks(body, size, trailer)
    if is_chunked_too:
        framed = iter([framed[at : at + 50_001] for at in range(0, len(framed), 50_001)])
        headers["Transfer-Encoding"] = "chunked"
    status, told, _ = raw(
        server, "PUT", "/bucket/a", framed, headers, encode_chunked=is_chunked_too
    )
    assert (status, told["etag"]) == (200, etag_of(body))
    _, told, got = raw(server, "GET", "/bucket/a")
    assert got == body
    assert "content-encoding" not in told


@pytest.mark.parametrize("total", [0, 7, 3 * MIB])
def test_bodies_of_unknown_size(server: loadserver.LoadServer, total: int) -> None:
    body = os.urandom(total)
    pieces: Any = (body[at : at + 100_000] for at in range(0, total, 100_000))
    headers = {"Transfer-Encoding": "chunked"}
    status, told, _ = raw(server, "PUT", "/bucket/a", pieces, headers, encode_chunked=True)
    assert (status, told["etag"]) == (200, etag_of(body))
    assert raw(server, "GET", "/bucket/a")[2] == body


def test_bodies_that_are_not_as_they_were_announced(server: loadserver.LoadServer) -> None:
    headers = {"x-amz-content-sha256": "STREAMING-X", "x-amz-decoded-content-length": "4"}
    for framed in (in_aws_chunks(b"abc", 2), in_aws_chunks(b"abcde", 2), b"no chunks", b"4\r\nab"):
        status, _, said = raw(server, "PUT", "/bucket/a", framed, headers)
        assert (status, b"IncompleteBody" in said) == (400, True)
    assert raw(server, "GET", "/bucket/a")[0] == 404


def test_what_is_no_request_is_refused(server: loadserver.LoadServer) -> None:
    address = urlsplit(server.url)
    for sent in (
        b"nonsense\r\n\r\n",
        b"GET bucket HTTP/1.1\r\n\r\n",
        b"GET /bucket/%zz HTTP/1.1\r\n\r\n",
        b"PUT /bucket/a HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * (1 << 16),
    ):
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(sent)
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 400 ")


def test_requests_may_come_in_single_bytes_and_at_once(server: loadserver.LoadServer) -> None:
    address = urlsplit(server.url)
    put = b"PUT /bucket/a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    last = b"GET /bucket/a HTTP/1.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(put)):
            connection.sendall(put[at : at + 1])
        connection.sendall(put + last)
        said = b"".join(iter(lambda: connection.recv(4096), b""))
    assert said.count(b"HTTP/1.1 200 OK") == 3
    assert said.endswith(b"\r\n\r\nabc")
