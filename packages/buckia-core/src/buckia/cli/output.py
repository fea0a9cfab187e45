"""What a command shows: answers to standard output, all else to standard error.

Every line goes through the redactor, so that no secret is shown whatever text it hides in. IDs of
users are whole in answers, and shortened in everything else.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from threading import RLock
from typing import TextIO

from buckia.cli.flags import Flags
from buckia.cli.shown import shown_text
from buckia.cli.terminal import Terminal
from buckia.secrets import Redactor

COLOURS = {
    "green": "32",
    "yellow": "33",
    "red": "31",
    "cyan": "36",
    "magenta": "35",
    "bold": "1",
    "dim": "2",
    "red bold": "31;1",
    "yellow bold": "33;1",
}


class Output:
    """The two streams of one command; may be used from several threads."""

    def __init__(self, terminal: Terminal, flags: Flags, redactor: Redactor) -> None:
        self.terminal = terminal
        self.flags = flags
        self.redactor = redactor
        self.gone = False
        """Nobody reads standard output any more, as after `| head`."""
        self.above: Callable[[str], None] | None = None
        """Where lines go while something is drawn at the bottom of the terminal."""
        self.stop_drawing: Callable[[], None] | None = None
        """Takes away what is drawn: answers come when the work is done."""
        self._lock = RLock()
        self._coloured = {
            stream: not flags.no_color and terminal.colours(stream)
            for stream in (terminal.stdout, terminal.stderr)
        }

    def answer(self, text: str) -> None:
        """What was asked for, also with -q; with --json the document says it instead."""
        if not self.flags.json:
            self._write(self.terminal.stdout, text + "\n")

    def say(self, text: str = "") -> None:
        """What a person wants to know at the end; on standard output."""
        if not self.flags.quiet:
            self.answer(text)

    def tell(self, text: str) -> None:
        """What a person wants to know on the way; on standard error."""
        if not self.flags.quiet:
            self._error_line(text)

    def detail(self, text: str) -> None:
        """What only -v shows."""
        if self.flags.verbose:
            self._error_line(text)

    def warn(self, message: str, hint: str = "") -> None:
        if not self.flags.quiet:
            self._labelled("Warning", "yellow bold", message, hint)

    def fail(self, message: str, hint: str = "") -> None:
        """An error, which is always shown."""
        self._labelled("Error", "red bold", message, hint)

    def trace(self, text: str) -> None:
        """The lines of a traceback, for --debug."""
        self._error_line(self.redactor.redact_told(shown_text(text.rstrip("\n"))))

    def document(self, text: str) -> None:
        """A piece of the JSON document, whose secrets its writer has taken out."""
        self._write(self.terminal.stdout, text, clean=False)

    def verbatim(self, text: str) -> None:
        """An answer that is worthless when anything in it is taken out, such as a signed URL."""
        if not self.flags.json:
            self._write(self.terminal.stdout, text + "\n", clean=False)

    def styled(self, text: str, style: str) -> str:
        """Text in a colour, where standard output has colours."""
        return self._styled(text, style, self.terminal.stdout)

    def styled_error(self, text: str, style: str) -> str:
        """Text in a colour, where standard error has colours."""
        return self._styled(text, style, self.terminal.stderr)

    def coloured_errors(self) -> bool:
        return self._coloured[self.terminal.stderr]

    def close(self) -> None:
        """See that all that was written arrives, or find that nobody wants it."""
        self._write(self.terminal.stdout, "", flush=True)
        with contextlib.suppress(OSError, ValueError):
            self.terminal.stderr.flush()

    def _labelled(self, label: str, style: str, message: str, hint: str) -> None:
        clean = self.redactor.redact_told
        self._error_line(f"{self.styled_error(label, style)}: {clean(shown_text(message))}")
        if hint:
            self._error_line(f"{self.styled_error('Hint', 'cyan')}: {clean(shown_text(hint))}")

    def _error_line(self, text: str) -> None:
        with self._lock:
            if self.above is not None:
                self.above(self.redactor.redact_aside(text))
            else:
                self._write(self.terminal.stderr, text + "\n", flush=True)

    def _styled(self, text: str, style: str, stream: TextIO) -> str:
        return f"\x1b[{COLOURS[style]}m{text}\x1b[0m" if self._coloured[stream] else text

    def _cleaned(self, text: str, *, out: bool) -> str:
        """An answer names files exactly, for who asked; all else may be read by anybody."""
        return self.redactor.redact(text) if out else self.redactor.redact_aside(text)

    def _write(self, stream: TextIO, text: str, *, clean: bool = True, flush: bool = False) -> None:
        out = stream is self.terminal.stdout
        with self._lock:
            if out and self.gone:
                return
            if out and text and self.stop_drawing is not None:
                self.stop_drawing()
            try:
                stream.write(self._cleaned(text, out=out) if clean else text)
                if flush or (out and stream.isatty()):
                    stream.flush()
            except BrokenPipeError:
                # Whoever read it has had enough; the work itself goes on to its end.
                self.gone = self.gone or out
                _plug(stream)


def _plug(stream: TextIO) -> None:
    """Let what is still in the buffer vanish, or Python complains about it at the very end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
