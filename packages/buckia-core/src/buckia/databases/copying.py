"""A consistent copy of a database that others go on writing."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from buckia.databases import checks, header, opening
from buckia.databases.faults import sqlite_faults
from buckia.errors import StorageError, Unavailable, Unsound

Progress = Callable[[int, int, int], None]

_STEP = 4 << 20
"""Bytes copied at a time. A writer of a database without a log waits that long at most."""
_TRIES = 5
"""How often a copy that a writer has spoiled is begun anew, each time in larger steps."""
RETRY = 0.01
"""Seconds between two looks whether a lock is gone."""


class _BegunAnew(Exception):
    """Somebody has written to the source, so SQLite copies all of it again."""


def copy(live: Path, target: Path, key: str) -> None:
    """Bring all that is committed to the free name `target`, in the plain form, and check it.

    Where it fails no file is left.
    """
    try:
        with sqlite_faults(key):
            with opening.reading(live) as source:
                copy_from(source, target, key)
            _conclude(target, key)
    except BaseException:  # half a copy must not stay, whatever broke it off
        with suppress(FileNotFoundError):
            target.unlink()
        raise


def copy_from(source: sqlite3.Connection, target: Path, key: str) -> None:
    """The bare copy, by a connection that is open already."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if opening.is_logged(source):
        # All of it is seen as of this moment; those who write to the log need not wait.
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        _copy(source, target, _STEP, key)
        source.execute("COMMIT")
        return
    for times in range(_TRIES):
        with suppress(_BegunAnew):
            _copy(source, target, _STEP << times, key)
            return
        os.truncate(target, 0)
    raise StorageError(
        f"{key}: the database is written so often that no whole copy of it could be made",
        key=key,
        hint="run it again in a quieter moment, or let the app use a log: PRAGMA journal_mode=WAL",
    )


def _copy(source: sqlite3.Connection, target: Path, step: int, key: str) -> None:
    (each,) = source.execute("PRAGMA page_size").fetchone()
    with closing(sqlite3.connect(target, isolation_level=None)) as made:
        # Nobody else sees the file, and nothing is left of it if this breaks off.
        made.execute("PRAGMA journal_mode=OFF")
        made.execute("PRAGMA synchronous=OFF")
        source.backup(made, pages=max(1, step // each), progress=_watching(key), sleep=RETRY)


def _watching(key: str) -> Progress:
    """Breaks off when the copy begins anew, or when a lock is held for too long."""
    least: int | None = None

    def copied(remaining: int) -> None:
        nonlocal least
        if least is not None and remaining >= least:
            raise _BegunAnew
        least = remaining

    return patient(key, copied)


def patient(key: str, copied: Callable[[int], None]) -> Progress:
    """Waits for a lock as long as is usual; `copied` is told how many pages are left."""
    give_up = time.monotonic() + opening.PATIENCE

    def watch(status: int, remaining: int, _total: int) -> None:
        nonlocal give_up
        if status not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            give_up = time.monotonic() + opening.PATIENCE
            copied(remaining)
        elif time.monotonic() > give_up:
            raise Unavailable(
                f"{key}: another program keeps the database locked",
                key=key,
                hint="run it again when that program has ended what it does",
            )

    return watch


def _conclude(target: Path, key: str) -> None:
    handle = os.open(target, os.O_RDWR)
    try:
        header.flatten(handle)
    finally:
        os.close(handle)
    if target.stat().st_size and (wrong := checks.damage(target, thorough=False)):
        raise Unsound(
            f"{key}: the database is damaged: {wrong}",
            key=key,
            hint="bring back a sound version of it: `buckia restore --list`",
        )
