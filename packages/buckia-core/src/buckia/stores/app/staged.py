"""A staged file that may turn out to be a database, or to be meant for one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from buckia import digests
from buckia.databases import checks, header, installing, opening, peeking
from buckia.databases.faults import sqlite_faults
from buckia.errors import InvalidKey, StorageError, Unsound
from buckia.model import NOTHING_KNOWN
from buckia.protocols import Absent, Expected
from buckia.stores.app.databases import Databases
from buckia.stores.local.drafts import Draft, digest_of_handle
from buckia.stores.local.faults import faults
from buckia.stores.local.ground import Ground
from buckia.stores.local.staging import StagedFile
from buckia.stores.local.versions import LocalEntry


class StagedInApp(StagedFile):
    """Enters a live database through SQLite, and any other place as every file does."""

    def __init__(
        self, databases: Databases, ground: Ground, key: str, draft: Draft, *, can_wait: bool
    ) -> None:
        super().__init__(ground, key, draft, can_wait=can_wait)
        self._databases = databases
        self.altered: Mapping[str, str] = NOTHING_KNOWN

    def settle(self, mtime_ns: int | None) -> None:
        if header.flatten(self.draft.handle):
            os.lseek(self.draft.handle, 0, os.SEEK_SET)
            self.altered = digest_of_handle(self.draft.handle, digests.ALGORITHMS)
            self.draft.digests = {name: self.altered[name] for name in self.draft.digests}
        super().settle(mtime_ns)

    def _commit(self, expect: Expected | None, slot: Path | None) -> LocalEntry:
        try:
            goes_inside = self._goes_inside(expect)
            if goes_inside and not installing.can_enter(self.draft.place.path()):
                seen = expect if isinstance(expect, str) else None
                expect = self._databases.calmed(self._key, seen)
                goes_inside = False
        except BaseException:  # nothing may stay behind, whatever was found
            self.discard()
            raise
        if not goes_inside:
            return super()._commit(expect, slot)
        if not self._ends():
            raise StorageError(f"{self._key}: this was committed or discarded before")
        try:
            coming = self.draft.place.path()
            wanted = expect if isinstance(expect, str) else None
            return self._databases.replace(self._key, coming, wanted, slot)
        finally:
            self._clear()

    def _goes_inside(self, expect: Expected | None) -> bool:
        """Whether it becomes the content of a database that is there; `Unsound` if it must not."""
        is_database = self._is_sound_database()
        if isinstance(expect, Absent) or not self._meets_one(is_database):
            if is_database:
                self._insist_on_room()
            return False
        if not is_database:
            raise self._unsound("what is in the bucket is no database, and what is here is one")
        return True

    def _is_sound_database(self) -> bool:
        handle = self.draft.handle
        os.lseek(handle, 0, os.SEEK_SET)
        if not header.is_database(os.read(handle, len(header.MAGIC))):
            if self._databases.is_named(self._key) and os.fstat(handle).st_size:
                raise self._unsound("it is named in `databases`, and is no SQLite database")
            return False
        with sqlite_faults(self._key):
            wrong = checks.damage(self.draft.place.path(), thorough=True)
        if wrong:
            raise self._unsound(f"the database in the bucket is damaged: {wrong}")
        return True

    def _unsound(self, why: str) -> Unsound:
        return Unsound(
            f"{self._key}: {why}",
            key=self._key,
            hint="put a sound version into the bucket, or remove the one here if it is not wanted",
        )

    def _meets_one(self, is_database: bool) -> bool:
        """Whether a database is what it would replace."""
        if not is_database and not self._databases.has_name_of_one(self._key):
            return False
        with faults(self._key):
            return peeking.peek(self.draft.target.path())

    def _insist_on_room(self) -> None:
        """What an earlier database of that name left beside it would be taken for this one's."""
        target = self.draft.target
        if peeking.peek(target.path()):
            # Whoever was faster has it, and the commit finds out.
            return
        for ending in opening.BESIDE:
            beside = target.name + ending
            if not target.folder.is_free(beside) and target.folder.stat(beside).st_size:
                raise InvalidKey(
                    f"{self._key}: {beside} is in the way, which belongs to another database",
                    key=self._key,
                    hint="remove it, or bring back the database that it belongs to",
                )
