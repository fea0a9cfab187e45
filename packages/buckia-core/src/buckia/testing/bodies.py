"""Bodies that misbehave: they break off, lie about their size, or come in odd pieces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from buckia.model import NOTHING_KNOWN
from buckia.protocols import Source


class OddBody:
    """Gives `data` in pieces of at most `step` bytes, then raises `error` where there is one.

    `size` is what it claims, whatever it gives. `opened` and `closed` count its sources.
    """

    content_type: str | None = None
    metadata: Mapping[str, str] = NOTHING_KNOWN
    path: Path | None = None

    def __init__(
        self,
        data: bytes,
        *,
        size: int | None = None,
        error: BaseException | None = None,
        step: int = 1 << 16,
        digests: Mapping[str, str] = NOTHING_KNOWN,
        mtime_ns: int | None = None,
    ) -> None:
        self.data = data
        self.size = len(data) if size is None else size
        self.error = error
        self.step = step
        self.digests = digests
        self.mtime_ns = mtime_ns
        self.opened = 0
        self.closed = 0

    def open(self) -> Source:
        self.opened += 1
        return _OddSource(self)


class _OddSource:
    def __init__(self, body: OddBody) -> None:
        self._body = body
        self._at = 0
        self._is_open = True

    def read(self, size: int = -1, /) -> bytes:
        body = self._body
        if body.error is not None and (size < 0 or self._at >= len(body.data)):
            raise body.error
        wanted = len(body.data) if size < 0 else min(size, body.step)
        piece = body.data[self._at : self._at + wanted]
        self._at += len(piece)
        return piece

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._body.closed += 1
