"""Files that tell a person of rows that were decided without one, or that wait for one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from buckia.state.seam import file_errors

_ENDING = ".jsonl"
_LONGEST = 80
_DAY = 86_400.0


class Reports:
    """One folder of them. `make` makes a folder of the state."""

    def __init__(self, path: Path, make: Callable[[Path], None]) -> None:
        self._path = path
        self._make = make

    def place(self, key: str, content: object) -> Path:
        """Where to write what there is to say of a key; the same for the same content."""
        self._make(self._path)
        readable = re.sub(r"[^\w.-]+", "-", key, flags=re.ASCII).lstrip("-.")[-_LONGEST:]
        told = f"{key}\0{content!r}".encode("utf-8", "surrogatepass")
        return self._path / f"{readable}-{blake2b(told, digest_size=6).hexdigest()}{_ENDING}"

    def expire(self, days: int) -> None:
        """Remove those that nothing has been said in for so many days."""
        before = time.time() - days * _DAY
        with file_errors("written", self._path):
            for path in self._path.glob(f"*{_ENDING}"):
                if path.stat().st_mtime < before:
                    path.unlink(missing_ok=True)
