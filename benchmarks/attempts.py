"""One contender at one job: what comes before it, what is measured, and whether it was done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from benchmarks.contenders.contender import Contender
from benchmarks.desk import Desk
from benchmarks.measured import Command


class Wrong(Exception):
    """It ended well and did not do what it was asked for."""


class Attempt(NamedTuple):
    """What is measured, and what it has to come to."""

    command: Command
    check: Callable[[], None]
    """Raises `Wrong`; it may clear away, too."""


Attempts = Callable[[], Attempt]
"""Makes each attempt of one contender, which is not measured."""


Entry = Callable[[], Attempts | None]
"""Sets one contender up, which is not measured either; None for who cannot do this."""


class Job(ABC):
    """Something that people do, as large as they do it."""

    letter: str
    title: str
    latency: float = 0.0
    """Milliseconds after which the server answers."""
    objects: int = 0
    """Small ones that are in the bucket `FILLED` from the start."""

    @property
    def is_special(self) -> bool:
        """Whether only the load server will do."""
        return bool(self.latency or self.objects)

    def least(self) -> float | None:
        """Seconds below which nobody can get who sends as many requests at once as Buckia does."""
        return None

    @abstractmethod
    def begin(self, desk: Desk) -> None:
        """Make what all contenders share."""

    def end(self) -> None:  # noqa: B027 - most have started nothing
        """Let go of what was started for it."""

    @abstractmethod
    def entries(self, contenders: Sequence[Contender], /) -> Mapping[str, Entry]:
        """Who takes part, by the names that stand in the table."""


class Sync(Job):
    """A job for all those who sync a folder with a bucket."""

    def entries(self, contenders: Sequence[Contender], /) -> Mapping[str, Entry]:
        return {one.name: partial(self.enter, one) for one in contenders}

    @abstractmethod
    def enter(self, contender: Contender) -> Attempts | None:
        """Set one up."""


def same(found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Whether a result is what it has to be."""
    if found == wanted:
        return
    strange = [key for key in {*found, *wanted} if found.get(key) != wanted.get(key)]
    raise Wrong(f"{len(strange)} of {len(wanted)} are not as they should be, as {min(strange)}")
