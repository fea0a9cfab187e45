"""From whatever lies there to a sound base of this version, losing nothing on the way."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from buckia.state import files, schema
from buckia.state.connections import connect, writing
from buckia.state.examine import Examined, Finding, examine, suspect_of
from buckia.state.seam import file_errors, sqlite_errors

_ENDINGS = ("", "-wal", "-shm", "-journal")
"""Of the files that together are one database."""


def prepare(path: Path, steps: schema.Steps = schema.STEPS) -> tuple[str, ...]:
    """Make, migrate or set aside what needs it; returns what people should know.

    For the run that holds the lock of the pair. A base of a newer version is a `ConfigError`,
    and nothing is changed.
    """
    found = examine(path, looking=False, steps=steps)
    match found.finding:
        case Finding.NEWER:
            raise schema.newer(path, found.version)
        case Finding.MISSING:
            # A mark without a base is of one that was set aside; it does not speak of a new one.
            with file_errors("written", path):
                suspect_of(path).unlink(missing_ok=True)
            schema.make(path, steps)
        case Finding.OLDER:
            _migrate(path, steps)
        case Finding.DAMAGED:
            kept = set_aside(path)
            schema.make(path, steps)
            return (f"{_lost(path, found)}; it is kept as {kept}, {_ANEW}",)
        case Finding.SOUND:
            pass
    return ()


def substitute(
    path: Path, target: Path, found: Examined, steps: schema.Steps = schema.STEPS
) -> tuple[str, ...]:
    """Make at `target` what `prepare` would make at `path`, which itself is only read."""
    match found.finding:
        case Finding.NEWER:
            raise schema.newer(path, found.version)
        case Finding.OLDER | Finding.SOUND:
            _migrate_copy(path, target, steps)
        case Finding.MISSING:
            schema.make(target, steps)
        case Finding.DAMAGED:
            schema.make(target, steps)
            return (f"{_lost(path, found)}; the next sync sets it aside, {_ANEW}",)
    return ()


_ANEW = "and both sides are compared anew"


def _lost(path: Path, found: Examined) -> str:
    return f"the state {path} is damaged ({found.reason})"


def _migrate(path: Path, steps: schema.Steps) -> None:
    with sqlite_errors("written", path):
        connection = writing(path)
        try:
            schema.migrate(connection, steps)
        finally:
            connection.close()


def _migrate_copy(path: Path, target: Path, steps: schema.Steps) -> None:
    with file_errors("written", target), sqlite_errors("read", path):
        files.create(target)
        source, copy = connect(path, "ro"), connect(target, "rw")
        try:
            source.backup(copy)
            schema.migrate(copy, steps)
        finally:
            copy.close()
            source.close()


def set_aside(path: Path) -> Path:
    """Move a base and what belongs to it out of the way; the mark of damage goes last.

    The base itself goes before its log: whatever instant a kill comes at, no base is ever read
    without the log that makes it complete.
    """
    with file_errors("written", path):
        target = _free(path, files.stamp(datetime.now(UTC)))
        for ending in _ENDINGS:
            with suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(target.with_name(target.name + ending))
        files.sync_folder(path.parent)
        suspect_of(path).unlink(missing_ok=True)
    return target


def _free(path: Path, stamp: str) -> Path:
    """A name to which nothing was moved before."""
    target = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while any(os.path.lexists(f"{target}{ending}") for ending in _ENDINGS):
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    return target
