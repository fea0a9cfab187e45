"""The live line at the bottom of a terminal: files, bytes, rate, time left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from buckia import events
from buckia.cli.amounts import number, several, size
from buckia.cli.output import Output
from buckia.cli.shown import shown
from buckia.cli.telling import comparing, looking


class Board(Progress):
    """The bar, and below it what is being transferred."""

    current = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        if self.current:
            yield Text("  " + self.current, style="dim", no_wrap=True, overflow="ellipsis")


class SpeedWhileMoving(ProgressColumn):
    """The rate, once there is one."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        moving = speed and task.fields["moving"]
        return Text(f"{size(int(speed))}/s" if moving and speed else "", style="cyan")


class TimeWhileMoving(TimeRemainingColumn):
    """The time left, once it can be told."""

    def render(self, task: Task) -> Text:
        return super().render(task) if task.total else Text("")


class BarWhileMoving(BarColumn):
    """The bar, once its length is known."""

    def render(self, task: Task) -> RenderableType:  # type: ignore[override]  # nothing is a bar of no length
        return super().render(task) if task.total else Text("")


class Live:
    def __init__(self, output: Output, name: str) -> None:
        self._output = output
        self._name = shown(name)
        self._console = Console(
            file=output.terminal.stderr,
            force_terminal=True,
            color_system="auto" if output.coloured_errors() else None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._board = Board(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarWhileMoving(bar_width=24),
            TextColumn("{task.fields[counts]}", markup=False),
            SpeedWhileMoving(),
            TimeWhileMoving(compact=True),
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._board.add_task(self._name, total=None, counts="", moving=False)
        self._plan = events.Planned(actions=0, bytes_up=0, bytes_down=0)
        self._moved = self._done = 0
        self._started = False

    def see(self, event: events.Event) -> None:
        match event:
            case events.Started():
                self._start()
                self._say("looking")
            case events.Scanned():
                self._say(looking(event))
            case events.Comparing():
                self._say(comparing(event))
            case events.Planned():
                self._begin(event)
            case events.ActionStarted():
                self._board.current = self._output.redactor.redact_aside(shown(event.path))
            case events.BytesMoved():
                self._moved += event.count
                self._count()
            case events.ActionDone():
                self._done = event.done
                self._count()
            case events.Finished():
                self._stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While a person is asked; nothing may draw over the question."""
        was = self._started
        self._stop()
        try:
            yield
        finally:
            if was:
                self._start()

    def close(self) -> None:
        self._stop()

    @property
    def _bytes(self) -> int:
        return self._plan.bytes_up + self._plan.bytes_down

    def _say(self, text: str) -> None:
        self._start()
        self._board.update(self._task, description=self._name, counts=text)

    def _begin(self, plan: events.Planned) -> None:
        self._plan, self._moved, self._done = plan, 0, 0
        self._board.reset(
            self._task,
            total=self._bytes or plan.actions or None,
            description=self._name,
            counts="",
            moving=bool(self._bytes),
        )
        if plan.actions:
            self._start()
        self._count()

    def _count(self) -> None:
        counts = f"{number(self._done)} of {several(self._plan.actions, 'file')}"
        completed = self._done
        if self._bytes:
            completed = max(self._moved, 0)
            counts += f", {size(completed)} of {size(self._bytes)}"
        self._board.update(self._task, counts=counts, completed=completed)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._output.above = self._above
            self._output.stop_drawing = self._stop
            self._board.start()

    def _stop(self) -> None:
        if self._started:
            self._started = False
            self._board.stop()
            self._output.above = self._output.stop_drawing = None

    def _above(self, line: str) -> None:
        self._console.print(Text.from_ansi(line), soft_wrap=True)
