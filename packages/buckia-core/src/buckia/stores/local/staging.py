"""Bytes beside their place, and the step that makes them visible."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import Lock
from typing import Protocol

from buckia.errors import InvalidKey, StorageError, VersionMismatch
from buckia.protocols import Absent, Body, Expected
from buckia.stores.local import system
from buckia.stores.local.drafts import Draft, fill_from_body, new_draft
from buckia.stores.local.expected import Expectation, expectation, replaceable
from buckia.stores.local.faults import faults
from buckia.stores.local.ground import Ground
from buckia.stores.local.parking import (
    Kind,
    copy_dropped_on_failure,
    copy_to_slot,
    slot_place,
    swap_folder,
    swap_name,
)
from buckia.stores.local.renames import Place, rename_over
from buckia.stores.local.swap import Swap, put_new
from buckia.stores.local.versions import LocalEntry, mark


class Maker(Protocol):
    """What a staged file is made as."""

    def __call__(self, ground: Ground, key: str, draft: Draft, *, can_wait: bool) -> StagedFile: ...


def stage(
    ground: Ground, key: str, body: Body, *, can_wait: bool = False, made: Maker | None = None
) -> StagedFile:
    """Bring a body safely beside its place; when it fails, nothing is left of it.

    Where it `can_wait` it is durable after the next flush only, and so is its commit.
    """
    with faults(key, barred=InvalidKey):
        draft = new_draft(ground, key, can_wait=can_wait)
        staged = (made or StagedFile)(ground, key, draft, can_wait=can_wait)
        try:
            replaceable(key, staged.draft.target)
            draft, mtime = staged.draft, body.mtime_ns
            fresh = mtime is None or not ground.is_old(mtime, os.fstat(draft.handle).st_dev)
            fill_from_body(draft, key, body, witnessed=fresh)
            staged.settle(body.mtime_ns)
        except BaseException:  # nothing may stay behind, not even after an interrupt
            staged.discard()
            raise
    return staged


class StagedFile:
    """A `Staged`: a draft, and the step that puts it in its place."""

    def __init__(self, ground: Ground, key: str, draft: Draft, *, can_wait: bool = False) -> None:
        self.draft = draft
        self._can_wait = can_wait
        self._ground = ground
        self._key = key
        self._lock = Lock()
        self._ended = False
        self.mode: int | None = None
        """The permissions that the file shall have; None for those of the file it replaces."""
        self.mode_if_new: int | None = None
        """Those it gets where it replaces none; None for what any program's new file gets."""

    def settle(self, mtime_ns: int | None) -> None:
        """All bytes are there."""
        self.draft.settle(mtime_ns)
        # Owed only now: whoever flushes meanwhile must not leave the time behind.
        if not self._waits():
            self.draft.flush()

    def _waits(self) -> bool:
        return self._can_wait and self._ground.root.leaves(self.draft.device)

    def commit(self, *, expect: Expected, slot: Path | None = None) -> LocalEntry:
        """See `Staged`. When it fails nothing is left of the bytes, as after `discard`."""
        return self._commit(expect, slot)

    def commit_over(self) -> LocalEntry:
        """Make the bytes visible in place of whatever file is there."""
        return self._commit(None, None)

    def discard(self) -> None:
        if self._ends():
            self._clear()

    def _ends(self) -> bool:
        """True for the first who asks: of commit and discard only one takes effect."""
        with self._lock:
            first, self._ended = not self._ended, True
        return first

    def _commit(self, expect: Expected | None, slot: Path | None) -> LocalEntry:
        if not self._ends():
            raise StorageError(f"{self._key}: this was committed or discarded before")
        folder = self.draft.target.folder
        try:
            with faults(self._key, barred=InvalidKey):
                with self._ground.alone_in(folder):
                    self._insist_on_folder()
                    self._put(expect, slot)
                    entry = self._entry()
                if not self._waits():
                    self._ground.sync(folder)
            self._ground.made.used(self._ground.above(self._key))
        finally:
            self._clear()
        return entry

    def _insist_on_folder(self) -> None:
        """The folder must still be where the key says; it may have been moved out of the root."""
        try:
            now = self._ground.behind_link(self._ground.place(self._key))
        except FileNotFoundError:
            raise VersionMismatch(f"{self._key}: its folder is gone", key=self._key) from None
        with now.folder:
            if not now.folder.same_as(self.draft.target.folder):
                raise VersionMismatch(f"{self._key}: its folder was moved away", key=self._key)

    def _put(self, expect: Expected | None, slot: Path | None) -> None:
        draft, target = self.draft, self.draft.target
        old = replaceable(self._key, target)
        if isinstance(expect, Absent) and old is not None:
            raise VersionMismatch(f"{self._key} exists already", key=self._key)
        if isinstance(expect, str) and old is None:
            raise VersionMismatch(f"{self._key} is gone", key=self._key)
        self._set_mode(old)
        if isinstance(expect, str):
            self._replace(expectation(self._ground, self._key, expect), slot)
        elif isinstance(expect, Absent):
            put_new(draft, self._key, target)
        else:
            rename_over(draft.place, target)

    def _set_mode(self, old: os.stat_result | None) -> None:
        """A replaced file keeps its mode, without rights that were meant for the old program."""
        mode = self.mode if self.mode is not None else self._usual_mode(old)
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(self.draft.handle, mode)
            else:
                os.chmod(str(self.draft.place), mode)
        except OSError as error:
            # Our own file refuses only where files have no modes of their own.
            if error.errno not in system.UNSUPPORTED:
                raise
        if not system.MOVES_OPEN_FILES:
            self.draft.close()

    def _usual_mode(self, old: os.stat_result | None) -> int:
        if old is not None:
            return old.st_mode & 0o777
        if self.mode_if_new is not None:
            return self.mode_if_new
        return self._ground.new_file_mode(self.draft.target.folder)

    def _replace(self, wanted: Expectation, slot: Path | None) -> None:
        wanted.look(self.draft.target)
        if slot is None:
            wanted.insist()
            self._swap_beside(wanted)
            return
        with slot_place(slot) as parking:
            if not self._swap_into(parking, wanted):
                copied = copy_to_slot(self.draft.target, parking, wanted)
                self._swap_beside(copied, copy=parking)
            parking.folder.sync()

    def _swap_into(self, parking: Place, wanted: Expectation) -> bool:
        """False where the slot is on another file system, to which nothing can be renamed."""
        if parking.folder.itself().st_dev != self.draft.target.folder.itself().st_dev:
            return False
        try:
            Swap(self.draft, self.draft.target, parking, wanted).run(self._ground.tag)
        except OSError as error:
            # One device may still be two mounts; the very first rename tells.
            if error.errno != errno.EXDEV:
                raise
            return False
        return True

    def _swap_beside(self, wanted: Expectation, copy: Place | None = None) -> None:
        target = self.draft.target
        name = swap_name(self._ground.tag, Kind.REPLACE, wanted, self.draft.mark)
        with swap_folder(target.folder, name) as folder:
            parking = Place(folder, target.name)
            with copy_dropped_on_failure(copy, parking):
                Swap(self.draft, target, parking, wanted).run(self._ground.tag)
            folder.unlink(target.name)

    def _entry(self) -> LocalEntry:
        """From the open handle: these very bytes, unless somebody changed them at once."""
        held = self.draft.handle >= 0
        seen = os.fstat(self.draft.handle) if held else self.draft.target.stat()
        if mark(seen) != self.draft.mark:
            raise VersionMismatch(f"{self._key} was changed at once", key=self._key)
        entry = self._ground.placed(self._key, seen)
        self._ground.witness.saw(entry.version, self.draft.digests)
        return entry

    def _clear(self) -> None:
        """Leave nothing behind: no draft, no handle, no folder that was made for it in vain."""
        with self.draft.target.folder:
            self.draft.throw_away()
        self._ground.remove_unused(self._key)
