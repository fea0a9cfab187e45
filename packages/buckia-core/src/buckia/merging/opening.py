"""Connections to private copies.

This SQLite is another one than the app's: two of them in one process must never open one file,
for closing it in one takes away the locks of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from buckia.errors import Corrupted, PluginError, StorageError, Unmergeable

if TYPE_CHECKING:
    from apsw import Connection

SIDE_FILES = ("-journal", "-wal", "-shm")


def need_library() -> None:
    try:
        import apsw  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise PluginError(
            "merging databases needs apsw", hint="pip install 'buckia-core[merge]'"
        ) from error


@contextmanager
def opened(main: Path, beside: Mapping[str, Path], *, write: bool) -> Iterator[Connection]:
    """A connection with one file as `main`, and the others, never written, by their names."""
    import apsw

    flags = apsw.SQLITE_OPEN_URI | (
        apsw.SQLITE_OPEN_READWRITE if write else apsw.SQLITE_OPEN_READONLY
    )
    with told(), closing(apsw.Connection(_address(main, write=write), flags=flags)) as db:
        _harden(db)
        if write:
            # Leaving a log needs shared memory otherwise, which some file systems do not have.
            db.execute("PRAGMA main.locking_mode = EXCLUSIVE").fetchall()
            db.execute("PRAGMA main.journal_mode = DELETE").fetchall()
            # The file is synced once, when it is whole.
            db.execute("PRAGMA main.synchronous = OFF")
        for name, path in beside.items():
            _refuse_unfinished(path)
            db.execute(f"ATTACH ? AS {name}", (_address(path, write=False),))
        yield db


def _address(path: Path, *, write: bool) -> str:
    uri = path.absolute().as_uri()
    return uri if write else f"{uri}?immutable=1"


def _refuse_unfinished(path: Path) -> None:
    for ending in SIDE_FILES[:2]:
        beside = path.with_name(path.name + ending)
        if beside.exists() and beside.stat().st_size:
            raise Unmergeable(
                f"{path.name} is not complete: {beside.name} lies beside it.",
                hint="Make the copy with SQLite's backup, or close the app first.",
            )


def _harden(db: Connection) -> None:
    import apsw

    # Triggers of ours, on temporary tables, still run.
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    # What a file from elsewhere calls in its schema must be harmless.
    db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA recursive_triggers = ON")
    # Rows of the app do not belong into files in a common folder.
    db.execute("PRAGMA temp_store = MEMORY")


@contextmanager
def told() -> Iterator[None]:
    """Let what SQLite and the disk raise be an error of ours."""
    import apsw

    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise Corrupted(f"This is not a sound SQLite database: {error}.") from error
    except (apsw.FullError, apsw.IOError, apsw.CantOpenError, OSError) as error:
        raise StorageError(f"The databases could not be read or written: {error}.") from error
    except apsw.Error as error:
        raise Unmergeable(
            f"SQLite cannot merge these databases: {error}.",
            hint="Functions, collations and modules of the app's own are not known here.",
        ) from error


@contextmanager
def naming(table: str) -> Iterator[None]:
    """Let a constraint that a row breaks be told with the table."""
    import apsw

    try:
        yield
    except apsw.ConstraintError as error:
        raise Unmergeable(
            f"Table {table!r} does not take a row of one of the sides: {error}.",
            hint="The row breaks a constraint of the table; mend it in the app.",
        ) from error
