"""Requests that were sent: what they ask for has happened, and nobody has heard of it yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from buckia.errors import StorageError

R = TypeVar("R")


class Sent(Generic[R]):
    """A `Begun`. Whoever ends it twice, or after closing it, is told so as for any mistake."""

    def __init__(self, ask: Callable[[], R]) -> None:
        self._found: list[R] = []
        self._error: StorageError | None = None
        try:
            self._found.append(ask())
        except StorageError as error:
            self._error = error

    def end(self) -> R:
        error, self._error = self._error, None
        if error is not None:
            raise error
        if not self._found:
            raise RuntimeError("this request was ended or closed before")
        return self._found.pop()

    def close(self) -> None:
        self._found.clear()
        self._error = None
