"""Versions that were replaced or deleted, kept for a while, findable without any database."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from buckia.model import NOTHING_KNOWN, SideName
from buckia.state import files, sidecar
from buckia.state.seam import file_errors, reason
from buckia.state.sidecar import Item, Sidecar
from buckia.state.slot import Slot, keeping

_ORPHANED = timedelta(days=1)
"""A place without bytes that is older than this is of no running sync."""


class Expired(msgspec.Struct, frozen=True):
    """What `expire` did: how many versions went, and why others could not."""

    removed: int
    failed: tuple[str, ...]


class Trash:
    """One folder of versions, in a folder for each day (UTC), each with a sidecar of JSON.

    Every method may be called from many threads at once, and from several processes. Nothing is
    made before there is something to keep.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._last = datetime.min.replace(tzinfo=UTC)
        self._made = ""

    def slot(
        self,
        key: str,
        *,
        side: SideName,
        reason: str,
        size: int,
        mtime_ns: int | None = None,
        version: str = "",
        digests: Mapping[str, str] = NOTHING_KNOWN,
        origin: str = "",
        run: str = "",
    ) -> Slot:
        """A place of its own for this version, described durably; `NotKept` when there is none."""
        described = Sidecar(
            key=key,
            side=side,
            reason=reason,
            size=size,
            mtime_ns=mtime_ns,
            when=self._now(),
            version=version,
            digests=dict(digests),
            origin=origin,
            run=run,
        )
        with keeping(key):
            folder = self._folder(sidecar.day(described.when))
            path = folder / sidecar.name(key, described.when)
            beside = path.with_name(path.name + sidecar.ENDING)
            files.create(beside, sidecar.encode(described))
            files.sync_folder(folder)
        return Slot(path, described)

    def _now(self) -> datetime:
        """Later than all before, so that the order of two versions of a key is never in doubt."""
        with self._lock:
            self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
            return self._last

    def _folder(self, day: str) -> Path:
        folder = self.path / day
        with self._lock:
            if self._made != day or not folder.is_dir():
                files.make_folder(folder)
                self._made = day
        return folder

    def items(self, key: str | None = None, *, prefix: str = "") -> Iterator[Item]:
        """What can be brought back, newest first; of one key, or of keys beginning with `prefix`.

        A place whose bytes never came is no item, nor is anything that we did not put there.
        """
        wanted = None if key is None else sidecar.mark(key)
        for folder in reversed(self._days()):
            for name in sorted(_complete(folder), reverse=True):
                if wanted is None or f"-{wanted}-" in name:
                    item = _item(folder / name)
                    if item and key in {None, item.key} and item.key.startswith(prefix):
                        yield item

    def find(
        self, key: str, before: datetime | None = None, *, side: SideName | None = None
    ) -> Item | None:
        """The newest version of the key; with `before` the one that was current at that time.

        With `side` only what that side held counts.
        """
        found = None
        for item in self.items(key):
            if side not in {None, item.side}:
                continue
            if before is None:
                return item
            if item.when < before.astimezone(UTC):
                break
            found = item
        return found

    def _days(self) -> list[Path]:
        """Folders of days, oldest first."""
        with file_errors("read", self.path):
            try:
                names = os.listdir(self.path)  # noqa: PTH208 - names are all that is needed
            except FileNotFoundError:
                return []
        return [self.path / name for name in sorted(names) if sidecar.DAY.fullmatch(name)]

    def expire(self, days: float, now: datetime | None = None) -> Expired:
        """Remove versions that were replaced more than `days` ago; 0 keeps none.

        What cannot be removed is told and left. What we did not put there stays.
        """
        now = now or datetime.now(UTC)
        limits = _Limits(now - timedelta(days=days) if days else None, now - _ORPHANED)
        removed = 0
        failed: list[str] = []
        for folder in self._days():
            try:
                removed += _expire_day(folder, limits, failed)
                if folder.name < sidecar.day(limits.orphaned):
                    # No sync that runs now puts anything there. One with something in it stays.
                    with suppress(OSError):
                        folder.rmdir()
            except OSError as error:
                failed.append(f"{folder}: {reason(error)}")
        return Expired(removed, tuple(failed))


class _Limits(msgspec.Struct, frozen=True):
    kept: datetime | None
    """What was replaced before goes; None is everything."""
    orphaned: datetime


def _expire_day(folder: Path, limits: _Limits, failed: list[str]) -> int:
    removed = 0
    names = set(os.listdir(folder))  # noqa: PTH208 - names are all that is needed
    for name in sorted(names):
        found = sidecar.named(name)
        if found is None:
            continue
        # What died while a version was described is of no use, also beside a version that stays.
        belongs = name in {found.stem, found.stem + sidecar.ENDING}
        if not _is_due(belongs and found.stem in names, found.when, limits):
            continue
        try:
            (folder / name).unlink(missing_ok=True)
            removed += name == found.stem
        except OSError as error:
            failed.append(f"{folder / name}: {reason(error)}")
    return removed


def _is_due(complete: bool, when: datetime, limits: _Limits) -> bool:
    if complete:
        return limits.kept is None or when <= limits.kept
    return when < limits.orphaned


def _complete(folder: Path) -> list[str]:
    """Names of versions in a day's folder of which the bytes and the description are there."""
    with file_errors("read", folder):
        try:
            names = set(os.listdir(folder))  # noqa: PTH208 - names are all that is needed
        except FileNotFoundError:
            return []
    return [name for name in names if name + sidecar.ENDING in names and sidecar.named(name)]


def _item(path: Path) -> Item | None:
    try:
        described = sidecar.decode(path.with_name(path.name + sidecar.ENDING).read_bytes())
        mode = _mode(path, described) if described else None
    except OSError:
        # It has just expired, or is no file that anybody can read. It must not hide all others.
        return None
    if described is None:
        return None
    given: dict[str, Any] = {
        name: getattr(described, name) for name in Item.__struct_fields__ if name != "path"
    }
    return Item(**{**given, "path": path, "mode": mode})


def _mode(path: Path, described: Sidecar) -> int | None:
    """A file that was moved here just before a kill still has its own permissions."""
    if described.mode is not None or described.fetched or os.name == "nt":
        return described.mode
    return stat.S_IMODE(path.lstat().st_mode)
