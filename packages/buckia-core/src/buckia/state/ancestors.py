"""What databases held when both sides last agreed: to merge later edits a digest is not enough."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from buckia.state import files
from buckia.state.seam import file_errors

_KEY = "key"
"""The file that says whose folder it is."""


class Ancestors:
    """A folder for each key, and in it a file for each content, named by one of its digests.

    `make` makes a folder of the state.
    """

    def __init__(self, path: Path, make: Callable[[Path], None]) -> None:
        self._path = path
        self._make = make

    def find(self, key: str, packed: Iterable[str]) -> Path | None:
        """The content that has any of these digests, each `algorithm:value`."""
        with file_errors("read", self._path):
            folder = self._folder(key)
            return next((one for each in packed if (one := folder / _name(each)).is_file()), None)

    def keep(self, key: str, packed: str, chunks: Iterable[bytes]) -> None:
        """Take a content that has this digest; whole and durable on return."""
        folder = self._folder(key)
        self._make(folder)
        with file_errors("written", folder):
            files.write(folder / _KEY, key.encode("utf-8", "surrogatepass"))
            draft = folder / f".{_name(packed)}"
            draft.unlink(missing_ok=True)
            files.create(draft)
        try:
            with draft.open("r+b") as file:
                for chunk in chunks:
                    with file_errors("written", folder):
                        file.write(chunk)
                with file_errors("written", folder):
                    file.flush()
                    os.fsync(file.fileno())
            with file_errors("written", folder):
                draft.replace(folder / _name(packed))
                files.sync_folder(folder)
        finally:
            draft.unlink(missing_ok=True)

    def keys(self) -> Iterator[str]:
        with file_errors("read", self._path):
            for folder in self._path.glob("*/"):
                with suppress(FileNotFoundError):
                    yield (folder / _KEY).read_bytes().decode("utf-8", "surrogatepass")

    def drop(self, key: str, *, but: Collection[str] = ()) -> None:
        """Remove the contents of a key that have none of these digests."""
        folder, needed = self._folder(key), {_name(each) for each in but}
        with file_errors("written", folder):
            if not any((folder / name).exists() for name in needed):
                shutil.rmtree(folder)
                return
            for path in folder.iterdir():
                if path.is_dir():
                    # A run was cut off there; no other works on this pair.
                    shutil.rmtree(path)
                elif path.name not in {_KEY, *needed}:
                    path.unlink()

    @contextmanager
    def room(self, key: str) -> Iterator[Path]:
        """An empty folder for the work on one key, gone afterwards."""
        folder = self._folder(key) / "work"
        with file_errors("written", folder):
            shutil.rmtree(folder, ignore_errors=True)
        self._make(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, key: str) -> Path:
        return self._path / _hashed(key)


def _name(packed: str) -> str:
    """A store may call a digest anything, and nothing of that must become a path."""
    return _hashed(packed.lower())


def _hashed(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
