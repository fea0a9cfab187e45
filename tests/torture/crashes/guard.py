"""Who stands before a server, counts what is asked, and ends the process that asks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Condition
from typing import NamedTuple, TypeVar

from tests.torture.effects.effects import When

A = TypeVar("A")
PATIENCE = 20.0
"""Seconds for which requests of a process that is gone may still be under way."""


class Order(NamedTuple):
    """Which request is a process's last."""

    process: int
    nth: int
    when: When
    """Before the server hears of it, or when it has done it and has not answered."""
    on: str = ""
    """Only requests of this kind count; empty means all."""


class Guard:
    """Counts from its last order on; without one everything passes."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._order: Order | None = None
        self._under_way = 0
        self.count = 0

    def expect(self, order: Order | None) -> None:
        with self._changed:
            self._order = order
            self.count = 0

    def around(self, kind: str, ask: Callable[[], A]) -> A | None:
        """The answer; None where nobody is left to get one."""
        with self._changed:
            self._under_way += 1
            order = self._due(kind)
        try:
            if order is not None and order.when == "before":
                os.kill(order.process, signal.SIGKILL)
                return None
            answer = ask()
            if order is None:
                return answer
            os.kill(order.process, signal.SIGKILL)
            return None
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _due(self, kind: str) -> Order | None:
        order = self._order
        if order is not None and order.on not in ("", kind):
            return None
        self.count += 1
        return order if order is not None and self.count == order.nth else None

    def settle(self) -> None:
        """Wait until the server has done all that it heard of."""
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, PATIENCE)
