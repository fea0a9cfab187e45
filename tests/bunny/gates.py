"""Requests that are held until others have come, so that what is rare happens for certain."""

from __future__ import annotations

from threading import Condition

from buckia.standins.wire import Reply
from buckia_bunny.testing import Fault
from buckia_bunny.testing.storage.asked import Forward, Request

PATIENCE = 20.0
"""Seconds after which what is held goes on, and the test fails by what it then finds."""


class Crowd:
    """Holds everybody until so many are here, and from then on nobody."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._here = 0
        self._changed = Condition()

    def __call__(self, request: Request, forward: Forward) -> Reply:
        with self._changed:
            self._here += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._here >= self._size, PATIENCE)
        return forward(request)


class Meeting:
    """Lets two change a key that both have just looked at; a deletion comes second.

    Whoever comes first looks again afterwards, as every writer does: behind both changes, where
    these are to be `noticed`, and else between them.
    """

    def __init__(self, *, noticed: bool) -> None:
        self._noticed = noticed
        self._has_looked = False
        self._here: list[str] = []
        self.done: list[str] = []
        """The kinds of the two changes, in their order."""
        self._changed = Condition()

    def __call__(self, request: Request, forward: Forward) -> Reply:
        if request.kind == "describe":
            return self._look(request, forward)
        with self._changed:
            if len(self._here) == 2:
                return forward(request)
            self._here.append(request.kind)
            self._changed.notify_all()
            place = len(self._here)
            self._changed.wait_for(lambda: len(self._here) == 2, PATIENCE)
            self._changed.wait_for(lambda: self._may_go(request.kind, place), PATIENCE)
            reply = forward(request)
            self.done.append(request.kind)
            self._changed.notify_all()
        return reply

    def _may_go(self, kind: str, place: int) -> bool:
        if len(set(self._here)) == 2:
            place = 1 if kind == "put" else 2
        return place == 1 or (len(self.done) == 1 and (self._noticed or self._has_looked))

    def _look(self, request: Request, forward: Forward) -> Reply:
        with self._changed:
            is_between = bool(self.done)
            if self._noticed:
                self._changed.wait_for(lambda: len(self.done) != 1, PATIENCE)
        reply = forward(request)
        with self._changed:
            self._has_looked |= is_between
            self._changed.notify_all()
        return reply


class Gate(Fault, frozen=True):
    """Requests that it is for go through a crowd or a meeting."""

    through: Crowd | Meeting

    def __call__(self, request: Request, forward: Forward) -> Reply:
        return self.through(request, forward)
