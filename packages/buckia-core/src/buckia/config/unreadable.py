"""What is wrong with a text, whatever its format."""

from __future__ import annotations


class Unreadable(Exception):
    """The text is not of its format; `line` is where, when the parser knows."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line
