"""The file system's own clock: what time it is there, and how coarsely it stamps files."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock

import msgspec

from buckia.keys import TEMPORARY

TICK = 20_000_000
"""Kernels stamp files with the time of their last timer tick: at most 10 ms old, and doubled."""
UNKNOWN = 2_000_000_000
"""The coarsest file system in use (FAT) counts in two seconds."""
STALE = 1_000_000_000
"""How long a look at the clock stays good, in nanoseconds."""

_STAMP = 1_000_000_001_123_456_789
"""An odd second and nine different digits, to see how many of them are kept."""


class Moment(msgspec.Struct, frozen=True):
    """One look at the clocks: what a file shows that is looked at *later* can be held against it.

    Looking at the file first would not do: it could be written in between, in its own last tick.
    """

    device: int | None
    """The file system whose clock was read, if any was."""
    now: int
    granularity: int
    taken: int
    """By our own clock."""

    def horizon(self, device: int) -> int:
        """Stamps before this (nanoseconds since 1970) are settled on that device."""
        if device == self.device:
            return self.now - self.granularity
        return self.taken - UNKNOWN


class Clock:
    """Tells which timestamps are old enough to prove something.

    Looking at the clock means making and removing an empty file in `probe`, a folder that is ours
    to write in. It says nothing about other file systems than its own: for those our own clock
    and the coarsest granularity have to do.
    """

    def __init__(self, probe: Path | None, tag: str) -> None:
        self._probe = probe
        self._tag = tag
        self._lock = Lock()
        self._last: Moment | None = None

    def moment(self, *, fresh: bool = False) -> Moment:
        """Now; without `fresh` a moment that may be a second old, which errs on the safe side."""
        with self._lock:
            last = self._last
            if last is None or fresh or abs(time.time_ns() - last.taken) > STALE:
                self._last = last = self._look()
            return last

    def granularity(self, device: int) -> int:
        moment = self.moment()
        return moment.granularity if device == moment.device else UNKNOWN

    def _look(self) -> Moment:
        taken = time.time_ns()
        unknown = Moment(None, taken, UNKNOWN, taken)
        if self._probe is None:
            return unknown
        name = os.path.join(self._probe, f"{TEMPORARY}{self._tag}-{os.urandom(8).hex()}")
        try:
            seen, kept = _try_stamps(name)
        except OSError:
            # The folder is not there yet, or the disk is full: then the clock is unknown, which
            # costs a few digests more and decides nothing wrongly.
            return unknown
        return Moment(seen.st_dev, seen.st_mtime_ns, granularity_of(kept), taken)


def _try_stamps(name: str) -> tuple[os.stat_result, int]:
    """What a new file looks like, and what is kept of a time that it is given."""
    handle = os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        seen = os.fstat(handle)
        os.utime(name, ns=(_STAMP, _STAMP))
        return seen, os.fstat(handle).st_mtime_ns
    finally:
        os.close(handle)
        with suppress(FileNotFoundError):
            os.unlink(name)


def granularity_of(kept: int) -> int:
    """How coarse stamps are, from what became of one that was set."""
    for step in (1, 100, 1000, 1_000_000, 10_000_000, 1_000_000_000):
        if kept == _STAMP - _STAMP % step:
            return step + TICK
    return UNKNOWN
