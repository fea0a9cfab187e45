"""What a process does to a disk, counted, cut short, refused or recorded at one seam.

`effects.c` is a small library that is loaded in front of the C library of a process. It stands
around every call by which the process changes files below the folders that are watched: those of
Python's own `os`, of SQLite, of whatever else is linked to it.

    [a parent]   subprocess.run([...], env={**os.environ, **preloaded()})
    [a child]    effects = Effects(root, bucket)
                 effects.fail(3, errno.ENOSPC, kinds=[Kind.WRITE], always=True)
                 ...
                 effects.stop()

What is asked holds for this one process; whoever is forked off begins anew. The quickest way to
many runs is one process that was started with the library, has everything imported, and forks.

Not seen are writes into mapped memory (in a database only its index of the log, which is made
anew after a crash) and those of C's own buffered files.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from enum import IntEnum
from functools import cache
from pathlib import Path
from struct import Struct
from typing import Any, Literal, NamedTuple, Self

SOURCE = Path(__file__).with_name("effects.c")
CACHE = Path(__file__).parents[3] / ".cache" / "effects"


class NotHere(Exception):
    """This machine cannot do it; the text says why."""


class Kind(IntEnum):
    """What an effect does. A file that is written is opened, written, flushed and renamed."""

    CREATE = 0
    """A new file, empty."""
    WRITE = 1
    TRUNCATE = 2
    """Another size, also by being opened anew."""
    RENAME = 3
    LINK = 4
    """A second name, or a symbolic link."""
    UNLINK = 5
    MKDIR = 6
    RMDIR = 7
    SYNC = 8
    """The flush of a file or of a folder, or by way of one of them of all its file system."""
    TIMES = 9
    MODE = 10


ALL = frozenset(Kind)
When = Literal["before", "after"]


class Effect(NamedTuple):
    """One line of a record."""

    kind: Kind
    path: str
    other: str = ""
    """The second name, of a rename or a link."""
    data: bytes = b""
    """What was written; where a symbolic link leads to."""
    offset: int = 0
    """Where it was written; the nanoseconds of a time."""
    size: int = 0
    """How large a file became that was truncated."""
    number: int = 0
    """A mode; the flags of a rename (1: only to a free name, 2: two names change places)."""


class Effects:
    """The seam of this process. Making one forgets what an earlier one was told.

    The folders must exist. An effect counts when it took effect; a call that failed by itself (a
    folder that was there already) does not. Orders are given before the work begins.
    """

    def __init__(self, *folders: Path) -> None:
        self._seam = _seam()
        self._seam.effects_stop()
        for folder in folders:
            if self._seam.effects_watch(os.fsencode(folder)):
                raise NotHere(f"{folder} cannot be watched: there is none, or there are too many")

    def count(self, kind: Kind | None = None) -> int:
        """How many effects there have been so far."""
        return int(self._seam.effects_count(-1 if kind is None else kind))

    def kill(self, nth: int, when: When) -> None:
        """End this process by SIGKILL at the nth effect, the first being 1."""
        self._seam.effects_kill(nth, when == "after")

    def fail(
        self, nth: int, number: int, kinds: Collection[Kind] = ALL, *, always: bool = False
    ) -> None:
        """Let the nth effect of these kinds fail with this number, such as `errno.ENOSPC`.

        Only that one, or always from there on. What failed has changed nothing; it does not count
        for `count` and `kill`. Asking again replaces the order; `nth` 0 takes it back.
        """
        self._seam.effects_fail(nth, number, sum(1 << kind for kind in set(kinds)), always)

    def record(self, path: Path) -> None:
        """Write down each effect, to be read by `recorded`; the file must not be watched."""
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._seam.effects_record(handle)

    @staticmethod
    def tell_flushes_only() -> None:
        """From now on flushes are counted and recorded, but the disk does not hear of them.

        For this process and all that it forks, watched or not: where nobody takes the power away
        they prove nothing and take most of the time.
        """
        _seam().effects_tell_flushes_only(1)

    def stop(self) -> None:
        """From now on everything passes untouched."""
        self._seam.effects_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


_LINE = Struct("=IIqqIIQ")


def recorded(path: Path) -> Iterator[Effect]:
    """All effects of a record, in their order."""
    with path.open("rb") as file:
        while head := file.read(_LINE.size):
            kind, number, offset, size, name, other, data = _LINE.unpack(head)
            yield Effect(
                kind=Kind(kind),
                path=os.fsdecode(file.read(name)),
                other=os.fsdecode(file.read(other)),
                data=file.read(data),
                offset=offset,
                size=size,
                number=number,
            )


@cache
def _seam() -> Any:
    """The functions of the library, where this process was started with it."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "effects_watch"):
        raise NotHere("this process was not started with the environment of preloaded()")
    library.effects_watch.argtypes = (ctypes.c_char_p,)
    library.effects_count.restype = ctypes.c_long
    library.effects_kill.argtypes = (ctypes.c_long, ctypes.c_int)
    numbers = (ctypes.c_long, ctypes.c_int, ctypes.c_uint, ctypes.c_int)
    library.effects_fail.argtypes = numbers
    return library


def is_preloaded() -> bool:
    """Whether this process has the seam."""
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "effects_watch")


def preloaded() -> Mapping[str, str]:
    """The environment of a process that is to have the seam; `NotHere` with the reason."""
    return {"LD_PRELOAD": " ".join(filter(None, (str(built()), os.environ.get("LD_PRELOAD"))))}


@cache
def built() -> Path:
    """The library, compiled once for all processes and for each state of its source."""
    compiler = shutil.which("cc")
    if sys.platform != "linux":
        raise NotHere(f"the seam to the system is for Linux, and this is {sys.platform}")
    if compiler is None:
        raise NotHere("there is no C compiler `cc`")
    text = b"".join(path.read_bytes() for path in (SOURCE, SOURCE.with_name("orders.h")))
    stamp = hashlib.sha256(text).hexdigest()[:16]
    target = CACHE / f"effects-{stamp}.so"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _compile(compiler, target)
    return target


def _compile(compiler: str, target: Path) -> None:
    fresh = target.with_suffix(".new")
    words = [compiler, "-O2", "-shared", "-fPIC", "-o", str(fresh), str(SOURCE), "-ldl", "-pthread"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"the seam cannot be compiled: {done.stderr.strip()[-800:]}")
    fresh.replace(target)
