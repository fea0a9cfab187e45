"""Taking known secrets out of any text, whatever path they came by."""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING

from buckia.secrets import people, signs

if TYPE_CHECKING:
    import logging

MARK = "***"
SHORT = 4
"""Below this length a secret is taken out only as a whole word, or no text could be read."""


class Redactor:
    """Knows all secrets of a run. As a logging filter it cleans records before anyone sees them.

    It is the second line of defence, for texts that others wrote: messages of SDKs, of failing
    commands, of tracebacks. Our own code never has a revealed secret in a message.
    """

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self._adding = Lock()

    def add(self, text: str) -> None:
        """From now on this text, and the ways it is commonly written, become `***`."""
        with self._adding:
            if not text or text in self._known:
                return
            self._known |= {text}
            written = {form for known in self._known for form in _forms(known)}
            longest_first = sorted(written, key=lambda form: (-len(form), form))
            # Replaced as a whole, so that other threads see the old pattern or the new one.
            self._pattern = re.compile("|".join(map(_matcher, longest_first)))

    def redact(self, text: str) -> str:
        """For answers, which have names of files as they are; no secret is in them either."""
        return self._pattern.sub(MARK, text) if self._pattern else text

    def redact_aside(self, text: str) -> str:
        """For what is told beside the answer: IDs of users in names of files are shortened too."""
        return people.shortened(self.redact(text))

    def redact_told(self, text: str) -> str:
        """Of a text that others wrote, also what looks like a secret; never for names of files."""
        return signs.without(self.redact_aside(text), MARK)

    def filter(self, record: logging.LogRecord) -> bool:
        """For `addFilter` of a handler: lets every record pass, without secrets in it."""
        record.msg, record.args = _message(record), None
        if record.exc_info:
            record.exc_text = record.exc_text or _traceback(record.exc_info)
            # A handler that writes its own tracebacks would start from the exception again.
            record.exc_info = None
        for name, value in vars(record).items():
            if isinstance(value, str):
                setattr(record, name, self.redact_told(value))
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - any object may fail to show itself
        # Logging would print the arguments as they are to say that they do not fit.
        return f"{record.msg} (its arguments do not fit)"


def _forms(text: str) -> set[str]:
    """The text as it stands in messages, URLs, JSON, Python literals and headers."""
    import base64
    import json
    from urllib.parse import quote, quote_plus

    raw = text.encode(errors="surrogatepass")
    return {
        text,
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        repr(text)[1:-1],
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }


def _matcher(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= SHORT else rf"(?<![^\W_]){escaped}(?![^\W_])"


def _traceback(exc_info: object) -> str:
    import logging

    return logging.Formatter().formatException(exc_info)  # type: ignore[arg-type] # as logging keeps it
