"""The base as an open database: made, migrated or set aside as needed, then read and written."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Self

from buckia.closing import Closes
from buckia.state import files, schema, scratch
from buckia.state.commits import Commits, Work
from buckia.state.connections import Readers, writing
from buckia.state.examine import Finding, examine, suspect_of
from buckia.state.prepare import prepare, substitute
from buckia.state.seam import DamagedState, StateError, file_errors, sqlite_errors


class Database(Closes):
    """One base, open. Every method may be called from many threads at once.

    `Database.open` is for the run that holds the lock of the pair: it makes what is missing,
    migrates what is older and sets aside what is damaged. `Database.look` is for anybody, at any
    time: it changes nothing, and shows an empty base where there is none or a damaged one.
    `notices` are sentences about what was found, for people.
    """

    def __init__(self, path: Path, *, notices: tuple[str, ...], looking: bool) -> None:
        self._path = path
        self.notices = notices
        self.looking = looking
        self._closing = threading.Lock()
        self._closed = False
        self._farewell: Callable[[], None] = lambda: None
        with sqlite_errors("read" if looking else "written", path):
            self._commits = None if looking else Commits(writing(path), path)
        self._readers = Readers(path)

    @classmethod
    def open(cls, path: Path, *, steps: schema.Steps = schema.STEPS) -> Self:
        with file_errors("written", path.parent):
            files.make_folder(path.parent)
            schema.sweep(path)
        scratch.sweep(path.parent)
        notices = prepare(path, steps)
        with file_errors("written", path):
            files.make_private(path, files.FILE)
        return cls(path, notices=notices, looking=False)

    @classmethod
    def look(cls, path: Path, *, steps: schema.Steps = schema.STEPS) -> Self:
        found = examine(path, looking=True, steps=steps)
        if found.finding is Finding.SOUND:
            return cls(path, notices=(), looking=True)
        with file_errors("written", Path(tempfile.gettempdir())):
            folder = Path(tempfile.mkdtemp(prefix="buckia-look-"))
        try:
            notices = substitute(path, folder / path.name, found, steps)
            database = cls(folder / path.name, notices=notices, looking=True)
        except BaseException:  # the folder must go; the error goes on its way
            shutil.rmtree(folder, ignore_errors=True)
            raise
        database._farewell = lambda: shutil.rmtree(folder, ignore_errors=True)
        return database

    @property
    def path(self) -> Path:
        return self._path

    def write(self, work: Work) -> None:
        """Do this work in a transaction, with what others want to write; durable on return."""
        if self._commits is None:
            raise StateError("the state is only looked at, so nothing can be recorded in it")
        with self._marking_damage():
            self._commits.run(work)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from, on which nothing changes meanwhile."""
        with self._marking_damage(), self._readers.snapshot() as connection:
            yield connection

    def _marking_damage(self) -> AbstractContextManager[None]:
        return _unharmed() if self.looking else _marked(self._path)

    def close(self) -> None:
        """End reading and writing; may be repeated. A scan under way goes on to its end."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        try:
            self._readers.close()
            if self._commits is not None:
                self._commits.close()
        finally:
            self._farewell()


@contextmanager
def _unharmed() -> Iterator[None]:
    yield


@contextmanager
def _marked(path: Path) -> Iterator[None]:
    """Leave a mark when damage is found, so that the base is set aside when it is next opened."""
    try:
        yield
    except DamagedState:
        # Where not even an empty file can be made, the next run finds the damage as this one did.
        with suppress(OSError):
            files.create(suspect_of(path))
        raise
