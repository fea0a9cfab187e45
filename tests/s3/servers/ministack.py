"""ministack, a server with the manners of today's AWS, in an environment of its own.

It honours nearly all conditions and checks all checksums; it checks no signature.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.s3.servers.access import Access, NotHere, Server
from tests.s3.servers.processes import Spawned, free_port

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".cache" / "servers"
"""In the checkout and never in git: it ignores itself."""
PINS = ROOT / "constraints-dev.txt"
PACKAGE = "ministack"


def ensure(cache: Path = CACHE) -> Path:
    """The environment's program, installed the first time; `NotHere` where that cannot be."""
    if os.name != "posix":
        raise NotHere("ministack is started the POSIX way")
    with _alone(cache):
        folder = cache / PACKAGE
        # A part of the stamp is the Python, which the environment is of no use without.
        made_of, wanted = folder / "made-of", f"{_wanted()} {sys.version}"
        if not made_of.is_file() or made_of.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, _wanted())
            # Last, so that one that was cut off is made anew.
            made_of.write_text(wanted)
        return folder / "bin" / "ministack"


def _wanted() -> str:
    """With the version that the workspace pins, if it does."""
    pins = PINS.read_text(encoding="utf-8").split()
    return next((one for one in pins if one.startswith(f"{PACKAGE}==")), PACKAGE)


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
        raise NotHere(f"ministack cannot be installed: {said[-1]}")


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Workers of one run of tests take turns, so that it is installed once."""
    import fcntl

    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n")
    with (cache / f"{PACKAGE}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Ministack(Server):
    """A running one, which keeps its files in this folder."""

    def __init__(self, folder: Path, program: Path) -> None:
        port = free_port()
        super().__init__(Access(endpoint=f"http://127.0.0.1:{port}"))
        scratch = folder / "tmp"
        scratch.mkdir(parents=True)
        environment = {
            **os.environ,
            # It would listen at all addresses.
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "TMPDIR": str(scratch),
            "LOG_LEVEL": "ERROR",
            "SERVICES": "s3",
        }
        self._process = Spawned("ministack", [program], folder, environment)
        try:
            self._process.wait_until(self._healthy, 30)
        except BaseException:
            self.stop()
            raise

    def _healthy(self) -> bool:
        try:
            with urlopen(f"{self.endpoint}/_ministack/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def stop(self) -> None:
        """End its process; once more does nothing."""
        self._process.end()


def start(folder: Path) -> Ministack:
    """Installed if it was not yet, and running; `NotHere` where it cannot be installed."""
    return Ministack(folder, ensure())
