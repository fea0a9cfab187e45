"""The load server: built from its sources when they have changed, started, asked and ended.

It answers like S3 and is written in C, in the folder `server` beside this file, so that a client
which is timed against it waits for itself only. It proves nothing: what S3 does is tested with
real servers.
"""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.request import Request, urlopen

SOURCES = Path(__file__).parent / "server"
SECONDS = 60.0
"""Until it listens; a million objects are made in far less."""


class NotHere(Exception):
    """The server cannot be built on this machine; the message says what is missing."""


class NotReady(Exception):
    """The server ended or did not listen in time, or ended with a complaint, which is told."""


@dataclass(frozen=True, kw_only=True)
class Fill:
    """Objects that are there from the start, in the first bucket."""

    count: int
    size: int = 0
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Requests since the last reset, by their kind, and the processor time of the whole process."""

    put: int
    get: int
    head: int
    delete: int
    list: int
    delete_many: int
    copy: int
    create_upload: int
    upload_part: int
    complete: int
    abort: int
    other: int
    cpu: float

    @property
    def requests(self) -> int:
        kinds = (self.put, self.get, self.head, self.delete, self.list, self.delete_many)
        uploads = (self.create_upload, self.upload_part, self.complete, self.abort)
        return sum(kinds) + sum(uploads) + self.copy + self.other


@dataclass(frozen=True, kw_only=True)
class LoadServer:
    """One that listens."""

    url: str
    pid: int

    def counts(self) -> Counts:
        return Counts(**json.loads(self._asked("GET", "counts")))

    def reset(self) -> None:
        """Count from zero again; the processor time goes on."""
        self._asked("POST", "reset")

    def clear(self) -> None:
        """Remove all objects and all uploads; the buckets stay."""
        self._asked("POST", "clear")

    def _asked(self, method: str, what: str) -> bytes:
        # Written here, so that it can be no other address than that of the server.
        request = Request(f"{self.url}/-/{what}", method=method)  # noqa: S310 - http, and ours
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - see above
            body: bytes = answer.read()
            return body


def built(cache: Path, flags: Sequence[str] = ()) -> Path:
    """The program of these sources, compiled the first time; `NotHere` where that cannot be.

    Its name tells what it is made of, so that an old one is never taken for it, and two benchmarks
    that compile at once do not mind each other.
    """
    compiler = os.environ.get("CC", "cc")
    if shutil.which(compiler) is None:
        raise NotHere(f"the load server needs a C compiler, and there is no {compiler}")
    wanted = ("-O2", "-pthread", *flags)
    program = cache / f"loadserver-{_digest(compiler, *wanted)}"
    if program.exists():
        return program
    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n")
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        made = Path(folder) / program.name
        files = sorted(SOURCES.glob("*.c"))
        command = [compiler, *wanted, "-o", str(made), *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotHere(f"{compiler} cannot compile the load server:\n{done.stderr.strip()}")
        made.replace(program)
    return program


def _digest(*words: str) -> str:
    """Of the sources and of how they are compiled."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in sorted(SOURCES.glob("*.[ch]")):
        total.update(f"\0{path.name}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


@contextmanager
def running(
    cache: Path,
    *,
    buckets: Sequence[str] = ("bucket",),
    threads: int = 1,
    latency: float = 0.0,
    fill: Fill | None = None,
    flags: Sequence[str] = (),
) -> Iterator[LoadServer]:
    """One with these buckets that holds every answer back for `latency` milliseconds.

    It ends with the block; `NotReady` if it complains then, as one does that was compiled to look
    for its own mistakes.
    """
    words = [f"--threads={threads}", f"--latency={latency}"]
    words += [f"--bucket={name}" for name in buckets]
    if fill is not None:
        words += [f"--fill={fill.count}", f"--fill-size={fill.size}"]
        words += [f"--fill-prefix={fill.prefix}"]
    command = [str(built(cache, flags)), "--port=0", *words]
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
        try:
            assert process.stdout is not None
            port = _port(process.stdout)
            if port is not None:
                yield LoadServer(url=f"http://127.0.0.1:{port}", pid=process.pid)
        finally:
            status = _ended(process)
        complaints.seek(0)
        said = complaints.read().strip()
    if port is None or status != 0 or said:
        raise NotReady(f"the load server ended with {status}: {said}")


def _port(output: IO[str]) -> int | None:
    """What it says it listens at; None if it ends or says nothing in time."""
    with selectors.DefaultSelector() as ready:
        ready.register(output, selectors.EVENT_READ)
        if not ready.select(SECONDS):
            return None
    # It writes the line at once, so what can be read is all of it.
    words = output.readline().split()
    return int(words[-1]) if words[:2] == ["listening", "on"] else None


def _ended(process: subprocess.Popen[str]) -> int:
    """Ask it to end, and make it end if it does not; its status."""
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
    if process.stdout is not None:
        process.stdout.close()
    return process.wait()
