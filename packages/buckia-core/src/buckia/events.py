"""What a run tells while it goes on: typed events, for progress bars, logs and programs."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    bucket: str = ""


class Started(Event, frozen=True, kw_only=True):
    """A bucket's run begins."""

    dry_run: bool


class Scanned(Event, frozen=True, kw_only=True):
    """How many objects each listing has given so far."""

    left: int
    right: int


class Comparing(Event, frozen=True, kw_only=True):
    """No digest is at hand for some objects, so their bytes are being read to compare them."""

    objects: int
    size: int


class Planned(Event, frozen=True, kw_only=True):
    """The plan is made and its totals are fixed."""

    actions: int
    bytes_up: int
    bytes_down: int


class ActionStarted(Event, frozen=True, kw_only=True):
    action: str
    path: str
    size: int


class BytesMoved(Event, frozen=True, kw_only=True):
    """Some bytes of an action went through; negative where a try began anew."""

    path: str
    count: int


class ActionDone(Event, frozen=True, kw_only=True):
    """One planned action came to its end; `done` counts them, one call at a time."""

    action: str
    path: str
    done: int
    total: int
    error: str = ""
    """The kind of error, empty where all went well."""
    message: str = ""
    kept: str = ""
    """Where the version that lost can be found."""


class Retrying(Event, frozen=True, kw_only=True):
    """A request failed and is tried again after a pause."""

    path: str
    attempt: int
    seconds: float
    message: str


class Noticed(Event, frozen=True, kw_only=True):
    """Something that a person should know and that stops nothing."""

    message: str
    hint: str = ""


class Finished(Event, frozen=True, kw_only=True):
    """A bucket's run is over; `error` is the kind of what stopped it, if anything did."""

    seconds: float
    error: str = ""


Tell = Callable[[Event], None]


def silence(_event: Event) -> None:
    """For callers that want to hear nothing."""
