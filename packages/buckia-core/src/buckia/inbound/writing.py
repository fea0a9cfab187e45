"""Making change files: for tests, and for who has changes to send."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from buckia.ids import new_change_id
from buckia.inbound import document
from buckia.inbound.changes import DEFAULT_LIMITS, Change, ChangeFile, Limits
from buckia.inbound.folder import disk_errors
from buckia.state import files

_UNFINISHED = ".buckia-"


def written(
    changes: Iterable[Change], database: str, now: datetime, *, limits: Limits = DEFAULT_LIMITS
) -> tuple[str, bytes]:
    """The name and the bytes of a new change file; `Refused` for what nobody would accept."""
    file = ChangeFile(new_change_id(now), database, tuple(changes))
    return f"{file.id}{document.ENDING}", document.encode(file, limits)


def write_changes(
    folder: Path,
    changes: Iterable[Change],
    database: str,
    now: datetime,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Path:
    """The same, in the folder, whole and durable."""
    name, content = written(changes, database, now, limits=limits)
    path, draft = folder / name, folder / f"{_UNFINISHED}{name}"
    with disk_errors(folder):
        files.make_parents(folder)
        try:
            files.create(draft, content)
            draft.rename(path)
        except BaseException:  # whatever it was, what is half done must not stay
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        files.sync_folder(folder)
    return path
