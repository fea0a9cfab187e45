"""What a zone stores: files in folders that appear by themselves and stay."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime
from threading import RLock
from typing import TypedDict, Unpack
from uuid import UUID

import msgspec

UNKNOWN_TYPE = "application/octet-stream"


class Refused(ValueError):
    """The tree cannot hold that; nothing was changed."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file or folder. Never changed, so whoever reads one reads one version of it."""

    path: str
    guid: str
    created: datetime
    changed: datetime
    etag: str = ""
    data: bytes = b""
    sha256: str | None = None
    """In upper case; None for a folder."""
    content_type: str = UNKNOWN_TYPE
    is_folder: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


class Facts(TypedDict, total=False):
    """What a test may say of a file instead of leaving it to the tree."""

    guid: str
    created: datetime
    changed: datetime
    sha256: str
    content_type: str


def _nobody(_folder: str, _children: list[Entry]) -> None:
    """Nobody wants to know of changes."""


class Tree:
    """Files by their paths, which have no slash at either end; the root is the path ``""``.

    Every method may be called from any thread. What takes several steps holds `lock`.
    """

    def __init__(self, seed: int = 0) -> None:
        self.lock = RLock()
        self.before_change: Callable[[str, list[Entry]], None] = _nobody
        """Told a folder and its children just before they change, with the lock held."""
        self._random = random.Random(seed)  # noqa: S311 - decides on names and dates, no secrets
        self._folders: dict[str, dict[str, Entry]] = {"": {}}

    def put(self, path: str, data: bytes, **facts: Unpack[Facts]) -> Entry:
        """Store a file, with the folders above it; `Refused` where the names do not allow it.

        The date of the first upload and the guid stay when a file is replaced. `facts` override
        what would be told of it, whether true or not; dates are kept to the millisecond.
        """
        digest = hashlib.sha256(data).hexdigest().upper()
        with self.lock:
            self._check_names(path)
            before = self.entry(path)
            if before is not None and before.is_folder:
                raise Refused(f"{path} is a folder")
            now = self._now()
            entry = Entry(
                path=path,
                guid=before.guid if before else self._guid(),
                created=before.created if before else now,
                changed=now,
                etag=f'"{self._random.getrandbits(64):x}"',
                data=data,
                sha256=digest,
            )
            entry = _in_milliseconds(msgspec.structs.replace(entry, **facts))
            self._hold(entry)
        return entry

    def make_folder(self, path: str) -> Entry:
        """Make a folder and those above it; `Refused` where there is something already."""
        with self.lock:
            self._check_names(path)
            if self.entry(path) is not None:
                raise Refused(f"{path} is there already")
            return self._make_folder(path)

    def remove(self, path: str) -> None:
        """Remove one file, and leave its folder; `KeyError` if there is no such file."""
        with self.lock:
            entry = self.entry(path)
            if entry is None or entry.is_folder:
                raise KeyError(path)
            self._drop(entry)

    def remove_folder(self, path: str) -> None:
        """Remove whatever is there, with all that is below it; of the root, what is in it."""
        with self.lock:
            entry = self.entry(path)
            if path and entry is None:
                raise KeyError(path)
            if entry is not None and not entry.is_folder:
                self._drop(entry)
                return
            for child in self.children(path):
                self.remove_folder(child.path)
            if entry is not None:
                self._drop(entry)
                del self._folders[path]

    def entry(self, path: str) -> Entry | None:
        """The file or folder of this path; None where nothing is, and for the root."""
        folder, _, name = path.rpartition("/")
        with self.lock:
            return self._folders.get(folder, {}).get(name)

    def children(self, folder: str) -> list[Entry]:
        """What is directly in a folder; nothing if there is no such folder."""
        with self.lock:
            return list(self._folders.get(folder, {}).values())

    def files(self) -> dict[str, bytes]:
        """The bytes of all files, in the order of their paths."""
        with self.lock:
            entries = [one for held in self._folders.values() for one in held.values()]
        return {
            one.path: one.data
            for one in sorted(entries, key=lambda one: one.path)
            if not one.is_folder
        }

    def folders(self) -> list[str]:
        """The paths of all folders but the root, in order."""
        with self.lock:
            return sorted(path for path in self._folders if path)

    def _check_names(self, path: str) -> None:
        """`Refused` for a path that can never be, or that lies below a file."""
        names = path.split("/")
        for name in names:
            if name != name.strip(" ") or name in ("", ".", ".."):
                raise Refused(f"{name!r} is no name")
        for depth in range(1, len(names)):
            above = self.entry("/".join(names[:depth]))
            if above is not None and not above.is_folder:
                raise Refused(f"{above.path} is a file")

    def _hold(self, entry: Entry) -> None:
        if entry.folder not in self._folders:
            self._make_folder(entry.folder)
        self.before_change(entry.folder, self.children(entry.folder))
        self._folders[entry.folder][entry.name] = entry

    def _make_folder(self, path: str) -> Entry:
        now = self._now()
        made = Entry(path=path, guid=self._guid(), created=now, changed=now, is_folder=True)
        made = _in_milliseconds(made)
        self._hold(made)
        self._folders[path] = {}
        return made

    def _drop(self, entry: Entry) -> None:
        self.before_change(entry.folder, self.children(entry.folder))
        del self._folders[entry.folder][entry.name]

    def _guid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def _now(self) -> datetime:
        """The time, often less exact than it could be, so that dates come in all their lengths."""
        now = datetime.now(UTC)
        step = self._random.choice((1_000, 10_000, 1_000_000))
        return now.replace(microsecond=now.microsecond // step * step)


def _in_milliseconds(entry: Entry) -> Entry:
    return msgspec.structs.replace(
        entry, created=_to_millisecond(entry.created), changed=_to_millisecond(entry.changed)
    )


def _to_millisecond(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a date of the tree needs a time zone")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
