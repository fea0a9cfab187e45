"""All of the outside world that a command sees, in one value: streams, variables, folder, clock."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

if TYPE_CHECKING:
    from buckia.client import BuckiaClient


def open_client(*given: Any, **named: Any) -> BuckiaClient:
    """The real client, which is imported when a bucket is opened and not before."""
    from buckia.client import BuckiaClient

    return BuckiaClient(*given, **named)


def installed(group: str) -> Any:
    """The entry points of this interpreter."""
    from buckia.plugins.installed import find

    return find(group)


def keyring() -> Any:
    """The keyring of this machine, if it has one."""
    from buckia.secrets import system_keyring

    return system_keyring()


def utc_now() -> datetime:
    return datetime.now(UTC)


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """What a command is given instead of reaching for it; tests and the tour give another."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]
    cwd: Path
    open_client: Callable[..., BuckiaClient] = open_client
    entry_points: Callable[[str], Any] = installed
    keyring: Callable[[], Any] = keyring
    now: Callable[[], datetime] = utc_now
    clock: Callable[[], float] = time.monotonic

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return self.stdin.isatty() and self.stderr.isatty()

    @property
    def live(self) -> bool:
        """Whether standard error can redraw a line."""
        return self.stderr.isatty() and self.environ.get("TERM") != "dumb"

    def colours(self, stream: TextIO) -> bool:
        """Whether a stream is to be coloured, as far as nobody said otherwise."""
        plain = self.environ.get("NO_COLOR") or self.environ.get("TERM") == "dumb"
        return stream.isatty() and not plain

    def path(self, text: str | os.PathLike[str]) -> Path:
        """A path that somebody typed, in the folder where it was typed."""
        return self.cwd / Path(text)

    def near(self, path: str | os.PathLike[str]) -> str:
        """A path as it is shortest to type here; what is no absolute path is left as it is."""
        given = Path(path)
        if given.is_absolute() and given.is_relative_to(self.cwd):
            return str(given.relative_to(self.cwd))
        return str(path)


def system_terminal() -> Terminal:
    """The terminal, or the pipes, that this process was started with."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A name that the terminal cannot write must not end a sync.
            stream.reconfigure(errors="backslashreplace")
    return Terminal(
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        environ=os.environ,
        cwd=_here(),
    )


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        # Somebody deleted it; what really needs it will say that it is not there.
        return Path(os.environ.get("PWD", os.curdir))
