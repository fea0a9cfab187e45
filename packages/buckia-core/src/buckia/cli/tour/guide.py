"""Who leads through the tour: tells, runs the real commands, and checks that all is as told."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from buckia.cli.codes import ExitCode
from buckia.cli.output import COLOURS
from buckia.cli.session import Session
from buckia.cli.terminal import Terminal
from buckia.cli.tour.venue import BUCKET
from buckia.secrets import variable

Run = Callable[[Sequence[str], Terminal], int]
INDENT = "    "


class Interrupted(Exception):
    """Somebody pressed Ctrl-C within a command of the tour."""


class Guide:
    """`pause` waits for Enter between two steps."""

    def __init__(self, session: Session, run: Run, folder: Path, *, pause: bool) -> None:
        self._session = session
        self._run = run
        self._pause = pause
        self._steps = 0
        self.problems: list[str] = []
        """What was not as told."""
        self._stream = self._chosen_stream()
        # Whoever has a bucket of that name keeps its secrets out of the tour.
        own = variable(BUCKET, "")
        environ = {k: v for k, v in session.terminal.environ.items() if not k.startswith(own)}
        if session.flags.no_color:
            environ["NO_COLOR"] = "1"
        # Both streams are one, so that everything stands in its order also in a file.
        self._terminal = msgspec.structs.replace(
            session.terminal,
            stdout=self._stream,
            stderr=self._stream,
            environ=environ,
            cwd=folder,
            keyring=lambda: None,
        )
        self._colours = self._terminal.colours(self._stream)

    def title(self, text: str) -> None:
        self._write(self._styled(text, "bold") + "\n")

    def step(self, text: str) -> None:
        """Begin the next step, when the reader is ready."""
        if self._pause and self._steps:
            self._write("\n" + self._styled("Enter to go on ", "dim"))
            self._stream.flush()
            self._session.terminal.stdin.readline()
        self._steps += 1
        self._write("\n" + self._styled(f"{self._steps}. {text}", "bold") + "\n")

    def say(self, text: str) -> None:
        self._write(text + "\n")

    def show(self, title: str, text: str) -> None:
        """A file's content, under the command that would show it."""
        self._command(title)
        self._write("".join(INDENT + line + "\n" for line in text.splitlines()))

    def run(self, *words: str, expected: ExitCode = ExitCode.DONE) -> None:
        """Run a command of ours as if it had been typed, and check how it ends."""
        self._command("buckia " + " ".join(words))
        hidden = [f"--disable-plugin={name}" for name in self._session.flags.disable_plugin]
        code = self._run([*words, *hidden], self._terminal)
        if code == ExitCode.INTERRUPTED:
            raise Interrupted
        self.check(code == expected, f"`buckia {' '.join(words)}` ended with {code}")

    def check(self, well: bool, problem: str) -> None:
        """Note a problem unless all is well."""
        if not well:
            self.problems.append(problem)

    def _command(self, line: str) -> None:
        self._write("\n" + self._styled(f"$ {line}", "cyan") + "\n")

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{COLOURS[style]}m{text}\x1b[0m" if self._colours else text

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def _chosen_stream(self) -> TextIO:
        flags = self._session.flags
        if flags.quiet:
            return io.StringIO()
        return self._session.terminal.stderr if flags.json else self._session.terminal.stdout
