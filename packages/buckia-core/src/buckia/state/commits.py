"""Group commit: what many threads want to write at once is made durable in one go."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path

from buckia.state.seam import sqlite_errors

Work = Callable[[sqlite3.Connection], None]


class _Stage(Enum):
    WAITING = auto()
    DONE = auto()
    ALONE = auto()
    """The group failed, so each must try for itself and hear of its own failure."""


class _Ticket:
    __slots__ = ("stage", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.stage = _Stage.WAITING


class Commits:
    """All writing of one database, in the order in which it was asked for.

    Whoever finds the connection free commits for all who wait, so that sixty-four transfers
    together cost a flush of the disk, not sixty-four. Each piece of work is whole or not done at
    all, and durable when `run` returns. Work may be done a second time when a group fails, on a
    connection that was rolled back, so it must not remember anything of the first.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._turn = threading.Condition()
        self._busy = False
        self._waiting: list[_Ticket] = []

    def run(self, work: Work) -> None:
        ticket = _Ticket(work)
        if group := self._group_to_lead(ticket):
            self._lead(group)
        if ticket.stage is _Stage.ALONE:
            with self._alone():
                self._commit([work])

    def close(self) -> None:
        with self._alone(), sqlite_errors("written", self._path):
            self._connection.close()

    def _group_to_lead(self, ticket: _Ticket) -> list[_Ticket]:
        """Wait until somebody has committed the ticket, or until it is up to us."""
        with self._turn:
            self._waiting.append(ticket)
            try:
                self._turn.wait_for(lambda: ticket.stage is not _Stage.WAITING or not self._busy)
            except BaseException:  # an interrupt: what nobody waits for need not be done
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                raise
            if ticket.stage is not _Stage.WAITING:
                return []
            self._busy = True
            group, self._waiting = self._waiting, []
            return group

    def _lead(self, group: Sequence[_Ticket]) -> None:
        stage = _Stage.ALONE
        try:
            self._commit([ticket.work for ticket in group])
            stage = _Stage.DONE
        except Exception:
            # Whose fault it was is not known here. Each now tries alone, and the one at fault
            # gets the error; with a group of one that is known already.
            if len(group) == 1:
                raise
        finally:
            with self._turn:
                for ticket in group:
                    ticket.stage = stage
                self._busy = False
                self._turn.notify_all()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._turn:
            self._turn.wait_for(lambda: not self._busy)
            self._busy = True
        try:
            yield
        finally:
            with self._turn:
                self._busy = False
                self._turn.notify_all()

    def _commit(self, works: Sequence[Work]) -> None:
        with sqlite_errors("written", self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for work in works:
                    work(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:  # nothing of it may stay; the error goes on its way
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
