"""Requests on their way, and what becomes of them once somebody waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from buckia.errors import StorageError

R = TypeVar("R")
S = TypeVar("S")
Answer = dict[str, Any]


class Asked(Generic[R]):
    """A `Begun`. Whoever neither ends nor closes it keeps its connection from others."""

    def __init__(self, end: Callable[[], R], abandon: Callable[[], None] | None = None) -> None:
        self._end = end
        self._abandon = abandon

    def end(self) -> R:
        # From here on the connection is somebody else's as soon as the answer has come.
        self._abandon = None
        return self._end()

    def close(self) -> None:
        abandon, self._abandon = self._abandon, None
        if abandon is not None:
            abandon()

    def then(self, made: Callable[[Callable[[], R]], S]) -> Asked[S]:
        """The same request, and what is made of its answer."""
        return Asked(lambda: made(self.end), self.close)


def begun(begin: Callable[[], Asked[R]]) -> Asked[R]:
    """What fails before it is sent, fails when it is waited for."""
    try:
        return begin()
    except StorageError as error:
        failure = error

    def end() -> R:
        raise failure

    return Asked(end)
