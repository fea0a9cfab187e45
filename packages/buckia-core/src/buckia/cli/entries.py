"""Objects of a bucket as text and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime

from buckia.cli.amounts import moment, moment_of_ns
from buckia.model import BasicEntry


def entry_item(entry: BasicEntry) -> dict[str, object]:
    """An object as the document has it; times that the store does not tell are null."""
    return {
        "key": entry.key,
        "size": entry.size,
        "changed": entry.changed,
        "mtime": time_of_ns(entry.mtime_ns),
        "digests": entry.digests,
    }


def time_of_ns(stamp: int | None) -> datetime | None:
    """A file's time; None where there is none, or none that a calendar has."""
    if stamp is None:
        return None
    try:
        return datetime.fromtimestamp(stamp / 1_000_000_000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def entry_time(entry: BasicEntry) -> str:
    """The file's own time where the store keeps it, or the store's."""
    if entry.mtime_ns is not None:
        return moment_of_ns(entry.mtime_ns)
    return moment(entry.changed) if entry.changed is not None else "-"
