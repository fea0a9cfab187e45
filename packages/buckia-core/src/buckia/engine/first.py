"""The first try of a request, on its way while other things are done."""

from __future__ import annotations

from typing import Generic, TypeVar

from buckia.closing import close
from buckia.errors import Corrupted, StorageError, Unavailable
from buckia.protocols import Begun

R = TypeVar("R")


class First(Generic[R]):
    """To be waited for, then taken. Whoever does not come to that closes it."""

    def __init__(self, begun: Begun[R]) -> None:
        self._begun = begun
        self._found: list[R] = []
        self._error: StorageError | None = None

    def wait(self) -> bool:
        """Until the answer is there; False where it asks for a second try, and that for time."""
        try:
            found = self._begun.end()
        except StorageError as error:
            self._error = error
            return not isinstance(error, Unavailable | Corrupted)
        self._found = [found]
        return True

    def take(self) -> R:
        """The answer, or the error that it is."""
        if self._error is not None:
            raise self._error
        return self._found.pop()

    def close(self) -> None:
        self._begun.close()
        for found in self._found:
            # An answer with bytes to read holds on to its connection.
            close(found)
