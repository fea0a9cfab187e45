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


def write_changes(
    folder: Path,
    changes: Iterable[Change],
    database: str,
    now: datetime,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Path:
    """A new change file, whole and durable; `Refused` for changes that nobody would accept."""
    file = ChangeFile(new_change_id(now), database, tuple(changes))
    content = document.encode(file, limits)
    path = folder / f"{file.id}{document.ENDING}"
    draft = folder / f"{_UNFINISHED}{path.name}"
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
