"""One storage zone: what stands in it, found by the requests that the service has for that."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from buckia.errors import NotFound, Unavailable
from buckia.model import BasicEntry
from buckia_bunny import entries, names
from buckia_bunny.entries import Row
from buckia_bunny.faults import UnknownRequest
from buckia_bunny.paths import Paths
from buckia_bunny.recent import Recent
from buckia_bunny.walking import Listed
from buckia_bunny.wire import Wire

JSON = {"Accept": "application/json"}
_PAUSES = (0.1, 0.5, 2.0)
"""Seconds before each further try of a listing."""
_LONGEST_PAUSE = 10.0


class Zone:
    """Safe to use from many threads."""

    def __init__(self, wire: Wire, *, pause: Callable[[float], object] = time.sleep) -> None:
        self.wire = wire
        self._pause = pause
        self.paths = Paths()
        self.recent = Recent()
        self._describes = True

    def folder(self, key: str) -> Listed:
        """A folder by its key, which is empty or ends with a slash; an absent one is empty."""
        files, folders = [], []
        path = self.paths.of(key.removesuffix("/")) if key else ""
        for row in self._rows_at_last(path):
            name = names.read(row.object_name)
            below = f"{key}{name}"
            self.paths.seen(below, f"{path}/{row.object_name}" if path else row.object_name)
            if row.is_directory:
                folders.append(f"{below}/")
            else:
                files.append(entries.entry(below, row))
        folders += self.recent.folders(key) - set(folders)
        return Listed(self._settled(key, files), folders)

    def _settled(self, folder: str, files: list[BasicEntry]) -> list[BasicEntry]:
        """The files, where a listing may be older than what we have done in that folder."""
        known = self.recent.files(folder)
        listed = {entry.key: entry.version for entry in files} if known else {}
        doubtful = {key for key, version in known.items() if listed.get(key) != version}
        if not doubtful:
            return files
        found = [entry for key in sorted(doubtful) if (entry := self.find(key)) is not None]
        return [*(entry for entry in files if entry.key not in doubtful), *found]

    def stat(self, key: str) -> BasicEntry:
        """The file of that key; NotFound where there is none."""
        return entries.entry(key, self.row(key))

    def row(self, key: str) -> Row:
        """All that is told of the file of that key; NotFound where there is none."""
        path = self.paths.of(key)
        if self._describes:
            try:
                answer = self.wire.ask("DESCRIBE", path, key=key, headers=JSON)
                return entries.described(answer, key)
            except UnknownRequest:
                self._describes = False
        return self._row_by_listing(key, path)

    def find(self, key: str) -> BasicEntry | None:
        try:
            return self.stat(key)
        except NotFound as error:
            if not error.key:
                raise
            return None

    def _row_by_listing(self, key: str, path: str) -> Row:
        """For a service that does not describe single files: among its neighbours."""
        folder, _, name = path.rpartition("/")
        for row in self._rows(folder):
            if row.object_name == name and not row.is_directory:
                return row
        raise NotFound(f"there is no {key} in {self.wire.zone}", key=key)

    def _rows_at_last(self, path: str) -> Sequence[Row]:
        """A folder is tried again here: a zone of many would never be listed to its end if each
        failure began it anew.
        """
        for seconds in _PAUSES:
            try:
                return self._rows(path)
            except Unavailable as error:
                self._pause(seconds if error.wait is None else min(error.wait, _LONGEST_PAUSE))
        return self._rows(path)

    def _rows(self, path: str) -> Sequence[Row]:
        where = f"{path}/" if path else ""
        try:
            answer = self.wire.ask("GET", where, kind="list", headers=JSON)
        except NotFound as error:
            if not path:
                raise
            # An absent folder is an empty list: this answer means something else.
            raise Unavailable(f"the folder {path} cannot be listed: {error.message}") from error
        rows = entries.decoded(answer, where or self.wire.zone)
        seen: set[str] = set()
        for row in rows:
            if not row.object_name or "/" in row.object_name or row.object_name in seen:
                raise Unavailable(
                    f"the listing of {where or self.wire.zone} is not sound: {row.object_name!r}"
                )
            seen.add(row.object_name)
        return rows
