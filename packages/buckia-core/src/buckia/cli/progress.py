"""Showing a run while it goes on: a live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from buckia import events
from buckia.cli.amounts import duration, number, several, size
from buckia.cli.output import Output
from buckia.cli.shown import shown

if TYPE_CHECKING:
    from buckia.cli.log import Log

PAUSE = 30.0
"""Seconds between two lines of a run that goes into a file or a mail."""

DONE = {
    "upload": "uploaded",
    "download": "downloaded",
    "delete_local": "deleted here",
    "delete_remote": "deleted in the bucket",
    "rename_local": "renamed here",
    "rename_remote": "renamed in the bucket",
    "adopt": "recorded as equal",
    "conflict": "conflict",
}
"""What has been done by each kind of action; another one is shown by its own name."""

STYLES = {
    "upload": "green",
    "download": "cyan",
    "delete_local": "red",
    "delete_remote": "red",
    "rename_local": "magenta",
    "rename_remote": "magenta",
    "adopt": "dim",
    "conflict": "yellow bold",
}


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
        if line := detail_of(event, self._output):
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


def looking(event: events.Scanned) -> str:
    return f"seen {number(event.left)} here and {number(event.right)} in the bucket so far"


def comparing(event: events.Comparing) -> str:
    return f"read {several(event.objects, 'file')} ({size(event.size)}) to compare them so far"


def planned(event: events.Planned) -> str:
    parts = [several(event.actions, "action") + " to do"]
    if event.bytes_up:
        parts.append(f"{size(event.bytes_up)} up")
    if event.bytes_down:
        parts.append(f"{size(event.bytes_down)} down")
    return ", ".join(parts)


def detail_of(event: events.Event, output: Output) -> str:
    """The line that -v shows for an event; empty for most."""
    match event:
        case events.ActionDone(action=action, path=path, error=""):
            said = DONE.get(action, action)
            kept = f"  (the other version: {shown(event.kept)})" if event.kept else ""
            return f"{output.styled_error(said, STYLES.get(action, 'dim'))}  {shown(path)}{kept}"
        case events.ActionDone(action=action, path=path):
            failed = output.styled_error("failed", "red bold")
            return f"{failed}  {shown(path)}: {shown(event.message or event.error)}"
        case events.Retrying():
            pause = duration(event.seconds)
            where = f" of {shown(event.path)}" if event.path else ""
            return f"try {event.attempt}{where} failed, again in {pause}: {shown(event.message)}"
    return ""
