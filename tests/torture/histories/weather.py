"""What one run meets on its way to the bucket: other people, faults, and its own end."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from buckia.testing.faults import (
    Breaks,
    Call,
    Corrupts,
    Fault,
    LosesAnswer,
    Pauses,
    Stale,
    Truncates,
    unavailable,
)
from buckia.testing.faults.plan import APPLIES
from tests.torture.histories.words import PLAN, Kill, Step, Sync, Trouble

FAULTS: Mapping[str, Fault] = {
    "refused": unavailable(),
    "answer lost": LosesAnswer(),
    "broken": Breaks(after=3),
    "cut short": Truncates(keep=2),
    "damaged": Corrupts(at=1),
    "stale": Stale(changes=2),
}
CHANGES = APPLIES[LosesAnswer]
Live = Callable[[Sequence[Step], "Call | None"], None]
"""Lets the world go on for some steps, before a request or at the plan."""


class Killed(BaseException):
    """The process ends here; nothing that wants to go on after an error may catch it."""


class Weather:
    """The plan of a `Faulty` store for one run: requests are counted, whatever they are."""

    def __init__(self, sync: Sync, live: Live) -> None:
        self._sync = sync
        self._live = live
        self._count = 0
        self._met: Counter[Trouble] = Counter()
        self.dead = False
        """From the moment on at which the run was ended by an exception."""
        self.suffered = 0

    def faults(self, call: Call) -> tuple[Fault, ...]:
        self._count += 1
        found: list[Fault] = [Pauses(self._moment(self._count))]
        for trouble in self._sync.troubles:
            fault = FAULTS[trouble.kind]
            fits = self._count >= trouble.nth and call.operation in APPLIES[type(fault)]
            if fits and self._met[trouble] < trouble.times:
                self._met[trouble] += 1
                self.suffered += 1
                found.append(fault)
        return tuple(found)

    def planned(self) -> None:
        for meanwhile in self._sync.meanwhile:
            if meanwhile.at == PLAN:
                self._live(meanwhile.steps, None)

    def _moment(self, number: int) -> Callable[[Call], None]:
        def hook(call: Call) -> None:
            for meanwhile in self._sync.meanwhile:
                if meanwhile.at == number:
                    self._live(meanwhile.steps, call)
            self._end(self._sync.kill, number)

        return hook

    def _end(self, kill: Kill | None, number: int) -> None:
        if kill is None or number < kill.nth:
            return
        if kill.how == "request":
            os.kill(os.getpid(), signal.SIGKILL)
        if kill.how == "unwind":
            self.dead = True
            raise Killed
