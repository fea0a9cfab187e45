"""What is remembered beside a pair's state: unfinished uploads, and what an endpoint honours.

All of it can be lost at any time. Then an upload begins anew, and the endpoint is tried again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TypeVar

import msgspec

from buckia import notes
from buckia_s3.habits import Habits

S = TypeVar("S", bound=msgspec.Struct)

_WEEK = 7 * 24 * 3600.0


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """An upload in parts that was begun and not yet ended."""

    bucket: str
    key: str
    upload: str
    likeness: str
    """A digest of all that was said when it was begun; another upload is not continued by it."""
    began: float
    """Seconds since 1970."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The habits of an endpoint and when they were seen."""

    habits: Habits
    at: float


class Trying(msgspec.Struct, frozen=True):
    """The keys under which an endpoint was tried and that may still be there."""

    keys: tuple[str, ...] = ()


class Notes:
    """Notes about one bucket of one endpoint, in a folder or, without one, in memory."""

    def __init__(self, folder: Path | None, endpoint: str, bucket: str) -> None:
        self._bucket = bucket
        self._place = _named(endpoint, bucket)
        self._folder = folder / self._place if folder is not None else None
        self._kept: dict[str, Unfinished] = {}
        self._seen: Seen | None = None
        self._trying = Trying()
        self._busy: set[str] = set()
        self._lock = Lock()

    def habits(self) -> Habits | None:
        """What was found out within the last week."""
        for seen in (self._seen, self._read("habits.json", Seen)):
            if seen is not None and 0 <= time.time() - seen.at < _WEEK:
                return seen.habits
        return None

    def keep_habits(self, habits: Habits) -> None:
        seen = Seen(habits=habits, at=time.time())
        # What is written is not kept here as well, so that others can have it forgotten.
        self._seen = None if self._write("habits.json", seen) else seen

    def forget_habits(self) -> None:
        """Let the endpoint be tried anew, also by those who have these notes open by now."""
        self._seen = None
        self._remove("habits.json")

    @property
    def probes(self) -> tuple[str, ...]:
        """Where an endpoint was tried and nobody has cleared up."""
        trying = self._trying if self._folder is None else self._read("trying.json", Trying)
        return trying.keys if trying is not None else ()

    @probes.setter
    def probes(self, keys: tuple[str, ...]) -> None:
        self._trying = Trying(keys)
        if keys:
            self._write("trying.json", self._trying)
        else:
            self._remove("trying.json")

    @contextmanager
    def upload(self, key: str) -> Iterator[bool]:
        """Around an upload of that key; False where another thread is at it, which has the note."""
        with self._lock:
            is_ours = key not in self._busy
            self._busy.add(key)
        try:
            yield is_ours
        finally:
            if is_ours:
                with self._lock:
                    self._busy.discard(key)

    def unfinished(self, key: str) -> Unfinished | None:
        if self._folder is None:
            return self._kept.get(key)
        found = self._read(_file(key), Unfinished)
        return found if found is not None and found.key == key else None

    def begun(self, upload: Unfinished) -> None:
        if self._folder is None:
            self._kept[upload.key] = upload
        else:
            self._write(_file(upload.key), upload)

    def ended(self, key: str) -> None:
        self._kept.pop(key, None)
        self._remove(_file(key))

    def all_unfinished(self) -> list[Unfinished]:
        """Those that nobody in this process is at."""
        if self._folder is None:
            found = list(self._kept.values())
        else:
            files = sorted(self._folder.glob("upload-*.json"))
            read = (self._read(path.name, Unfinished) for path in files)
            found = [one for one in read if one is not None]
        return [one for one in found if one.key not in self._busy]

    def _read(self, name: str, kind: type[S]) -> S | None:
        if self._folder is None:
            return None
        try:
            return msgspec.json.decode((self._folder / name).read_bytes(), type=kind)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # Not there, or of another age: as if it had never been.
            return None

    def _remove(self, name: str) -> None:
        if self._folder is not None:
            with suppress(OSError):
                (self._folder / name).unlink()

    def _write(self, name: str, content: msgspec.Struct) -> bool:
        """Whether it could be written."""
        if self._folder is None:
            return False
        try:
            notes.write(self._folder / name, msgspec.json.encode(content))
        except OSError:
            # A disk that is full must not keep a file from being uploaded.
            return False
        return True


def _named(*words: str) -> str:
    return blake2b("\0".join(words).encode(), digest_size=12).hexdigest()


def _file(key: str) -> str:
    return f"upload-{_named(key)}.json"
