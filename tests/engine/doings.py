"""Doings that only follow a script, and a journal of all that happens to them, in order.

A doing is told of as `a begins`, `a goes on`, `a ends`, `a fails` or `a is closed`; what is written
down about it as `a: wish` or `a: row`, and as `a: nothing` where that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from buckia.engine.execute.doing import Doing, Note, Settle, Turn
from buckia.engine.execute.stream import Stream
from buckia.errors import BuckiaError
from buckia.model import Agreed, Forgotten, Intent, SideName

Step = Turn | tuple[Note, ...] | BaseException
"""What a doing waits for, or how it ends before its time."""


class Killed(BaseException):
    """As if the process ended here: nobody handles it."""


def wish(name: str) -> tuple[Note, ...]:
    return (Intent(name, SideName.RIGHT, ""),)


def row(name: str) -> tuple[Note, ...]:
    return (Agreed(name, "l", "r", 1, ""),)


def gone(name: str) -> tuple[Note, ...]:
    return (Forgotten(name),)


def told(note: Note) -> str:
    """How the journal tells of a note."""
    if isinstance(note, Settle):
        return "settled"
    return f"{note.key}: {'wish' if isinstance(note, Intent) else 'row'}"


class Scene:
    """A stream and whoever it deals with. `failing` are errors for the next notes, in turn."""

    def __init__(self, width: int = 4) -> None:
        self.journal: list[str] = []
        self.calls: list[list[str]] = []
        """The notes of each call that wrote some."""
        self.given: list[Doing[None]] = []
        self.open: dict[str, int] = {}
        """Doings that were begun and are not over, with their sizes."""
        self.asked: set[str] = set()
        """Those of them that have a request under way."""
        self.watched: Callable[[], object] = lambda: None
        """Called at each step of each doing."""
        self.failing: list[BaseException | None] = []
        self.stream = Stream(width, note=self.note, give=self.given.append)

    def doing(self, name: str, *script: Step, size: int = 1) -> Doing[None]:
        """Goes through its script, and knows whether it was left where it stood."""
        self.open[name] = size
        self.tell(f"{name} begins")
        try:
            for step in script:
                if isinstance(step, BaseException):
                    self.tell(f"{name} fails")
                    raise step
                if step is Turn.WAITING:
                    yield Turn.SENDING
                    self.asked.add(name)
                    self.watched()
                yield step
                self.asked.discard(name)
                self.tell(f"{name} goes on")
            self.tell(f"{name} ends")
        except GeneratorExit:
            self.tell(f"{name} is closed")
            raise
        finally:
            del self.open[name]
            self.asked.discard(name)

    def add(self, name: str, *script: Step, size: int = 1) -> None:
        self.stream.add(self.doing(name, *script, size=size), size)

    def tell(self, what: str) -> None:
        self.journal.append(what)
        self.watched()

    def note(self, notes: Sequence[Note]) -> None:
        error = self.failing.pop(0) if self.failing else None
        if error is not None:
            self.journal += [f"{told(one).partition(':')[0]}: nothing" for one in notes]
            raise error
        if notes:
            self.calls.append([told(one) for one in notes])
        self.journal += [told(one) for one in notes]

    def told_of(self, name: str) -> list[str]:
        """What happened to one of them."""
        return [line for line in self.journal if line.split(":")[0].split(" ")[0] == name]

    def take_over(self) -> None:
        """What a thread does with the doings that it was given; their errors are its own."""
        for doing in self.given:
            with suppress(BuckiaError):
                for wanted in doing:
                    if isinstance(wanted, tuple):
                        self.note(wanted)

    def happened_so_far(self, lines: Iterable[str]) -> None:
        assert self.journal == list(lines)

    def happened(self, lines: Iterable[str]) -> None:
        """Exactly this, and no doing was left where it stood."""
        self.happened_so_far(lines)
        assert self.open == {}
