"""What all operations on one root share, and the way to the place of a key."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar

from buckia.errors import NotFound, Unavailable
from buckia.keys import TEMPORARY
from buckia.stores.local import system
from buckia.stores.local.clock import Clock
from buckia.stores.local.faults import Barred
from buckia.stores.local.folders import Folder, open_folder, walk, walk_making
from buckia.stores.local.kept import Kept
from buckia.stores.local.renames import Place
from buckia.stores.local.root import Root
from buckia.stores.local.versions import LocalEntry, Unsettled, entry
from buckia.stores.local.witness import Witness

Segments = tuple[str, ...]
T = TypeVar("T")

_STRIPES = 64
_PATIENCE = 30.0
"""Seconds to wait for others who work in the same folder."""


class Ground:
    """One root and what is known of its file system. Safe to use from many threads."""

    def __init__(
        self, root: Path, *, tag: str, follow: bool, probe: Path | None, missing: str
    ) -> None:
        self.root = Root(root, missing)
        self.tag = tag
        self.follow = follow
        self.clock = Clock(probe, tag)
        self.unsettled = Unsettled()
        self.witness = Witness()
        self.made = MadeFolders()
        self._kept = Kept()
        self._stripes = [Lock() for _ in range(_STRIPES)]
        self._mode: int | None = None

    def above(self, key: str) -> Segments:
        """The folders that a key lies in."""
        return tuple(key.split("/")[:-1])

    def place(self, key: str) -> Place:
        """Where a key is, or would be; its folder must be there. The caller closes the folder."""
        return self._place(key, lambda root, above: walk(root, above, follow=self.follow))

    def _place(self, key: str, walking: Callable[[Folder, Segments], Folder]) -> Place:
        above, seen = self.above(key), self.root.look()
        folder = self._kept.lent(seen, above, follow=self.follow)
        if folder is None:
            with self.root.folder() as root:
                folder = walking(root, above)
            folder = self._kept.keep(seen, above, folder, follow=self.follow)
        return Place(folder, key.rpartition("/")[2])

    def place_made(self, key: str, *, can_wait: bool = False) -> Place:
        """The same; folders that are missing are created, and remembered as ours."""

        def walking(root: Folder, above: Segments) -> Folder:
            def made(step: int, folder: Folder) -> None:
                if not (can_wait and self.root.leaves(folder.itself().st_dev)):
                    folder.sync()
                self.made.add(above[: step + 1])

            return walk_making(root, above, made, follow=self.follow)

        return self._place(key, walking)

    def sync(self, folder: Folder) -> None:
        """Make its names durable, and its own: one that can wait may have made it."""
        self.root.flush()
        folder.sync()

    def behind_link(self, place: Place) -> Place:
        """Where links are followed, a link stands for the file that it leads to."""
        if not self.follow or not is_link(place):
            return place
        with place.folder:
            folder, name = os.path.split(os.path.realpath(str(place)))
        return Place(open_folder(folder), name)

    def temporary_name(self) -> str:
        return f"{TEMPORARY}{self.tag}-{os.urandom(8).hex()}"

    def new_file_mode(self, folder: Folder) -> int:
        """The mode that any program's new file would get here; asked of the system once."""
        if self._mode is None:
            # The umask itself cannot be read without changing it for all threads.
            name = self.temporary_name()
            handle = folder.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            try:
                self._mode = stat.S_IMODE(os.fstat(handle).st_mode)
            finally:
                os.close(handle)
                with suppress(FileNotFoundError):
                    folder.unlink(name)
        return self._mode

    def is_old(self, mtime_ns: int, device: int) -> bool:
        """Whether a file of that time, written now, will have a settled version."""
        return mtime_ns < self.clock.moment().horizon(device)

    def observe(self, key: str, look: Callable[[], os.stat_result]) -> LocalEntry:
        """The entry of a file; `look` looks at it, after the clock was looked at."""
        for fresh in (False, True):
            moment = self.clock.moment(fresh=fresh)
            seen = look()
            if max(seen.st_mtime_ns, seen.st_ctime_ns) < moment.horizon(seen.st_dev):
                return entry(key, seen)
        return entry(key, seen, self.unsettled.ending())

    def placed(self, key: str, seen: os.stat_result, *, sure: bool = True) -> LocalEntry:
        """The entry of a file that we have just renamed into its place.

        Its ctime is that of our own rename: that it is fresh says nothing. Its mtime is the one
        we set (or found, in a move): whoever writes to the file from now on changes that, unless
        it is itself so fresh that the write could fall into the same tick. The rename's stamp is
        at the same time the best look at the clock of this very file system.
        """
        granularity = self.clock.granularity(seen.st_dev)
        if sure and seen.st_mtime_ns < seen.st_ctime_ns - granularity:
            return entry(key, seen)
        return entry(key, seen, self.unsettled.ending())

    @contextmanager
    def alone_in(self, *folders: Folder) -> Iterator[None]:
        """Keep other commits of ours, in this process or another, out of these folders.

        A commit looks, acts and looks again; two of them in between each other could both
        believe that they had won. Programs that are not Buckia are not bound by it: against them
        what was moved is compared.
        """
        by_identity = {(seen.st_dev, seen.st_ino): f for f in folders for seen in (f.itself(),)}
        in_order = sorted(by_identity.items())
        with ExitStack() as stack:
            # One order for all, so that two who need two folders never wait for each other.
            for stripe in sorted({hash(identity) % _STRIPES for identity, _ in in_order}):
                stack.enter_context(self._stripes[stripe])
            for _, folder in in_order:
                _wait_for(folder)
                stack.callback(system.unlock, folder.fd)
            yield

    def patiently(self, folder: Folder, look: Callable[[], T]) -> T:
        """Look for a file, and once more if it is not there, when no commit of ours is under way.

        Where files cannot change places at one instant, a name is free for a moment while its
        file is being replaced.
        """
        try:
            return look()
        except (FileNotFoundError, NotFound):
            with self.alone_in(folder):
                return look()

    def remove_emptied(self, above: Segments) -> None:
        """After something was taken out of a folder: remove it if that left it empty, and so on.

        The root stays. Whatever hinders it ends it: what was done in the folder is done.
        """
        for depth in range(len(above), 0, -1):
            if not self._remove_folder(above[:depth]):
                return

    def remove_unused(self, key: str) -> None:
        """Remove the folders that were made for a key which then was not written."""
        for folder in self.made.unused(self.above(key)):
            if not self._remove_folder(folder):
                return
            self.made.forget(folder)

    def _remove_folder(self, folder: Segments) -> bool:
        """Whether it was empty, and is gone."""
        try:
            with (
                self.root.folder() as root,
                walk(root, folder[:-1], follow=self.follow) as parent,
            ):
                removed = parent.remove(folder[-1])
                if removed:
                    parent.sync()
        except (OSError, Barred, NotFound):
            return False
        return removed

    def close(self) -> None:
        self._kept.close()
        self.root.close()


