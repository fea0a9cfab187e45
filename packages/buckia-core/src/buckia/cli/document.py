"""The one JSON document of a command, written piece by piece: a plan may be longer than memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from buckia.cli.output import Output

Clean = Callable[[str], str]


class Stream(msgspec.Struct, frozen=True):
    """A list whose items are made while it is written."""

    items: Iterable[Any]


class Document:
    """Used as a context: writes nothing unless --json was given, and then one whole document.

    `many` is the name of a list that stands in it whatever happens; None where there is none.
    """

    def __init__(self, output: Output, many: str | None = None) -> None:
        self._output = output
        self._on = output.flags.json
        self._many = many
        self._items = 0
        self._begun = False
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.end()

    def add(self, item: Mapping[str, Any]) -> None:
        """One more of the list."""
        if not self._on:
            return
        self._begin()
        self._write(", " if self._items else "")
        self._items += 1
        self._object(item)

    def whole(self, content: Mapping[str, Any]) -> None:
        """All of a document that has no such list."""
        if self._on and not self._ended:
            self._ended = True
            try:
                self._object(content)
            finally:
                self._write("\n")

    def verbatim(self, content: Mapping[str, str]) -> None:
        """As `whole`, of texts that would be worthless with anything taken out of them."""
        if self._on and not self._ended:
            self._ended = True
            self._write(json.dumps(content) + "\n")

    def end(self, error: Mapping[str, Any] | None = None) -> None:
        """The last piece; `error` is what stopped the command as a whole."""
        if not self._on or self._ended:
            return
        if error is not None:
            error = plain(error, self._output.redactor.redact_told)
        if self._many is None:
            self.whole({"error": error} if error is not None else {})
            return
        self._begin()
        self._ended = True
        self._write("]")
        if error is not None:
            self._write(f', "error": {self._text(error)}')
        self._write("}\n")

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._write(f"{{{json.dumps(self._many)}: [")

    def _object(self, content: Mapping[str, Any]) -> None:
        """An object; where a stream of it breaks off, the error stands behind what was read."""
        self._write("{")
        try:
            for number, (name, value) in enumerate(content.items()):
                self._write(f"{', ' if number else ''}{json.dumps(name)}: ")
                self._value(value)
        except Exception as error:  # of any kind: what was written so far must become a document
            found = plain(error_object(error), self._output.redactor.redact_told)
            self._write(f', "error": {self._text(found)}')
            raise
        finally:
            self._write("}")

    def _value(self, value: Any) -> None:
        if not isinstance(value, Stream):
            self._write(self._text(value))
            return
        self._write("[")
        try:
            for number, one in enumerate(value.items):
                self._write((", " if number else "") + self._text(one))
        finally:
            self._write("]")

    def _text(self, value: Any) -> str:
        return json.dumps(plain(value, self._output.redactor.redact))

    def _write(self, text: str) -> None:
        self._output.document(text)


def plain(value: Any, clean: Clean) -> Any:
    """A value as JSON knows it, without secrets in any of its texts."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            # Also the text of an enumeration.
            return clean(str(value))
        case datetime():
            return moment(value)
        case Path():
            return clean(str(value))
        case Mapping():
            return {clean(str(name)): plain(one, clean) for name, one in value.items()}
        case msgspec.Struct():
            return {name: plain(getattr(value, name), clean) for name in value.__struct_fields__}
    return [plain(one, clean) for one in value]


def moment(when: datetime) -> str:
    """A time in UTC, as other programs read it."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def error_object(error: BaseException) -> dict[str, str]:
    """`{"kind", "message", "hint"}` of whatever went wrong."""
    from buckia.cli.trouble import explained

    found = explained(error)
    return {"kind": found.kind, "message": found.message, "hint": found.hint}
