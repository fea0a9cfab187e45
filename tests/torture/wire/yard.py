"""Syncs in processes of their own that start at once, may hang, and may take no more than a bit.

One process loads everything once and then splits off a child for each run, which is a `buckia` as
from the command line. The child's patience and its parts are small, and pauses between tries are
written down instead of waited for.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn, Self

import msgspec

from tests.grounds import NAME

ROOT = Path(__file__).parents[3]
ROOM = 1536 << 20
"""Bytes of addresses that a child may use beyond those it began with."""
GONE = "localhost"
"""A host that nobody knows, though it is named in the certificate."""
TINY = 1 << 20
"""Above it a body goes in parts of this size."""
PAGE = 3
"""Keys on a page of a listing."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is to do."""

    folder: str
    words: tuple[str, ...] = ("sync", "--json")
    environment: Mapping[str, str] = {}
    deletes: tuple[str, ...] = ()
    """Keys to be deleted by one request of the store, instead of a command."""
    knows_host_after: int = 0
    """How many times `GONE` is asked for before it is known; below 0 it never is."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    code: int | None
    """None where it had to be killed."""
    said: str
    """All that it told anybody."""
    told: Mapping[str, Any]
    """Its JSON."""
    waits: tuple[float, ...]
    """Seconds of each pause that it would have made."""
    grown: int
    """Bytes of memory that it came to need."""


class _Done(msgspec.Struct):
    status: int
    grown: int


class Yard:
    """Where children run, one at a time. Belongs to one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.wire.yard", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, run: Run, patience: float) -> Ended:
        """Let a child do it; one that takes longer than so many seconds is killed."""
        pid = int(self._asked(msgspec.json.encode(run)))
        killer = threading.Timer(patience, _kill, (pid,))
        killer.start()
        done = msgspec.json.decode(self._line(), type=_Done)
        killer.cancel()
        said = [(self._folder / name).read_text(errors="replace") for name in ("out", "err")]
        waits = [float(line) for line in (self._folder / "waits").read_text().split()]
        is_killed = os.WIFSIGNALED(done.status)
        return Ended(
            code=None if is_killed else os.waitstatus_to_exitcode(done.status),
            said="\n".join(said),
            told=_document(said[0]),
            waits=tuple(waits),
            grown=done.grown,
        )

    def _asked(self, line: bytes) -> bytes:
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process from which the others come has ended")
        return line

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _kill(pid: int) -> None:
    # Told first to say where it hangs, which ends it as well.
    os.kill(pid, signal.SIGABRT)


def _document(text: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return found


# What follows is done by the process that loads everything, and by its children.


def _serve(folder: Path) -> None:
    _load()
    for line in sys.stdin.buffer:
        run = msgspec.json.decode(line, type=Run)
        pid = os.fork()
        if pid == 0:
            _child(run, folder)
        _tell(str(pid).encode())
        _, status, used = os.wait4(pid, 0)
        grown = used.ru_maxrss * 1024 - _resident()
        _tell(msgspec.json.encode(_Done(status, max(0, grown))))


def _tell(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _load() -> None:
    """All that a child would load, so that it need not."""
    import boto3
    import httpx

    import buckia.cli.app
    import buckia.cli.commands.sync
    import buckia_bunny.opening
    import buckia_s3.opening

    boto3.session.Session(region_name="us-east-1").client(
        "s3", aws_access_key_id="none", aws_secret_access_key="none"
    )
    assert all((httpx, buckia.cli.app, buckia.cli.commands.sync, buckia_bunny, buckia_s3))


def _child(run: Run, folder: Path) -> NoReturn:
    """Everything of this process is gone when it ends, whatever it does."""
    import faulthandler
    import traceback

    code = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        faulthandler.enable()
        os.environ.update(run.environment)
        os.chdir(run.folder)
        _bound()
        _make_small()
        _write_waits_down(folder / "waits")
        _know(run.knows_host_after)
        code = _ended(run)
    except BaseException:  # noqa: BLE001 - a child that went wrong must not go on as its parent
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _ended(run: Run) -> int:
    if run.deletes:
        return _deleted(run.deletes)
    from buckia.cli import main

    try:
        main(run.words)
    except SystemExit as ended:
        return int(ended.code or 0)


def _deleted(keys: Sequence[str]) -> int:
    """Delete by one request, and tell which keys it did not delete."""
    from buckia.client.opening import ground, open_bucket
    from buckia.config import load
    from buckia.plugins import Plugins
    from buckia.secrets import Secrets

    place = ground(load(Path(".buckia")).bucket(NAME), None)
    plugins = Plugins()
    secrets = Secrets(os.environ, scheme=plugins.secret)
    with closing(open_bucket(place, plugins, secrets, tag="wire")) as opened:
        storage: Any = opened
        try:
            failed = storage.delete_many(keys)
        except Exception as error:  # noqa: BLE001 - its kind is what is looked at
            sys.stdout.write(json.dumps({"error": {"kind": type(error).__name__}}))
            return int(getattr(error, "exit_code", 70))
    sys.stdout.write(json.dumps({"failed": sorted(failed)}))
    return 1 if failed else 0


def _bound() -> None:
    most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _make_small() -> None:
    from functools import partial

    from buckia import patience
    from buckia_bunny import zone
    from buckia_s3 import copying, listing, opening, parts

    small: Any = partial(parts.Sizes, single=TINY, part=TINY)
    for module, name, value in (
        (opening, "Sizes", small),
        (copying, "SMALLEST_PART", TINY),
        (listing, "PAGE", PAGE),
        (patience, "TIMES", 3),
        (zone, "_PAUSES", (0.01,) * len(zone._PAUSES)),
        (zone, "_LONGEST_PAUSE", 0.01),
    ):
        setattr(module, name, value)


def _write_waits_down(path: Path) -> None:
    from buckia.engine.limits import Stop

    file = path.open("w")
    waited = Stop.wait

    def wait(self: Stop, seconds: float) -> None:
        file.write(f"{seconds}\n")
        file.flush()
        waited(self, min(seconds, 0.01))

    setattr(Stop, "wait", wait)  # noqa: B010 - a method of somebody else's class


def _know(after: int) -> None:
    """No name outside is asked for: `GONE` is this machine, once it is known."""
    known, asked = socket.getaddrinfo, [0]

    def ask(host: Any, *rest: Any, **more: Any) -> Any:
        if host != GONE:
            return known(host, *rest, **more)
        asked[0] += 1
        if after < 0 or asked[0] <= after:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known("127.0.0.1", *rest, **more)

    socket.getaddrinfo = ask


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
