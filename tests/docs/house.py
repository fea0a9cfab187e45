"""Somebody's computer, in one folder: notes, a disk that is a bucket, and the command line."""

from __future__ import annotations

import ctypes
import io
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from buckia.body import BytesBody
from buckia.cli.app import run
from buckia.cli.terminal import Terminal
from buckia.protocols import Storage
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import Faulty, Plan
from tests.docs import pretend

STATE = ".buckia.state"
VARIES = (
    (r"process \d+ on \S+?, since [-\d :]+", "process 4711 on laptop, since 2026-01-31 18:30:00 "),
    (r"\d{8}T\d{9}Z-[\w-]+", "20260131T183000000Z-laptop-x7k2p"),
    (r"\b(local|pretend)-notes-[0-9a-f]{16}", r"\1-notes-0123456789abcdef"),
    (r"damaged-\d{8}T\d+Z", "damaged-20260131T183000000000Z"),
)
"""What is another on every machine and in every run, and what the documentation shows instead."""


class Unable(Exception):
    """This system cannot play the scene."""


Sides = tuple[dict[str, bytes], dict[str, bytes]]
"""What lies here, and what in the bucket."""


class Said(NamedTuple):
    code: int
    lines: list[str]
    """What was shown, without the lines that only count."""
    before: Sides
    """What both sides held until then."""


class House:
    """`here` is /home/ann/notes, `there` the bucket /mnt/nas/notes; real paths are never shown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder = folder.resolve()
        self.here = folder / "home/ann/notes"
        self.nas = folder / "mnt/nas"
        self.there = self.nas / "notes"
        for made in (self.here, self.there):
            made.mkdir(parents=True)
        self.environ: dict[str, str] = {}
        self.store: Faulty | None = None
        self.configure()

    def configure(self, **keys: object) -> None:
        """Write the `.buckia` file, one key a line."""
        bucket = {"provider": "local", "bucket_name": "notes", "root": str(self.nas), **keys}
        lines = [f"  {key}: {json.dumps(value)}\n" for key, value in bucket.items()]
        self.say("".join(["notes:\n", *lines]))

    def say(self, text: str) -> None:
        """Write this into the `.buckia` file."""
        path = self.here / ".buckia"
        path.write_text(text)
        path.chmod(0o600)

    def rent(self, plan: Plan | None = None, store: MemoryStore | None = None, **keys: Any) -> None:
        """Take a bucket of the provider `pretend` instead of the folder."""
        self.store = Faulty(store or MemoryStore(), *([plan] if plan else []))
        pretend.stores["notes"] = self.store
        self.environ["BUCKIA_NOTES_API_KEY"] = "opensesame"
        lines = [f"  {key}: {json.dumps(value)}\n" for key, value in keys.items()]
        head = ["notes:\n", "  provider: pretend\n", "  bucket_name: notes\n"]
        self.say("".join([*head, *lines]))

    def write(self, side: Path, *names: str, text: str = "some words\n") -> None:
        for name in names:
            (side / name).parent.mkdir(parents=True, exist_ok=True)
            (side / name).write_text(text)

    def offer(self, *keys: str) -> None:
        """Put objects into the rented bucket, as somebody else would."""
        assert self.store is not None
        for key in keys:
            self.store.store.write(key, BytesBody(data=b"some words\n", mtime_ns=time.time_ns()))

    def type(self, *words: str, shut: Path | None = None) -> Said:
        """Type a command in the folder of the notes; nobody may look into `shut` meanwhile."""
        before = self.contents()
        if shut is None:
            return self._typed(words, before)
        with _closed(shut):
            return self._typed(words, before)

    def document(self, *words: str) -> dict[str, Any]:
        """What a command prints with --json."""
        _code, out, _err = self._run([*words, "--json"])
        found: dict[str, Any] = json.loads(out)
        return found

    def _typed(self, words: tuple[str, ...], before: Sides) -> Said:
        code, out, err = self._run(words)
        lines = self.shown(err + out).splitlines()
        return Said(code, [line for line in lines if not line.startswith("notes: ")], before)

    def _run(self, words: Sequence[str]) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(
            stdin=io.StringIO(),
            stdout=out,
            stderr=err,
            environ={"TERM": "dumb", **self.environ},
            cwd=self.here,
            entry_points=pretend.with_pretend if self.store is not None else pretend.shipped,
            keyring=lambda: None,
        )
        return run(words, terminal), out.getvalue(), err.getvalue()

    def shown(self, text: str) -> str:
        """A text as the documentation has it."""
        text = text.replace(str(self.folder), "")
        for pattern, instead in VARIES:
            text = re.sub(pattern, instead, text)
        return text

    def contents(self) -> Sides:
        return _files(self.here), _objects(self.store) if self.store else _files(self.there)


def _files(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not name.parts[0].startswith(".buckia"):
            found[name.as_posix()] = path.read_bytes()
    return found


def _objects(store: Faulty) -> dict[str, bytes]:
    kept: Storage = store.store
    assert isinstance(kept, MemoryStore)
    return kept.contents()


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


_MAY_READ_ALL = 0b110
"""Linux: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""


@contextmanager
def _closed(folder: Path) -> Iterator[None]:
    mode = folder.stat().st_mode
    folder.chmod(0)
    try:
        with _permissions_obeyed():
            yield
    finally:
        folder.chmod(mode)


@contextmanager
def _permissions_obeyed() -> Iterator[None]:
    """Root is refused like anybody else, in this thread and in those that it starts."""
    if os.geteuid() != 0:
        yield
        return
    try:
        system = ctypes.CDLL(None, use_errno=True)
        call: Callable[..., int] = system.capset
    except (OSError, AttributeError):
        raise Unable("root is refused nothing here") from None
    header, held = _Header(0x20080522, 0), (_Capabilities * 2)()
    if system.capget(ctypes.byref(header), held) != 0:
        raise Unable("root is refused nothing here")
    before = held[0].effective
    held[0].effective = before & ~_MAY_READ_ALL
    if call(ctypes.byref(header), held) != 0:
        raise Unable("root is refused nothing here")
    try:
        yield
    finally:
        held[0].effective = before
        call(ctypes.byref(header), held)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own in the folder, of this size; only root may make one."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        made = subprocess.run(words, check=False, capture_output=True).returncode == 0
    except OSError:
        made = False
    if not made:
        raise Unable("no disk can be made here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
