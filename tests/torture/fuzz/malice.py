"""Buckets that mean harm: without end, larger than any disk, or swelling where they are unpacked.

Each is a real server at 127.0.0.1. Who talks to it is a process of its own, whose memory is
measured and fenced in.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from tests.torture.fuzz.listings import bunny_row, s3_page

ROOT = Path(__file__).parents[3]
BUCKET = "malice"
MIB = 1 << 20
PAGE = 1000
BLOCK = b"\0" * (1 << 16)


class Malicious(BaseHTTPRequestHandler):
    """One connection; what is answered the server's script says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: one[0] for name, one in parse_qs(parts.query).items()}
        self.key = unquote(parts.path).removeprefix(f"/{BUCKET}").removeprefix("/")
        self.server.script(self)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_DESCRIBE = do_POST = _serve  # noqa: N815 - as http.server calls them

    def answer(self, body: bytes, **headers: str) -> None:
        """One whole answer; names of headers with a low line for each hyphen."""
        self.begin(length=len(body), **headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def begin(self, *, length: int | None = None, **headers: str) -> None:
        """The head; without a length the body comes in pieces, and may go on for ever."""
        self.send_response_only(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def piece(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def log_message(self, *_words: Any) -> None:
        """Nothing: what matters is what becomes of the client."""


Script = Callable[[Malicious], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script: Script) -> None:
        self.script = script
        super().__init__(("127.0.0.1", 0), Malicious)

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Clients leave when they have had enough."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(script: Script) -> Iterator[str]:
    """Where such a bucket is."""
    server = Server(script)
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    try:
        yield server.endpoint
    finally:
        server.shutdown()
        server.server_close()


# What is answered


def listing_of(number: int | None) -> Script:
    """So many keys, made up while they are asked for; None is without end."""

    def script(asked: Malicious) -> None:
        start = int(asked.query.get("continuation-token", "0"))
        end = start + PAGE if number is None else min(start + PAGE, number)
        keys = [f"k/{n // 1000:09}/a name of some length {n:012}" for n in range(start, end)]
        more = number is None or end < number
        asked.answer(s3_page(keys, str(end) if more else "").encode())

    return script


def same_page(asked: Malicious) -> None:
    """The same page again and again, each time with the word that more follows."""
    asked.answer(s3_page(["a", "b"], "again").encode())


def empty_pages(asked: Malicious) -> None:
    """Nothing but the word that more follows, always somewhere else."""
    at = int(asked.query.get("continuation-token", "0"))
    asked.answer(s3_page([], str(at + 1)).encode())


def bomb(size: int) -> bytes:
    """So many spaces, packed a thousand times smaller."""
    packing = zlib.compressobj(9, wbits=31)
    made = b"".join(packing.compress(b" " * MIB) for _ in range(size // MIB))
    return made + packing.flush()


def packed(size: int) -> Script:
    """Every answer is a bomb."""
    body = bomb(size)
    return lambda asked: asked.answer(body, Content_Encoding="gzip")


def endless(asked: Malicious) -> None:
    """Every answer goes on for ever."""
    asked.begin()
    while True:
        asked.piece(b" " * (1 << 16))


def endless_head(asked: Malicious) -> None:
    """Every answer has headers without end."""
    asked.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in count():
        asked.wfile.write(b"x-%d: %s\r\n" % (number, b"y" * 1000))


def objects(sizes: Mapping[str, int], give: Mapping[str, Script]) -> Script:
    """Honest in its listing and in most of its objects; `give` are those that it lies about."""

    def script(asked: Malicious) -> None:
        if "list-type" in asked.query:
            page = s3_page(sorted(sizes))
            for key in sorted(sizes, reverse=True):
                head, _, rest = page.rpartition(f"<Key>{key}</Key>")
                page = (
                    f"{head}<Key>{key}</Key>{rest.replace('<Size>3<', f'<Size>{sizes[key]}<', 1)}"
                )
            asked.answer(page.encode())
        elif asked.key in give:
            give[asked.key](asked)
        else:
            asked.answer(b"x" * sizes.get(asked.key, 0), ETag=f'"{"0" * 32}"')

    return script


def bunny_objects(content: bytes, digest: str, **headers: str) -> Script:
    """A zone with one file."""

    def script(asked: Malicious) -> None:
        row = {**bunny_row("a"), "Length": len(content), "Checksum": digest}
        if asked.command == "DESCRIBE":
            asked.answer(json.dumps(row).encode())
        elif asked.key.endswith("a"):
            asked.answer(content, **headers)
        else:
            asked.answer(json.dumps([row]).encode())

    return script


def never_ending_object(asked: Malicious) -> None:
    asked.begin(ETag=f'"{"0" * 32}"')
    if asked.command != "HEAD":
        while True:
            asked.piece(BLOCK)


def longer_object(asked: Malicious) -> None:
    """More than the listing says."""
    asked.answer(b"x" * MIB, ETag=f'"{"0" * 32}"')


def huge_object(size: int) -> Script:
    """It announces so many bytes, and sends as many as are taken."""

    def script(asked: Malicious) -> None:
        asked.begin(length=size, ETag=f'"{"0" * 32}"')
        if asked.command != "HEAD":
            for _ in range(size // len(BLOCK)):
                asked.wfile.write(BLOCK)

    return script


class Told(NamedTuple):
    """What became of the process that talked to the bucket."""

    ended: str
    """The kind of the error that it ended with, or "done"."""
    peak: int
    """The most bytes of memory that it ever had."""
    failed: dict[str, str]
    seen: int
    """Keys that it was told of."""


def told(endpoint: str, root: Path, *, patience: float = 300.0, **how: Any) -> Told:
    """Let a process of its own talk to such a bucket; see `child`."""
    [found] = all_told(endpoint, root, [how], patience=patience)
    return found


def all_told(
    endpoint: str, root: Path, hows: Sequence[Mapping[str, Any]], *, patience: float = 300.0
) -> list[Told]:
    """Several talks of one process, each with a folder of its own."""
    words = []
    for number, how in enumerate(hows):
        folder = root / f"{number}" if len(hows) > 1 else root
        folder.mkdir(parents=True, exist_ok=True)
        words.append({"endpoint": endpoint, "root": str(folder), "bucket": BUCKET, **how})
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.fuzz.child", json.dumps(words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-3000:])
    return [Told(**one) for one in json.loads(done.stdout)]