def is_link(place: Place) -> bool:
    try:
        return stat.S_ISLNK(place.stat().st_mode)
    except FileNotFoundError:
        return False


def turns() -> Iterator[None]:
    """One for each try of something that others are in the way of; none after too long."""
    give_up = time.monotonic() + _PATIENCE
    pause = 0.001
    yield
    while time.monotonic() < give_up:
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
        yield


def _wait_for(folder: Folder) -> None:
    for _ in turns():
        if system.lock(folder.fd):
            return
    raise Unavailable(f"{folder.path}: another process has been holding this folder for too long")


class MadeFolders:
    """The folders that we created and that nothing was put in yet."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: set[Segments] = set()

    def add(self, folder: Segments) -> None:
        with self._lock:
            self._made.add(folder)

    def used(self, folder: Segments) -> None:
        """Something of lasting value stands in it."""
        with self._lock:
            if self._made:
                self._made -= {folder[:depth] for depth in range(1, len(folder) + 1)}

    def forget(self, folder: Segments) -> None:
        with self._lock:
            self._made.discard(folder)

    def unused(self, folder: Segments) -> Sequence[Segments]:
        """Of a folder and those above it, the ones that are ours to remove, deepest first."""
        with self._lock:
            chain = [folder[:depth] for depth in range(len(folder), 0, -1)]
            return [step for step in chain if step in self._made]
