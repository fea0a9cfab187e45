"""Errors of others' that leave a `with` as errors of ours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Translates(ABC):
    """Entered for each file and each request, so no generator, and it keeps nothing by itself."""

    __slots__ = ()

    @abstractmethod
    def _meaning(self, error: BaseException) -> BaseException | None:
        """What to raise in its place; None where it goes on its way as it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and (meaning := self._meaning(error)) is not None:
            raise meaning from error
