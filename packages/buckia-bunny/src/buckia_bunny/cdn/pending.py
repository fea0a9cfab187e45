"""What the edge may still show as it was, remembered until it was cleared."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

import msgspec

from buckia import notes

_NAME = "purge-"


class Pending:
    """Paths of the storage zone that were written or deleted. Safe to use from many threads.

    Each process notes them in a file of its own before it acts, so that whoever comes after one
    that was killed knows of them. Without a folder they are kept in memory only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file = self._new_file()
        self._paths: set[str] = set()
        self._read: dict[Path, bytes] = {}
        self._lock = Lock()

    def add(self, path: str) -> None:
        with self._lock:
            self._add([path])

    def claim(self) -> tuple[str, ...]:
        """All that is to be cleared now, also what others have left."""
        with self._lock:
            self._read = dict(self._files())
            left = {path for lines in self._read.values() for path in _paths(lines)}
            found, self._paths = self._paths | left, set()
            # What is noted from now on is not claimed.
            self._file = self._new_file()
            return tuple(sorted(found))

    def settle(self, left: Iterable[str]) -> None:
        """What was claimed is done with, but for these."""
        with self._lock:
            self._add(left)
            for file, lines in self._read.items():
                # What another process added to it meanwhile was not claimed; and what cannot be
                # removed is cleared once more the next time, which harms nobody.
                with suppress(OSError):
                    if file.read_bytes() == lines:
                        file.unlink()
            self._read = {}

    def _new_file(self) -> Path | None:
        return None if self._folder is None else self._folder / f"{_NAME}{secrets.token_hex(8)}"

    def _add(self, paths: Iterable[str]) -> None:
        new = sorted(set(paths) - self._paths)
        self._paths.update(new)
        if self._file is None or not new:
            return
        # A disk that is full must not keep a file from being uploaded; memory has it all the same.
        with suppress(OSError):
            lines = b"".join(msgspec.json.encode(path) + b"\n" for path in new)
            notes.append(self._file, lines)

    def _files(self) -> Iterator[tuple[Path, bytes]]:
        if self._folder is not None and self._folder.is_dir():
            for file in sorted(self._folder.glob(f"{_NAME}*")):
                # Another process may be done with it just now.
                with suppress(OSError):
                    lines = file.read_bytes()
                    yield file, lines


def _paths(lines: bytes) -> Iterator[str]:
    for line in lines.splitlines():
        # The last line of a process that was killed may be cut; what it was about was not begun.
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            yield msgspec.json.decode(line, type=str)
