"""What a server was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from threading import Lock
from typing import Generic, Self, TypeVar

import msgspec

from buckia_bunny.testing.wire import Request


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log."""

    method: str
    path: str
    """Decoded, without what stands behind a question mark."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By their names in lower case, without what the AccessKey was."""
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
    """The headers without the secret that came with them."""
    hidden = {"accesskey": "(hidden)"} if "accesskey" in request.headers else {}
    return {**request.headers, **hidden}


Line = TypeVar("Line", bound=Asked)


class Log(Generic[Line]):
    """Lines in the order in which the requests came. May be used from any thread."""

    def __init__(self, line: Callable[[Request], Line]) -> None:
        self._line = line
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

    def begin(self, request: Request) -> int:
        """A request came; the number is that of its line."""
        with self._lock:
            number = next(self._numbers)
            self._lines[number] = self._line(request)
            return number

    def end(self, number: int, status: int | None) -> None:
        """It is about to be answered, or will never be."""
        with self._lock:
            if line := self._lines.get(number):
                self._lines[number] = msgspec.structs.replace(line, status=status)
