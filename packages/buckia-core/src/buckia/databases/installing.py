"""Giving a live database another content, in one transaction of SQLite's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from buckia.databases import checks, opening
from buckia.databases.copying import RETRY, patient
from buckia.databases.faults import sqlite_faults
from buckia.errors import Unsound, VersionMismatch

Unchanged = Callable[[], bool]
"""Whether what is there is what was expected; asked while nobody else can write."""


def install(coming: Path, live: Path, key: str, unchanged: Unchanged) -> None:
    """Programs that have it open go on, and see the new content from their next transaction on.

    It takes two pages: the last one is written and made final in one step, so only before it can
    somebody be asked who holds the lock.
    """
    with (
        sqlite_faults(key),
        closing(checks.at_rest(coming)) as source,
        closing(opening.connect(live, "rw")) as target,
    ):
        target.execute("PRAGMA synchronous=FULL")
        _insist_on_fit(source, target, key)
        is_asked = False

        def copied(_remaining: int) -> None:
            nonlocal is_asked
            if not is_asked and not unchanged():
                raise mismatch(key)
            is_asked = True

        source.backup(target, pages=1, progress=patient(key, copied), sleep=RETRY)


def can_enter(coming: Path) -> bool:
    """Whether there is enough of it: one without any table has a single page."""
    with closing(checks.at_rest(coming)) as source:
        return bool(source.execute("PRAGMA page_count").fetchone()[0] > 1)


def _insist_on_fit(source: sqlite3.Connection, target: sqlite3.Connection, key: str) -> None:
    (pages,) = target.execute("PRAGMA page_count").fetchone()
    if not pages:
        return
    coming, here = checks.nature(source), checks.nature(target)
    if wrong := checks.misfit(coming, here):
        raise Unsound(
            f"{key}: the database in the bucket does not fit: {wrong}",
            key=key,
            hint="update the app where it is older, or move the database here out of the way",
        )
    if coming.page_size != here.page_size and opening.is_logged(target):
        raise Unsound(
            f"{key}: the database in the bucket has pages of {coming.page_size} bytes and the one "
            f"here of {here.page_size}, which SQLite cannot change while there is a log",
            key=key,
            hint="close the app, and run PRAGMA journal_mode=DELETE on the database here",
        )


def calm(live: Path, key: str, unchanged: Callable[[sqlite3.Connection], bool]) -> None:
    """Put all of a database into its file, so that the file alone is the database.

    `Unavailable` while a program has it open.
    """
    with sqlite_faults(key), closing(opening.connect(live, "rw", patience=0.5)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        if not unchanged(connection):
            raise mismatch(key)
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def mismatch(key: str) -> VersionMismatch:
    return VersionMismatch(f"{key} is not the version that was seen", key=key)
