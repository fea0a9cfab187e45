"""Requests that are on their way while something else is done, and a store that begins them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from buckia.body import ChunkReading
from buckia.engine.limits import Limits
from buckia.errors import StorageError, Unavailable
from buckia.protocols import Begun, Body, Entry, Expected, Reading
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY

R = TypeVar("R")


def shares(limits: Limits) -> list[float]:
    """The shares of time that requests take from now on, which pass without any wait."""
    taken: list[float] = []
    vars(limits._requests)["take"] = taken.append
    return taken


class Asked(Generic[R]):
    """A `Begun` of an answer that was decided before; an error is one, too."""

    def __init__(self, answer: R | StorageError) -> None:
        self.answer = answer
        self.ended = 0
        self.closed = 0

    def end(self) -> R:
        self.ended += 1
        if isinstance(self.answer, StorageError):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed += 1


class Beginning(MemoryStore):
    """Begins writes and readings, whose answers come later. What was asked is in the `journal`.

    `answers` are errors that the next requests meet, in turn, begun or not; what is `lost` is
    done all the same. `begun` are those that were begun.
    """

    def __init__(
        self,
        *answers: StorageError | None,
        lost: bool = False,
        lacks: Iterable[str] = (),
        limit: int | None = None,
    ) -> None:
        facts = {"lacks": frozenset(lacks), "conditional_write_limit": limit}
        super().__init__(traits=msgspec.structs.replace(ROOMY, **facts))
        self.answers = list(answers)
        self.lost = lost
        self.journal: list[str] = []
        self.begun: list[Asked[Entry] | Asked[Reading]] = []
        self.closed: list[str] = []
        """Keys of readings that were closed."""
        self.meanwhile: Callable[[], object] = lambda: None
        """Called before a request arrives that was begun."""

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Begun[Entry]:
        self.journal.append(f"begin write {key}")
        self.meanwhile()
        sent = Asked(
            self._answer(lambda: super(Beginning, self).write_if(key, body, expect=expect))
        )
        self.begun.append(sent)
        return sent

    def begin_read(self, key: str, *, version: str | None = None) -> Begun[Reading]:
        self.journal.append(f"begin read {key}")
        asked = Asked(self._answer(lambda: self._reading(key, version)))
        self.begun.append(asked)
        return asked

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        self.journal.append(f"write {key}")
        return _told(
            self._answer(lambda: super(Beginning, self).write_if(key, body, expect=expect))
        )

    def read(self, key: str, *, version: str | None = None) -> Reading:
        self.journal.append(f"read {key}")
        return _told(self._answer(lambda: self._reading(key, version)))

    def _reading(self, key: str, version: str | None) -> Reading:
        found = super().read(key, version=version)
        return ChunkReading(found.entry, found, lambda: self.closed.append(key))

    def _answer(self, do: Callable[[], R]) -> R | StorageError:
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            if self.lost and isinstance(error, Unavailable):
                with suppress(StorageError):
                    do()
            return error
        try:
            return do()
        except StorageError as refused:
            return refused


def _told(answer: R | StorageError) -> R:
    if isinstance(answer, StorageError):
        raise answer
    return answer
