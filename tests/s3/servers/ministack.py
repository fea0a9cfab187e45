"""ministack, a server with the manners of today's AWS, in an environment of its own.

It honours nearly all conditions and checks all checksums; it checks no signature.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.s3.servers import environments
from tests.s3.servers.access import Access, Server
from tests.s3.servers.processes import Spawned, free_port


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
    return Ministack(folder, environments.ensure("ministack", "ministack"))
