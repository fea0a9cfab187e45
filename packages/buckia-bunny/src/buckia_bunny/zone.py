"""One storage zone: what stands in it, found by the requests that the service has for that."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from buckia.errors import NotFound, StorageError, Unavailable
from buckia.model import BasicEntry
from buckia_bunny import entries, names
from buckia_bunny.entries import Row
from buckia_bunny.faults import UnknownRequest
from buckia_bunny.paths import Paths
from buckia_bunny.recent import Recent
from buckia_bunny.service import Service
from buckia_bunny.walking import Listed

_PAUSES = (0.1, 0.5, 2.0)
"""Seconds before each further try of a listing."""
_LONGEST_PAUSE = 10.0


class Zone:
    """Safe to use from many threads.

    `within` are the beginnings of keys outside of which no folder is ever listed; none: anywhere.
    """

    def __init__(
        self,
        service: Service,
        *,
        pause: Callable[[float], object] = time.sleep,
        within: Sequence[str] = (),
    ) -> None:
        self.service = service
        self._pause = pause
        self._within = tuple(within)
        self.paths = Paths()
        self.recent = Recent()
        self._describes = True

    def folder(self, key: str) -> Listed:
        """A folder by its key, which is empty or ends with a slash; an absent one is empty."""
        path = self.paths.of_folder(key)
        named = _named(key, self._rows_at_last(path))
        for below, row in named.items():
            self.paths.seen(below, f"{path}/{row.object_name}" if path else row.object_name)
        files = [entries.entry(below, row) for below, row in named.items() if not row.is_directory]
        folders = {f"{below}/" for below, row in named.items() if row.is_directory}
        folders |= self.recent.folders(key)
        return Listed(self._settled(key, files), sorted(folders))

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
        try:
            return self._row_at(key, path)
        except NotFound as error:
            if not error.key or path == key:
                raise
        # Another program may have written the name as it is, and no listing has shown it yet.
        row = self._row_at(key, key)
        self.paths.seen(key, key)
        return row

    def find(self, key: str) -> BasicEntry | None:
        try:
            return self.stat(key)
        except NotFound as error:
            if not error.key:
                raise
            return None

    def may_list(self, key: str) -> bool:
        """Whether the folder of this key, which is empty or ends with a slash, may be listed."""
        return not self._within or key.startswith(self._within)

    def may_find(self, key: str) -> bool:
        """Whether it can be found out what stands there; some zones can only list for that."""
        return self._describes or self.may_list(key[: key.rfind("/") + 1])

    def _row_at(self, key: str, path: str) -> Row:
        folder, _, name = path.rpartition("/")
        if self._describes:
            try:
                rows: Sequence[Row] = (self.service.row(path, key),)
            except UnknownRequest:
                self._describes = False
        if not self.may_find(key):
            raise StorageError(
                f"{key} lies outside the synced folders, and this service finds it only by listing",
                key=key,
                hint="keep it in one of `folders`; nothing else is listed",
            )
        if not self._describes:
            # Then among its neighbours.
            rows = self._rows(folder)
        elif rows[0].object_name != name or not self._lies_in(rows[0], folder):
            # That tells nothing of whether this one is there.
            raise Unavailable(f"{key}: the answer is about {rows[0].object_name}", key=key)
        for row in rows:
            # A folder of that name is no file, least of all one to be deleted.
            if row.object_name == name and not row.is_directory:
                return row
        raise NotFound(f"there is no {key} in {self.service.zone}", key=key)

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
            rows = self.service.rows(where)
        except NotFound as error:
            if not path:
                raise
            # An absent folder is an empty list: this answer means something else.
            raise Unavailable(f"the folder {path} cannot be listed: {error.message}") from error
        seen: set[str] = set()
        for row in rows:
            if not row.object_name or "/" in row.object_name or row.object_name in seen:
                raise Unavailable(
                    f"the listing of {where or self.service.zone} is not sound: {row.object_name!r}"
                )
            if not self._lies_in(row, path):
                # Else the files of this folder would seem to be gone.
                raise Unavailable(f"the listing of {where or self.service.zone} is of {row.path}")
            seen.add(row.object_name)
        return rows

    def _lies_in(self, row: Row, folder: str) -> bool:
        return entries.lies_in(row, self.service.zone, folder)


def _named(folder: str, rows: Sequence[Row]) -> dict[str, Row]:
    """The rows by their keys. Two names that are one key cannot both be told apart by it."""
    found: dict[str, Row] = {}
    for row in rows:
        key = f"{folder}{names.read(row.object_name)}"
        if key in found:
            one, other = found[key].object_name, row.object_name
            raise StorageError(
                f"the names {one!r} and {other!r} in {folder or 'the zone'} are one key, {key!r}",
                key=key,
                hint="rename one of them in Bunny's panel",
            )
        found[key] = row
    return found
