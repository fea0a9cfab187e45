"""What must hold whatever comes: an end in time, nothing outside touched, no secret told."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from buckia.errors import BuckiaError
from tests.guarantees.stage import below

SECRET = "Gh31m-4711+abc/def=="
"""Given as every password and key; it must come to light nowhere."""
LONGEST = 20.0
"""Seconds for one input; an honest one takes a few hundredths."""


class TooSlow(Exception):
    """An input kept Buckia busy for longer than any should."""


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TooSlow(f"it takes longer than {LONGEST:.0f} seconds")


@contextmanager
def _as_deep_as_usual() -> Iterator[None]:
    """Calls may be as deep as in any program; Hypothesis lets them be deeper."""
    depth, frame = 1000, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depth)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def as_deep_as_need_be() -> Iterator[None]:
    """For what only clears up; what is tried has to do with `_as_deep_as_usual`."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10**5)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def in_time(seconds: float = LONGEST) -> Iterator[None]:
    """Raise where it takes longer, in the main thread of a system that has such an alarm."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return
    with _as_deep_as_usual(), _clocked(seconds):
        yield


@contextmanager
def _clocked(seconds: float) -> Iterator[None]:
    # What the processor does counts; other processes may keep this one waiting for long.
    clocks = {signal.ITIMER_PROF: (signal.SIGPROF, 1), signal.ITIMER_REAL: (signal.SIGALRM, 15)}
    before = {number: signal.signal(number, _stop) for number, _ in clocks.values()}
    for clock, (_, times) in clocks.items():
        signal.setitimer(clock, seconds * times)
    try:
        yield
    finally:
        for clock in clocks:
            signal.setitimer(clock, 0)
        for number, usual in before.items():
            signal.signal(number, usual)


def outside(place: Path, inside: Path) -> dict[str, bytes]:
    """Everything below `place` that is not below `inside`."""
    return {
        str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        for path in below(place)
        if path != inside and inside not in path.parents
    }


@contextmanager
def nothing_outside(place: Path, inside: Path) -> Iterator[None]:
    """Whatever is done inside, all around it stays as it is."""
    before = outside(place, inside)
    yield
    after = outside(place, inside)
    assert after == before, f"written outside: {sorted(after.items() ^ before.items())}"


def keeps_secret(place: Path, *told: str) -> None:
    """No file and nothing that was told holds the secret, in any form that is easily read."""
    forms = (SECRET, SECRET.replace("+", "%2B"), repr(SECRET)[1:-1])
    for text in told:
        assert not [form for form in forms if form in text], f"the secret was told: {text[:500]}"
    for path in below(place):
        if path.is_file() and not path.is_symlink():
            assert SECRET.encode() not in path.read_bytes(), f"{path} holds the secret"


def ended(error: BuckiaError) -> str:
    """How an input ended, for the tally."""
    return f"refused as {error.kind}"
