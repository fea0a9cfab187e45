"""All objects of a zone in the order of their keys, folder by folder, several at once.

The service lists one folder at a time and in no order. So each folder is sorted here, a folder by
its name with the slash behind it, which is where its keys belong. While one folder is used, those
that come next are listed already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import msgspec

from buckia.model import BasicEntry

PAGE = 1000
AHEAD = 16
"""Folders that are listed before they are needed: more than are asked for at once, so that nobody
waits, and few enough to be kept in memory."""


class Listed(msgspec.Struct, frozen=True):
    """One folder: its own files, and the folders in it by their keys, each ending with a slash."""

    files: Sequence[BasicEntry]
    folders: Sequence[str]


List = Callable[[str], Listed]
"""Lists the folder of this key, which is empty or ends with a slash."""


def pages(look: List, prefix: str, *, width: int) -> Iterator[Sequence[BasicEntry]]:
    """Pages of entries whose keys begin with the prefix."""
    with closing(_Walk(look, prefix, width)) as walk:
        page: list[BasicEntry] = []
        for run in walk.runs():
            page += run
            while len(page) >= PAGE:
                yield page[:PAGE]
                page = page[PAGE:]
        if page:
            yield page


class _Folder:
    def __init__(self, key: str) -> None:
        self.key = key
        self.listing: Future[Listed] | None = None


class _Walk:
    def __init__(self, look: List, prefix: str, width: int) -> None:
        self._look = look
        self._prefix = prefix
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="buckia-list")
        start = prefix[: prefix.rfind("/") + 1]
        self._next: deque[list[BasicEntry] | _Folder] = deque([_Folder(start)])

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def runs(self) -> Iterator[list[BasicEntry]]:
        """The files between two folders, again and again."""
        while self._next:
            self._list_ahead()
            one = self._next.popleft()
            if isinstance(one, list):
                yield one
                continue
            assert one.listing is not None
            self._next.extendleft(reversed(self._ordered(one.listing.result())))

    def _list_ahead(self) -> None:
        begun = 0
        for one in self._next:
            if begun == AHEAD:
                return
            if isinstance(one, _Folder):
                begun += 1
                if one.listing is None:
                    one.listing = self._pool.submit(self._look, one.key)

    def _ordered(self, found: Listed) -> list[list[BasicEntry] | _Folder]:
        """Files and folders in their order, and only those that can have the prefix."""
        prefix = self._prefix
        rows: list[tuple[str, BasicEntry | None]] = [
            (entry.key, entry) for entry in found.files if entry.key.startswith(prefix)
        ]
        rows += [
            (key, None) for key in found.folders if key.startswith(prefix) or prefix.startswith(key)
        ]
        rows.sort(key=lambda row: row[0])
        ordered: list[list[BasicEntry] | _Folder] = []
        for key, entry in rows:
            if entry is None:
                ordered.append(_Folder(key))
            elif ordered and isinstance(ordered[-1], list):
                ordered[-1].append(entry)
            else:
                ordered.append([entry])
        return ordered
