"""What is closed at the end of a `with`, or as soon as nobody needs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Closes(ABC):
    """Is its own context manager: leaving it closes it, whatever happened."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def close(thing: object) -> None:
    """Close it if it can be: of streams some hold on to something, and others are plain."""
    closing = getattr(thing, "close", None)
    if closing is not None:
        closing()
