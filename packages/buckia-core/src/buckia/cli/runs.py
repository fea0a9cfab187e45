"""Doing something with each bucket in turn; one that is stopped does not stop the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from buckia.cli.codes import ExitCode, worst
from buckia.cli.document import Stream, error_object
from buckia.cli.session import Opened, Session
from buckia.cli.signals import Interrupts, stoppable
from buckia.cli.trouble import report
from buckia.config import BucketConfig
from buckia.errors import Interrupted
from buckia.results import SyncResult

COUNTS = (
    *("uploaded", "downloaded", "deleted_local", "deleted_remote", "unchanged", "adopted"),
    *("renamed", "bytes_up", "bytes_down", "seconds"),
)
LISTS = ("conflicts", "failed", "skipped")


class Outcome(NamedTuple):
    """What became of one bucket: its exit code, and what the document says of it."""

    code: int
    item: Mapping[str, Any]


Work = Callable[[Opened, Interrupts], Outcome]
Blank = Callable[[str], Mapping[str, Any]]
"""What the document says of a bucket that was stopped, besides the error."""


def named(name: str) -> Mapping[str, Any]:
    return {"name": name}


def each(
    session: Session, configs: Sequence[BucketConfig], work: Work, *, blank: Blank = named
) -> ExitCode:
    """Do the work for every bucket; the exit code of all together.

    An item is written while its bucket is open, because a plan may be read from its state.
    """
    codes: list[int] = []
    with session.document:
        for config in configs:
            shown_name = config.name if len(configs) > 1 else ""
            try:
                codes.append(_one(session, config, work))
            except _BrokenOff as broken:
                codes.append(_stopped(session, broken.error, shown_name))
            except Exception as error:  # noqa: BLE001 - reported, and its code is in the exit code
                # Whatever stops one bucket, a mistake of ours too, stops no other.
                codes.append(_stopped(session, error, shown_name))
                session.document.add({**blank(config.name), "error": error_object(error)})
    return worst(codes)


class _BrokenOff(Exception):
    """A bucket's item could not be written to its end, and says why itself."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _one(session: Session, config: BucketConfig, work: Work) -> int:
    if session.interrupted:
        raise Interrupted(f"{config.name} was not begun", hint="run it again")
    with (
        session.opened(config) as bucket,
        stoppable(session, bucket.client.interrupt) as interrupts,
    ):
        outcome = work(bucket, interrupts)
        try:
            session.document.add(outcome.item)
        except Exception as error:  # a plan read from the state may fail in any way, as above
            raise _BrokenOff(error) from error
        return outcome.code


def _stopped(session: Session, error: Exception, bucket: str) -> int:
    if session.log is not None:
        session.log.error(error)
    return report(session.output, error, bucket=bucket)


def result_item(result: SyncResult) -> dict[str, Any]:
    """A result as the document has it; the actions last, as they may be many."""
    item: dict[str, Any] = {"name": result.name, "dry_run": result.dry_run}
    item |= {name: getattr(result, name) for name in COUNTS}
    item |= {name: getattr(result, name) for name in LISTS}
    if result.inbound is not None:
        item["inbound"] = result.inbound
    item["actions"] = Stream(result.actions)
    if result.interrupted:
        item["error"] = error_object(
            Interrupted("interrupted; what was done is recorded", hint="run it again")
        )
    return item


def blank_result(dry_run: bool) -> Blank:
    """A bucket that was stopped before it came to anything: all counts are zero."""
    return lambda name: result_item(SyncResult(name=name, dry_run=dry_run))
