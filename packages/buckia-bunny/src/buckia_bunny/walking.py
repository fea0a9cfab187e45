"""All objects of a zone in the order of their keys, folder by folder, several at once.

The service lists one folder at a time and in no order. So each folder is sorted here, a folder by
its name with the slash behind it, which is where its keys belong. While one folder is waited for,
those behind it are listed already, and the folders in these, the first in order first. What they
hold is kept until its turn comes; where that is much, nothing is listed before it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from heapq import heappop, heappush

import msgspec

from buckia.model import BasicEntry

PAGE = 1000
AHEAD = 200
"""Folders that may be listed before they are needed, those without files not counted."""
HELD = 5 * PAGE
"""Files of such folders that are kept; only folders that are just being listed may go beyond."""
_EACH = 2
"""Listings that are begun for each that is under way, so that no thread waits for the next."""


class Listed(msgspec.Struct, frozen=True):
    """One folder: its own files, and the folders in it by their keys, each ending with a slash."""

    files: Sequence[BasicEntry]
    folders: Sequence[str]


List = Callable[[str], Listed]
"""Lists the folder of this key, which is empty or ends with a slash."""
Run = list[BasicEntry]
"""Files of one folder, in order, between two folders in it."""


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


class _Walk:
    """The key of a folder sorts behind all that comes before its keys, and before these.

    So what comes next is the smallest of all that is known, be it a file or a folder.
    """

    def __init__(self, look: List, prefix: str, width: int) -> None:
        self._look = look
        self._prefix = prefix
        self._most = width * _EACH
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="buckia-list")
        self._unlisted = [prefix[: prefix.rfind("/") + 1]]
        self._begun: dict[Future[Listed], str] = {}
        self._ready: list[tuple[str, Run | BaseException]] = []
        """Runs by their first keys; an error has the key of the folder that it is about."""
        self._held = 0

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def runs(self) -> Iterator[Run]:
        """All files in order; an error comes where the files of its folder would."""
        while self._unlisted or self._begun or self._ready:
            self._collect()
            self._list_ahead()
            if self._ready and self._ready[0][0] == self._next():
                yield self._taken()
            else:
                wait(self._begun, return_when=FIRST_COMPLETED)

    def _next(self) -> str:
        ready = (key for key, _ in self._ready[:1])
        return min([*self._unlisted[:1], *self._begun.values(), *ready])

    def _taken(self) -> Run:
        _, run = heappop(self._ready)
        if isinstance(run, BaseException):
            raise run
        self._held -= len(run)
        return run

    def _list_ahead(self) -> None:
        """Begin with what there is room for, and in any case with what is waited for."""
        while self._unlisted and len(self._begun) < self._most:
            has_room = len(self._ready) < AHEAD and self._held < HELD
            if not has_room and self._unlisted[0] != self._next():
                return
            folder = heappop(self._unlisted)
            self._begun[self._pool.submit(self._look, folder)] = folder

    def _collect(self) -> None:
        """What has been listed meanwhile takes its place in the order."""
        for done in [one for one in self._begun if one.done()]:
            folder = self._begun.pop(done)
            error = done.exception()
            if error is None:
                self._sort_in(done.result())
            else:
                heappush(self._ready, (folder, error))

    def _sort_in(self, found: Listed) -> None:
        """Files and folders, and only those that can have the prefix."""
        prefix = self._prefix
        rows: list[tuple[str, BasicEntry | None]] = [
            (entry.key, entry) for entry in found.files if entry.key.startswith(prefix)
        ]
        rows += [
            (key, None) for key in found.folders if key.startswith(prefix) or prefix.startswith(key)
        ]
        rows.sort(key=lambda row: row[0])
        run: Run = []
        for key, entry in rows:
            if entry is not None:
                run.append(entry)
                continue
            heappush(self._unlisted, key)
            self._keep(run)
            run = []
        self._keep(run)

    def _keep(self, run: Run) -> None:
        if run:
            heappush(self._ready, (run[0].key, run))
            self._held += len(run)
