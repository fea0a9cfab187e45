"""The log file of a run: what the library tells, and what the libraries below it log."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from buckia import events
from buckia.cli.amounts import duration, several, size
from buckia.errors import ConfigError
from buckia.secrets import Redactor

_LEVELS = {
    events.ActionStarted: logging.DEBUG,
    events.Scanned: logging.DEBUG,
    events.Noticed: logging.WARNING,
    events.Retrying: logging.WARNING,
}
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Log:
    """Adds lines to a file, for its owner only, until it is closed; knows no secret."""

    def __init__(self, file: Path, level: str, redactor: Redactor) -> None:
        handler = logging.StreamHandler(_opened(file))
        handler.setFormatter(logging.Formatter(_FORMAT))
        # On the handler, so that records of other libraries are cleaned as well.
        handler.addFilter(redactor)
        handler.addFilter(_one_line)
        self._handler = handler
        self._logger = logging.getLogger("buckia")
        self._root = logging.getLogger()
        self._before = self._root.level
        self._root.addHandler(handler)
        self._root.setLevel(level.upper())

    def begun(self, words: Sequence[str]) -> None:
        self._logger.info("command: %s", " ".join(words))

    def ended(self, code: int) -> None:
        self._logger.info("exit code: %d", code)

    def error(self, error: BaseException) -> None:
        self._logger.error("%s: %s", type(error).__name__, error, exc_info=error)

    def __call__(self, bucket: str, event: events.Event) -> None:
        """Write an event of a bucket; the counting of bytes alone would fill any disk."""
        if isinstance(event, events.BytesMoved):
            return
        level = _LEVELS.get(type(event), logging.INFO)
        if isinstance(event, events.ActionDone | events.Finished) and event.error:
            level = logging.ERROR
        self._logger.log(level, "%s: %s", bucket, sentence(event))

    def close(self) -> None:
        self._root.removeHandler(self._handler)
        self._root.setLevel(self._before)
        self._handler.close()
        self._handler.stream.close()


def sentence(event: events.Event) -> str:
    """An event in one line."""
    match event:
        case events.Started():
            return "a dry run begins" if event.dry_run else "the run begins"
        case events.Scanned():
            return f"seen so far: {event.left} here, {event.right} in the bucket"
        case events.Comparing():
            return f"read to compare: {several(event.objects, 'object')}, {size(event.size)}"
        case events.Planned():
            up, down = size(event.bytes_up), size(event.bytes_down)
            return f"planned: {several(event.actions, 'action')}, {up} up, {down} down"
        case events.ActionStarted():
            return f"{event.action} {event.path} ({size(event.size)}) begins"
        case events.ActionDone():
            return _done(event)
        case events.Retrying():
            again = f"try {event.attempt} failed, again in {duration(event.seconds)}"
            return f"{event.path}: {again}: {event.message}"
        case events.Noticed():
            return f"{event.message} {event.hint}".strip()
        case events.Finished():
            came_to = f"stopped by {event.error}" if event.error else "the run is over"
            return f"{came_to} after {duration(event.seconds)}"
    return repr(event)


def _done(event: events.ActionDone) -> str:
    kept = f"; the other version is kept: {event.kept}" if event.kept else ""
    if event.error:
        return f"{event.action} {event.path} failed: {event.error}: {event.message}{kept}"
    return f"{event.action} {event.path} done ({event.done} of {event.total}){kept}"


def _one_line(record: logging.LogRecord) -> bool:
    """A key with a line end in it must not forge a line of the log."""
    from textwrap import indent

    from buckia.cli.shown import shown, shown_text

    record.msg, record.args = shown(record.getMessage()), None
    if record.exc_text:
        # The last line of a traceback is the message, in which keys may stand as well.
        record.exc_text = indent(shown_text(record.exc_text), "  ")
    return True


def _opened(file: Path) -> TextIO:
    try:
        number = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, stat.S_IRUSR | stat.S_IWUSR)
        return os.fdopen(number, "a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(f"the log file {file} cannot be opened: {error.strerror}") from error
