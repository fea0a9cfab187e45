"""The body of an answer, on its way."""

from __future__ import annotations

from botocore import exceptions as vendor

from buckia_s3.lane.lines import Line, Lines
from buckia_s3.lane.parsing import Answer

LONGEST = 64 << 20
"""Bytes of an answer that is read as a whole; those with an object in it are not."""


class Flow:
    """Read by one thread at a time. Its line is free for others once all has come."""

    def __init__(self, lines: Lines, line: Line, answer: Answer) -> None:
        self._lines = lines
        self._line: Line | None = line
        self._answer = answer
        self._is_closed = False
        self._pieces = answer.pieces()
        self._at_end()

    def read(self, amt: int | None = None) -> bytes:
        """The next bytes, no more than asked for; nothing at the end. All of them by default."""
        if self._is_closed:
            raise ValueError("nobody reads on where the reading was closed")
        if amt is None:
            return b"".join(iter(lambda: self.read(1 << 30), b""))
        if not self._pieces and self._line is not None:
            self._pieces = self._line.more(self._answer)
            self._at_end()
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > amt:
            self._pieces.insert(0, piece[amt:])
        return piece[:amt]

    def whole(self) -> bytes:
        """All of an answer that should not be long."""
        found, size = [], 0
        while piece := self.read(1 << 30):
            found.append(piece)
            size += len(piece)
            if size > LONGEST:
                self.close()
                # The error remembers where it was raised, and may be kept for long.
                found.clear()
                raise vendor.HTTPClientError(
                    error=f"an answer of more than {LONGEST} bytes is none"
                )
        return found[0] if len(found) == 1 else b"".join(found)

    def close(self) -> None:
        """Whatever has not come by now never will."""
        self._is_closed = True
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _at_end(self) -> None:
        if not self._answer.is_over:
            return
        line, self._line = self._line, None
        if line is None:
            return
        if self._answer.can_go_on:
            self._lines.give_back(line)
        else:
            line.close()
