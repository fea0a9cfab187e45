"""Servers that are processes of their own: started, waited for, ended."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

PAUSE = 0.02
"""Seconds between two looks at whether a server is ready."""


class NotReady(Exception):
    """The server ended, or did not answer in time; the message holds the end of its output."""


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


class Spawned:
    """A process in a session of its own, with its output and its id in files beside it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._output = folder / f"{name}.out"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.name = name
        self.pid = self._process.pid
        (folder / f"{name}.pid").write_text(str(self.pid))

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Ask again and again; `NotReady` as soon as the process ends, or after these seconds."""
        deadline = monotonic() + seconds
        while not ready():
            try:
                status = self._process.wait(timeout=PAUSE)
            except subprocess.TimeoutExpired:
                if monotonic() < deadline:
                    continue
                raise NotReady(f"{self.name} is not ready: {self._said()}") from None
            raise NotReady(f"{self.name} ended with {status}: {self._said()}")

    def end(self, seconds: float = 10) -> None:
        """Ask it to end, and make it end if it has not after these seconds."""
        self._process.terminate()
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def reap(self) -> None:
        """Wait for a process that somebody ended by its id."""
        self._process.wait()

    def _said(self) -> str:
        return self._output.read_text(errors="replace")[-2000:].strip()
