"""What is done to the databases of one folder, each addressed by its key."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

import msgspec

from buckia.databases import copying, installing, opening, peeking
from buckia.diff import plain
from buckia.errors import NotFound, Unsound
from buckia.stores.app import looks
from buckia.stores.app.held import Held, Shelf
from buckia.stores.app.looks import Looks
from buckia.stores.local import system
from buckia.stores.local.clock import UNKNOWN
from buckia.stores.local.drafts import WITNESSED, digest_of_handle
from buckia.stores.local.faults import faults
from buckia.stores.local.folders import Folder
from buckia.stores.local.ground import Ground
from buckia.stores.local.parking import slot_place
from buckia.stores.local.renames import Place
from buckia.stores.local.versions import LocalEntry, is_settled, same_looks

_NAME = re.compile(r"\.(?:sqlite3?|db3?)$", re.IGNORECASE)
_LOOK_AGAIN = 0.004
"""Seconds; stamps are given out in ticks of that length or a little more."""


class Databases:
    """Safe to use from many threads."""

    def __init__(self, ground: Ground, shelf: Shelf, named: Collection[str]) -> None:
        self._ground = ground
        self._shelf = shelf
        self._named = frozenset(named)
        self._lock = Lock()
        self._live: set[str] = set()
        """Keys that were seen with a log or a journal."""

    def has_name_of_one(self, key: str) -> bool:
        """Whether to ask SQLite about the file; for all others its first bytes tell."""
        with self._lock:
            return key in self._live or key in self._named or _NAME.search(key) is not None

    def is_one(self, key: str) -> bool:
        """Whether it is a database by now."""
        try:
            with self._place(key) as place:
                return peeking.peek(place.path())
        except NotFound:
            return False

    def is_named(self, key: str) -> bool:
        """Whether a person says that it is a database, whatever it looks like."""
        return key in self._named

    def insist_nameless(self, key: str) -> None:
        """Refuse what has bytes and is no database, where a person says that it is one."""
        if not self.is_named(key):
            return
        with self._place(key) as place:
            if self._seen(place, key).size:
                raise Unsound(
                    f"{key}: it is named in `databases`, and is no SQLite database",
                    key=key,
                    hint="bring back the database (`buckia restore`), or take its name out",
                )

    @contextmanager
    def _place(self, key: str) -> Iterator[Place]:
        with faults(key):
            place = self._ground.behind_link(self._ground.place(key))
            with place.folder:
                yield place

    def mode(self, key: str) -> int:
        """The permissions of the file."""
        with self._place(key) as place:
            return self._seen(place, key).mode

    def _seen(self, place: Place, key: str) -> Looks:
        seen = looks.look(place.folder, place.name)
        if seen is None:
            raise NotFound(f"there is no {key}", key=key)
        return seen

    def live_entry(self, folder: Folder, name: str, key: str) -> LocalEntry | None:
        """The entry of a database that is more than its file; None where it is not, by now."""
        # The clock goes first, so that what is written from now on has a later stamp.
        moment = self._ground.clock.moment(fresh=True)
        seen = looks.look(folder, name, follow=self._ground.follow)
        if seen is None or not seen.is_live:
            return None
        where = folder.path_of(name)
        if not peeking.peek(where):
            return None
        with self._lock:
            self._live.add(key)
        size = seen.size
        with suppress(sqlite3.Error):
            # One that is locked, or damaged, says more about itself when it is read.
            size = opening.size(where)
        return looks.entry(self._ground, key, seen, moment.horizon(seen.device), size)

    def entry(self, key: str) -> LocalEntry | None:
        """The same, by its key alone."""
        try:
            with self._place(key) as place:
                seen = looks.look(place.folder, place.name)
                is_live = seen is not None and seen.is_live
                return self.live_entry(place.folder, place.name, key) if is_live else None
        except NotFound:
            return None

    def hold(self, key: str) -> Held:
        """A checked copy of all that is committed now."""
        with self._place(key) as place:
            moment = self._ground.clock.moment(fresh=True)
            seen = self._seen(place, key)
            copy = self._shelf.room()
            copying.copy(place.path(), copy, key)
        # What was written after that look may be in the copy or not. Who finds the same looks
        # later knows that nothing was written, and so finds the content of the copy.
        size = copy.stat().st_size
        entry = looks.entry(self._ground, key, seen, moment.horizon(seen.device), size)
        # Where its looks prove nothing later on, its bytes have to.
        known = {} if is_settled(entry.version) else digest_of_file(copy)
        held = Held(msgspec.structs.replace(plain(entry, key), digests=known), copy)
        self._shelf.put(held)
        return held

    def held(self, key: str, version: str | None) -> Held:
        """A copy of exactly this version, or of the latest."""
        if version is None:
            return self.hold(key)
        held = self._shelf.get(key, version)
        if held is not None:
            return held
        with self._place(key) as place:
            seen = self._seen(place, key)
        if same_looks(seen.version, version):
            held = self.hold(key)
            if same_looks(held.entry.version, version):
                return held
        raise installing.mismatch(key)

    def replace(self, key: str, coming: Path, expect: str | None, slot: Path | None) -> LocalEntry:
        """Make the content of a live database that of a private copy, if it is that version.

        What is replaced is copied to the slot first. Returns the entry of the new content.
        """
        with self._place(key) as place, self._ground.alone_in(place.folder):
            seen = self._settled(place, key)
            if expect is not None and not same_looks(seen.version, expect):
                raise installing.mismatch(key)
            kept, live = self._shelf.room(), place.path()
            try:
                copying.copy(live, kept, key)
                self._insist_on_bytes(key, expect, kept)
                if slot is not None:
                    kept = _moved_to(slot, kept, seen)
                installing.install(coming, live, key, lambda: _content(place) == seen.content)
            except BaseException:  # an interrupt may come when it is replaced already
                # Only what is still in its place needs no second one.
                if slot is None or _content(place) == seen.content:
                    kept.unlink(missing_ok=True)
                raise
            if slot is None:
                kept.unlink()
            return self._proven(place, key, coming)

    def _insist_on_bytes(self, key: str, expect: str | None, copy: Path) -> None:
        """Where the looks that were expected prove nothing, the bytes behind them must."""
        if expect is None or is_settled(expect):
            return
        held = self._shelf.get(key, expect)
        if held is None or held.entry.digests != digest_of_file(copy):
            raise installing.mismatch(key)

    def _proven(self, place: Place, key: str, coming: Path) -> LocalEntry:
        """The entry of what was just installed: only looks behind which its bytes were found."""
        seen = self._settled(place, key)
        copy = self._shelf.room()
        copying.copy(place.path(), copy, key)
        try:
            is_same = digest_of_file(copy) == digest_of_file(coming)
            size = coming.stat().st_size
        finally:
            copy.unlink()
        moment = self._ground.clock.moment(fresh=True)
        # Otherwise somebody has written to it since, and no look may stand for what we wrote.
        horizon = moment.horizon(seen.device) if is_same else 0
        return looks.entry(self._ground, key, seen, horizon, size)

    def _settled(self, place: Place, key: str) -> Looks:
        """Its looks once they prove something, or after a moment as they are."""
        give_up = time.monotonic() + 1.5 * UNKNOWN / 1e9
        while True:
            moment = self._ground.clock.moment(fresh=True)
            seen = self._seen(place, key)
            if seen.newest < moment.horizon(seen.device) or time.monotonic() > give_up:
                return seen
            time.sleep(_LOOK_AGAIN)

    def calmed(self, key: str, expect: str | None) -> str:
        """Put all of it into its file, if it is that version and nobody has it open.

        Returns the version of the file, which can then be moved and removed like any other.
        """
        with self._place(key) as place:
            seen = self._settled(place, key)
            if expect is not None and not same_looks(seen.version, expect):
                raise installing.mismatch(key)

            def unchanged(connection: sqlite3.Connection) -> bool:
                if _content(place) != seen.content:
                    return False
                if expect is not None and not is_settled(expect):
                    self._insist_by_copy(key, expect, connection)
                return True

            installing.calm(place.path(), key, unchanged)
            return self._settled(place, key).version

    def _insist_by_copy(self, key: str, expect: str, connection: sqlite3.Connection) -> None:
        copy = self._shelf.room()
        try:
            copying.copy_from(connection, copy, key)
            self._insist_on_bytes(key, expect, copy)
        finally:
            copy.unlink(missing_ok=True)


def _content(place: Place) -> str:
    seen = looks.look(place.folder, place.name)
    return seen.content if seen is not None else ""


def _moved_to(slot: Path, copy: Path, looks_of_it: Looks) -> Path:
    """Put a copy where the file itself would have been moved, durably."""
    with slot_place(slot) as parking:
        copy.chmod(looks_of_it.mode)
        os.utime(copy, ns=(looks_of_it.mtime_ns, looks_of_it.mtime_ns))
        with copy.open("r+b") as file:
            system.sync(file.fileno())
        copy.rename(slot)
        parking.folder.sync()
    return slot


def digest_of_file(path: Path) -> Mapping[str, str]:
    with path.open("rb") as file:
        return digest_of_handle(file.fileno(), (WITNESSED,))
