"""What became of the actions of a run, counted as it happens."""

from __future__ import annotations

import threading

from buckia.engine.execute.transfers import Done
from buckia.errors import AccessDenied, BuckiaError, Unavailable
from buckia.events import ActionDone, ActionStarted, Tell
from buckia.plan.actions import COUNTS, Action, moved, word
from buckia.results import LEFT_ALONE, Conflict, Failure

_IN_A_ROW = 20
"""So many refusals or lost requests without a success between, and it is not about single keys."""


class Hopeless(Exception):
    """It is not about single keys: the store refuses everything, or cannot be reached."""

    def __init__(self, error: BuckiaError) -> None:
        super().__init__(error.message)
        self.error = error


class Outcomes:
    """Safe from many threads; events are told one at a time."""

    def __init__(self, total: int, tell: Tell) -> None:
        self.total = total
        self._tell = tell
        self._lock = threading.Lock()
        self._told = 0
        self._in_a_row = 0
        self.counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
        self.conflicts: list[Conflict] = []
        self.failed: list[Failure] = []
        self.succeeded: set[str] = set()
        """Keys that were done, as far as somebody will ask: see `watch`."""
        self._watched: tuple[str, ...] = ()

    def watch(self, folders: tuple[str, ...]) -> None:
        """Remember which keys below these folders, or of these names, were done."""
        self._watched = folders

    def begun(self, action: Action) -> None:
        self._tell(ActionStarted(action=word(action), path=action.key, size=sum(moved(action))))

    def done(self, action: Action, done: Done) -> None:
        with self._lock:
            self._in_a_row = 0
            for field in COUNTS:
                self.counts[field] += getattr(done, field)
            if action.verdict.conflict:
                self.conflicts.append(Conflict(action.key, action.verdict.conflict, done.kept))
            if self._watched and action.key.startswith(self._watched):
                self.succeeded.add(action.key)
            self._say(action, kept=done.kept or "")

    def settled(self, action: Action) -> None:
        """Looked at again, an action turned out to have nothing left to do."""
        with self._lock:
            self._say(action)

    def failure(self, action: Action, error: BuckiaError) -> None:
        """One key failed. Where it is plain that every other will too, the error is raised."""
        with self._lock:
            message = error.message.removeprefix(f"{action.key}: ")
            self.failed.append(Failure(action.key, error.kind, message))
            self._say(action, error=error.kind, message=message)
            hopeless = isinstance(error, AccessDenied | Unavailable)
            self._in_a_row = self._in_a_row + 1 if hopeless else 0
            if self._in_a_row >= _IN_A_ROW:
                raise Hopeless(error)

    def left(self, action: Action, kept: str | None = None) -> None:
        """A conflict that waits for a person."""
        with self._lock:
            self.conflicts.append(Conflict(action.key, LEFT_ALONE, kept))
            self._say(action)

    def _say(self, action: Action, **more: str) -> None:
        self._told = min(self._told + 1, self.total)
        self._tell(
            ActionDone(
                action=word(action), path=action.key, done=self._told, total=self.total, **more
            )
        )
