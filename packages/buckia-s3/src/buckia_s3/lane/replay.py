"""An answer that was heard here, as the SDK hears its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from botocore.awsrequest import AWSResponse
from urllib3 import HTTPHeaderDict


class Raw(Protocol):
    """The body of an answer, as far as the SDK asks for it."""

    def read(self, amt: int | None = None) -> bytes: ...

    def close(self) -> None: ...


class _Streaming:
    """A body with all that the SDK's reading needs of it."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw

    def read(self, amt: int | None = None) -> bytes:
        return self._raw.read(amt)

    def stream(self, amt: int | None = None) -> Iterator[bytes]:
        while piece := self._raw.read(amt):
            yield piece

    def close(self) -> None:
        self._raw.close()


def heard(url: str, status: int, headers: Sequence[tuple[str, str]], raw: Raw) -> AWSResponse:
    """The answer to the request that would go to this address."""
    found: Any = HTTPHeaderDict()
    for name, value in headers:
        found.add(name, value)
    return AWSResponse(url, status, found, _Streaming(raw))


class Whole:
    """A body that is there already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, amt: int | None = None) -> bytes:
        count = len(self._data) if amt is None else amt
        piece, self._data = self._data[:count], self._data[count:]
        return piece

    def close(self) -> None:
        """There is nothing open."""


def nothing(url: str) -> AWSResponse:
    """An answer that says that all is well and nothing else."""
    return heard(url, 200, (), Whole(b""))
