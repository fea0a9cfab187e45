"""What one run may be asked for, and what that means together with the configuration."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypedDict

import msgspec

from buckia.config import BucketConfig
from buckia.config.quantities import duration, size
from buckia.engine.pair import Pair, Settings
from buckia.engine.run import Answer
from buckia.errors import ConfigError
from buckia.events import ActionDone, Event, Tell
from buckia.filters import RunFilter
from buckia.merging.opening import need_library
from buckia.model import Policy
from buckia.plan.guards import Allowance
from buckia.reconcile import Rules

Progress = Callable[[int, int, str, str], object]
"""Called with the number of actions done, their total, the action and the path."""
_THREADS = 16
"""As many as make use of a line with large files; a service may advise more requests than that."""


class Wishes(TypedDict, total=False):
    """What one run may be asked for; what is left out is as configured."""

    direction: str | None
    delete_orphaned: bool | None
    conflict_resolution: str | None
    max_workers: int | None
    max_delete: int | str | None
    bandwidth: float | str | None
    max_transfer: int | str | None
    max_duration: float | str | None
    force: bool
    include: Iterable[str]
    exclude: Iterable[str]
    include_pattern: str | None
    exclude_pattern: str | None
    sync_paths: Iterable[str]
    progress_callback: Progress | None
    on_conflict: Answer | None


CONFIGURED = (
    "direction",
    "delete_orphaned",
    "conflict_resolution",
    "max_workers",
    "max_delete",
    "bandwidth",
)
"""Those that are also keys of the configuration."""


def settings(config: BucketConfig, wishes: Wishes, *, dry_run: bool) -> Settings:
    policy = config.conflict_resolution
    if policy is Policy.MERGE:
        need_library()
    transfer, time = wishes.get("max_transfer"), wishes.get("max_duration")
    return Settings(
        rules=Rules(
            direction=config.direction,
            delete_orphaned=config.delete_orphaned,
            policy=policy or Policy.LOCAL_WINS,
            explicit_policy=policy is not None,
        ),
        algorithm=config.checksum_algorithm,
        workers=config.max_workers or 0,
        allowance=Allowance(config.max_delete.count, config.max_delete.percent),
        row_rules=config.merge,
        trash_days=config.trash_days,
        dry_run=dry_run,
        force=wishes.get("force", False),
        max_transfer=None if transfer is None else _understood("max_transfer", size, transfer),
        max_duration=None if time is None else _understood("max_duration", duration, time),
    )


def run_filter(wishes: Wishes) -> RunFilter:
    return RunFilter(
        paths=tuple(wishes.get("sync_paths", ())),
        include=tuple(wishes.get("include", ())),
        exclude=tuple(wishes.get("exclude", ())),
        include_pattern=wishes.get("include_pattern"),
        exclude_pattern=wishes.get("exclude_pattern"),
    )


def with_workers(settings: Settings, pair: Pair) -> Settings:
    """As many transfers at once as were asked for, or as the bucket finds useful."""
    given, advised = settings.workers, pair.right.traits("").concurrency
    threads = given or min(advised, _THREADS)
    return msgspec.structs.replace(settings, workers=threads, at_once=given or advised)


def telling(tell: Tell, progress: Progress | None) -> Tell:
    """Events one at a time; a progress callback that raises does not break the sync."""
    lock = threading.Lock()

    def tell_both(event: Event) -> None:
        with lock:
            tell(event)
            if progress is not None and isinstance(event, ActionDone):
                with suppress(Exception):  # it is somebody else's code, and not about the sync
                    progress(event.done, event.total, event.action, event.path)

    return tell_both


def _understood(name: str, read: Callable[[Any], Any], value: object) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None
