"""What the API writes: documents, pages of them, and refusals."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from buckia.standins.wire import JSON, Reply

T = TypeVar("T")
_FIELDS = (re.compile(r"at `\$\.([a-z0-9_]+)"), re.compile(r"field `([a-z0-9_]+)`"))
"""Where a complaint says what it is about: the place comes before the name in it."""


class Refused(Exception):
    """What the client gets instead of what it asked for."""

    def __init__(self, status: int, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.field = field

    @property
    def reply(self) -> Reply:
        error = {"reason": self.reason} | ({"field": self.field} if self.field else {})
        return told({"errors": [error]}, self.status)


def not_found() -> Refused:
    return Refused(404, "Not found")


def told(document: Any, status: int = 200) -> Reply:
    return Reply(status=status, headers=(JSON,), body=msgspec.json.encode(document))


def understood(body: bytes, kind: type[T]) -> T:
    """The wishes of a client; `Refused` where they are none, and names what it is about."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        found = (pattern.search(str(error)) for pattern in _FIELDS)
        field = next((match[1] for match in found if match), None)
        raise Refused(400, str(error), field) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, "Invalid JSON") from error
