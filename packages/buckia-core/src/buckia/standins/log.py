"""What a server was asked."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from threading import Lock
from typing import Generic, Self, TypeVar

import msgspec

from buckia.standins.wire import Request

SECRETS = frozenset({"accesskey", "authorization"})


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log."""

    method: str
    path: str
    """Decoded, without what stands behind a question mark."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By their names in lower case, without the secrets among them."""
    status: int | None = None
    """None until it was answered; it stays None where the connection ended without an answer."""

    @classmethod
    def by(cls, request: Request) -> Self:
        return cls(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=told_headers(request),
        )


def told_headers(request: Request) -> Mapping[str, str]:
    """The headers without the secrets that came with them."""
    return {**request.headers, **dict.fromkeys(SECRETS & request.headers.keys(), "(hidden)")}


Line = TypeVar("Line", bound=Asked)


class Log(Generic[Line]):
    """Lines in the order in which the requests came. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = count()
        self._lines: dict[int, Line] = {}

    @property
    def lines(self) -> list[Line]:
        with self._lock:
            return list(self._lines.values())

    def forget(self) -> None:
        """Begin anew; what is under way is not written down any more."""
        with self._lock:
            self._lines.clear()

    def begin(self, line: Line) -> int:
        """A request came; the number is that of its line."""
        with self._lock:
            number = next(self._numbers)
            self._lines[number] = line
            return number

    def end(self, number: int, status: int | None) -> None:
        """It is about to be answered, or will never be."""
        with self._lock:
            if line := self._lines.get(number):
                self._lines[number] = msgspec.structs.replace(line, status=status)
