"""One process, run and measured as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_LAUNCHER = Path(__file__).with_name("launcher.py")
_LONGEST = 3600.0


class Command(NamedTuple):
    """What is run."""

    words: Sequence[str | Path]
    folder: Path
    """Where."""
    settings: Mapping[str, str] = {}
    """What its environment has beyond ours."""


class Figures(NamedTuple):
    """What it took."""

    wall: float
    """Seconds that passed."""
    cpu: float
    """Seconds of the processors, in the program and in the system on its behalf."""
    peak: int
    """Bytes of memory, at most, in the largest of its processes."""


class Failed(Exception):
    """It did not end well; the message holds the end of what it said."""


def run(command: Command) -> Figures:
    """Run it to its end, with nobody at the keyboard and its output in a file."""
    with tempfile.TemporaryDirectory(prefix="buckia-bench-run-") as name:
        figures, output = Path(name) / "figures", Path(name) / "output"
        launched = [sys.executable, "-I", "-S", _LAUNCHER, figures, *command.words]
        with output.open("wb") as said:
            subprocess.run(
                launched,
                cwd=command.folder,
                env={**os.environ, **command.settings},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                timeout=_LONGEST,
                check=True,
            )
        wall, cpu, peak, ended = figures.read_text().split()
        if int(ended):
            words = " ".join(map(str, command.words))
            end = output.read_text(errors="replace")[-2000:].strip()
            raise Failed(f"{words} ended with {ended}: {end}")
        return Figures(float(wall), float(cpu), int(peak))
