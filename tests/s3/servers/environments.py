"""Programs from PyPI, each in an environment of its own, so that none of them minds another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.s3.servers.access import NotHere

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".cache" / "programs"
"""In the checkout and never in git: it ignores itself."""
PINS = ROOT / "constraints-dev.txt"


def ensure(package: str, program: str, cache: Path = CACHE) -> Path:
    """The program of that package, installed the first time; `NotHere` where that cannot be."""
    if os.name != "posix":
        raise NotHere(f"{program} is started the POSIX way")
    with _alone(cache, package):
        folder = cache / package
        # A part of the stamp is the Python, which the environment is of no use without.
        made_of, wanted = folder / "made-of", f"{_wanted(package)} {sys.version}"
        if not made_of.is_file() or made_of.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, _wanted(package))
            # Last, so that one that was cut off is made anew.
            made_of.write_text(wanted)
        return folder / "bin" / program


def _wanted(package: str) -> str:
    """With the version that the workspace pins, if it does."""
    pins = PINS.read_text(encoding="utf-8").split()
    return next((one for one in pins if one.startswith(f"{package}==")), package)


def _install(folder: Path, wanted: str) -> None:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    done = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", wanted],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["pip said nothing"]
        raise NotHere(f"{wanted} cannot be installed: {said[-1]}")


@contextmanager
def _alone(cache: Path, package: str) -> Iterator[None]:
    """Workers of one run of tests take turns, so that it is installed once."""
    import fcntl

    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n")
    with (cache / f"{package}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
