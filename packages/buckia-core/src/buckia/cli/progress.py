"""Showing a run while it goes on: a live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from buckia import events
from buckia.cli.amounts import number, several, size
from buckia.cli.output import Output
from buckia.cli.shown import shown
from buckia.cli.telling import comparing, detail_of, looking, planned

if TYPE_CHECKING:
    from buckia.cli.log import Log

PAUSE = 30.0
"""Seconds between two lines of a run that goes into a file or a mail."""


class Sight(Protocol):
    """Draws or writes what goes on."""

    def see(self, event: events.Event) -> None: ...
    def paused(self) -> AbstractContextManager[None]:
        """While something else needs the terminal."""

    def close(self) -> None: ...


class Progress:
    """Hears the events of one bucket, from any thread, and passes them to screen and log."""

    def __init__(self, output: Output, name: str, sight: Sight, log: Log | None) -> None:
        self._output = output
        self._name = name
        self._sight = sight
        self._log = log

    def __call__(self, event: events.Event) -> None:
        if self._log is not None:
            self._log(self._name, event)
        if self._output.flags.verbose and (line := detail_of(event, self._output)):
            self._output.detail(line)
        if isinstance(event, events.Noticed):
            self._output.tell(f"Note: {shown(event.message)}")
            if event.hint:
                self._output.tell(f"      {shown(event.hint)}")
        self._sight.see(event)

    def paused(self) -> AbstractContextManager[None]:
        return self._sight.paused()


@contextmanager
def progress_for(output: Output, name: str, log: Log | None) -> Iterator[Progress]:
    """What shows the events of this bucket's run, until the end of the context."""
    sight = _sight(output, name)
    try:
        yield Progress(output, name, sight, log)
    finally:
        sight.close()


def _sight(output: Output, name: str) -> Sight:
    if output.flags.quiet:
        return Blind()
    if output.terminal.live:
        from buckia.cli.live import Live

        return Live(output, name)
    return Lines(output, name)


class Blind:
    """Shows nothing."""

    def see(self, event: events.Event) -> None:
        """Nothing is to be seen."""

    @contextmanager
    def paused(self) -> Iterator[None]:
        yield

    def close(self) -> None:
        """Nothing is open."""


class Lines(Blind):
    """A line when the work is known, and one every half minute."""

    def __init__(self, output: Output, name: str) -> None:
        self._output = output
        self._name = shown(name)
        self._moved = 0
        self._done = 0
        self._dry_run = False
        self._plan = events.Planned(actions=0, bytes_up=0, bytes_down=0)
        self._next = output.terminal.clock() + PAUSE
        self._lock = Lock()

    def see(self, event: events.Event) -> None:
        with self._lock:
            match event:
                case events.Started():
                    self._dry_run = event.dry_run
                case events.Planned() if event.actions and not self._dry_run:
                    self._plan = event
                    self._say(planned(event))
                case events.BytesMoved():
                    self._moved += event.count
                case events.ActionDone():
                    self._done = event.done
            if self._output.terminal.clock() >= self._next:
                self._say(self._so_far(event))

    def _say(self, text: str) -> None:
        self._output.tell(f"{self._name}: {text}")
        self._next = self._output.terminal.clock() + PAUSE

    def _so_far(self, event: events.Event) -> str:
        if isinstance(event, events.Scanned):
            return looking(event)
        if isinstance(event, events.Comparing):
            return comparing(event)
        total = self._plan.bytes_up + self._plan.bytes_down
        files = f"{number(self._done)} of {several(self._plan.actions, 'action')} done"
        return f"{files}, {size(self._moved)} of {size(total)}"
