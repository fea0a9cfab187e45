"""A `LocalStore` whose databases are read and replaced through SQLite."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from buckia.body import StoredBody
from buckia.databases import header
from buckia.model import BasicEntry
from buckia.protocols import Reading
from buckia.stores.app.databases import Databases
from buckia.stores.app.held import HeldReading, Shelf
from buckia.stores.app.staged import StagedInApp
from buckia.stores.local import names
from buckia.stores.local.drafts import Draft
from buckia.stores.local.ground import Ground
from buckia.stores.local.reading import FileReading
from buckia.stores.local.staging import StagedFile
from buckia.stores.local.store import LocalStore
from buckia.stores.local.survey import Wish
from buckia.stores.local.versions import LocalEntry


class AppFolder(LocalStore):
    """The files below a folder in which an app may be at work.

    A database is read as a copy that SQLite makes of it, and its version covers the log and the
    journal beside it. `databases` are keys that a person says are databases.
    """

    def __init__(
        self,
        root: Path,
        *,
        tag: str,
        follow_symlinks: bool = False,
        prune: Callable[[str], bool] | None = None,
        probe: Path | None = None,
        databases: Collection[str] = (),
    ) -> None:
        super().__init__(root, tag=tag, follow_symlinks=follow_symlinks, prune=prune, probe=probe)
        self._shelf = Shelf(probe, tag)
        self._databases = Databases(self._ground, self._shelf, databases)

    def _wish(self, prefix: str) -> Wish:
        return msgspec.structs.replace(super()._wish(prefix), live=self._databases.live_entry)

    def stat(self, key: str) -> LocalEntry:
        names.insist(key)
        return self._databases.entry(key) or super().stat(key)

    def _witness(self, entry: LocalEntry) -> None:
        if not self._is_database(entry.key):
            super()._witness(entry)

    def _is_database(self, key: str) -> bool:
        return self._databases.has_name_of_one(key) and self._databases.is_one(key)

    def hold(self, key: str, *, version: str) -> BasicEntry | None:
        names.insist(key)
        held = self._shelf.get(key, version)
        if held is not None:
            return held.entry
        return self._databases.hold(key).entry if self._is_to_be_read_as_one(key) else None

    def read(self, key: str, *, version: str | None = None) -> Reading:
        names.insist(key)
        if self._is_copied(key, version):
            return HeldReading(self._databases.held(key, version))
        reading = super().read(key, version=version)
        if isinstance(reading, FileReading) and reading.gives_up_database():
            return HeldReading(self._databases.held(key, version))
        return reading

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        if start < 0 or length < 0 or not self._is_copied(key, version, anew=True):
            return super().read_range(key, start, length, version=version)
        return HeldReading(self._databases.held(key, version), (start, length))

    def _is_copied(self, key: str, version: str | None, *, anew: bool = False) -> bool:
        """Whether a copy is what is read of it; for a name that tells nothing, its bytes may."""
        if version is not None and self._shelf.get(key, version) is not None:
            return True
        return self._databases.is_one(key) if anew else self._is_to_be_read_as_one(key)

    def _is_to_be_read_as_one(self, key: str) -> bool:
        is_one = self._is_database(key)
        if not is_one:
            self._databases.insist_nameless(key)
        return is_one

    def _leaves(self, data: bytes) -> bool:
        return header.is_database(data)

    def _staged(self, ground: Ground, key: str, draft: Draft, *, can_wait: bool) -> StagedFile:
        return StagedInApp(self._databases, ground, key, draft, can_wait=can_wait)

    def _staged_copy(self, source: str, target: str, version: str) -> StagedFile:
        names.insist(source)
        if not self._is_database(source):
            return super()._staged_copy(source, target, version)
        held = self._databases.held(source, version)
        staged = self.stage(target, StoredBody(self, source, held.entry))
        staged.mode_if_new = self._databases.mode(source)
        return staged

    def move(self, source: str, target: str, *, source_version: str) -> LocalEntry:
        version = self._calmed(source, source_version)
        return super().move(source, target, source_version=version)

    def delete(self, key: str) -> None:
        if self._is_database(key):
            self._databases.calmed(key, None)
        super().delete(key)

    def delete_if(self, key: str, *, expect: str) -> None:
        super().delete_if(key, expect=self._calmed(key, expect))

    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        super().retire(key, expect=self._calmed(key, expect), slot=slot)

    def _calmed(self, key: str, version: str) -> str:
        """The version under which the file can be moved away, with all that it holds."""
        names.insist(key)
        return self._databases.calmed(key, version) if self._is_database(key) else version

    def close(self) -> None:
        self._shelf.close()
        super().close()
