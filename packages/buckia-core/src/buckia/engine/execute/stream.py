"""Small transfers, many of them under way at once, by a single thread.

Threads that share one interpreter wait for each other more than for the network. So one of them
sends many requests before it hears the first answer, and what it has to write down about them it
writes down together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

from buckia.engine.execute.doing import Doing, Note, Turn
from buckia.engine.execute.outcomes import Hopeless
from buckia.errors import BuckiaError
from buckia.model import Intent

ROOM = 8 << 20
"""Bytes under way at once, all of which may be in memory."""
TOGETHER = 64
"""Keys for which something is written down at a time; each of them may hold a file open."""


class _One(NamedTuple):
    doing: Doing[None]
    size: int
    notes: tuple[Note, ...] = ()
    """What it has asked to be written down."""


class Stream:
    """Leaving it ends what is under way. `note` makes notes durable, `give` finds a thread.

    Of requests as many are under way as the stream is wide. Beside them keys wait until enough
    have asked for something to be written down, so that one flush serves them all; and others
    that are written down stand ready, so that each answer is followed by a request at once.
    """

    def __init__(
        self,
        width: int,
        *,
        note: Callable[[Sequence[Note]], None],
        give: Callable[[Doing[None]], None],
    ) -> None:
        self._width = width
        self._most = min(width, TOGETHER)
        self._note = note
        self._give = give
        self._waiting: deque[_One] = deque()
        self._sending: deque[_One] = deque()
        """They go on as soon as there is a line for them."""
        self._unwritten: deque[_One] = deque()
        self._written: deque[_One] = deque()
        """They go on at once."""
        self._bytes = 0

    def add(self, doing: Doing[None], size: int) -> None:
        """Begin this one, as soon as there is room for it."""
        while self._is_full(size):
            self._go_on()
        self._bytes += size
        self._step(_One(doing, size))
        if self._sending and not self._has_line:
            self._hear()
        self._send()
        if len(self._unwritten) >= self._most:
            self._write()

    def end(self) -> None:
        """Go on until nothing is under way."""
        while self._is_busy:
            self._go_on()

    def narrow(self, width: int) -> None:
        """From now on no more than so many requests are under way."""
        self._width = max(0, width)
        if not self._width:
            self.end()
        while len(self._waiting) > self._width:
            self._hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        if error is None:
            try:
                self.end()
            except BaseException as late:  # whatever it was, nothing may stay half-way
                self._break_off(late)
                raise
        else:
            self._break_off(error)

    @property
    def _is_busy(self) -> bool:
        return bool(self._waiting or self._sending or self._unwritten)

    @property
    def _has_line(self) -> bool:
        return len(self._waiting) < max(1, self._width)

    def _is_full(self, size: int) -> bool:
        beside = len(self._sending) + len(self._unwritten)
        return self._is_busy and (beside >= self._most * 3 // 2 or self._bytes + size > ROOM)

    def _go_on(self) -> None:
        if self._waiting:
            self._hear()
        self._send()
        count = len(self._unwritten)
        # Where larger ones take all the room, those under way need not all be over first.
        is_tight = self._bytes > ROOM // 2 and count >= len(self._waiting)
        if count >= self._most or is_tight or not self._waiting:
            self._write()

    def _hear(self) -> None:
        """Whoever was asked first is heard first."""
        self._step(self._waiting.popleft())

    def _send(self) -> None:
        while self._sending and self._has_line:
            self._step(self._sending.popleft())

    def _write(self) -> None:
        """Write down all that is asked for, and let those go on that have asked."""
        self._note([note for one in self._unwritten for note in one.notes])
        self._written += self._unwritten
        self._unwritten.clear()
        while self._written:
            self._step(self._written.popleft())
            self._send()

    def _step(self, one: _One) -> None:
        """Let it do what it has to, up to the next thing that it has to wait for."""
        wanted = next(one.doing, None)
        if wanted is Turn.SENDING:
            self._sending.append(one)
        elif wanted is Turn.WAITING:
            self._waiting.append(one)
        elif isinstance(wanted, tuple):
            self._unwritten.append(_One(one.doing, one.size, wanted))
        else:
            self._bytes -= one.size
            if wanted is Turn.ALONE:
                self._give(one.doing)

    def _break_off(self, error: BaseException) -> None:
        """Nothing new is begun. What was sent is heard, and what has happened is written down."""
        under_way = [*self._waiting, *self._sending, *self._unwritten, *self._written]
        try:
            if isinstance(error, BuckiaError | Hopeless):
                self._conclude()
        finally:
            for one in under_way:
                # What led here is what is told, and each of them has to be closed.
                with suppress(Exception):
                    one.doing.close()

    def _conclude(self) -> None:
        for one in self._waiting:
            with suppress(BuckiaError, Hopeless):
                wanted = next(one.doing, None)
                if isinstance(wanted, tuple):
                    self._unwritten.append(_One(one.doing, one.size, wanted))
        seen = [one for one in self._unwritten if not _is_wish(one)]
        # What led here is what is told.
        with suppress(BuckiaError, Hopeless):
            self._note([note for one in seen for note in one.notes])
            self._written += seen
        for one in self._written:
            if not _is_wish(one):
                with suppress(BuckiaError, Hopeless):
                    next(one.doing, None)


def _is_wish(one: _One) -> bool:
    return any(isinstance(note, Intent) for note in one.notes)
