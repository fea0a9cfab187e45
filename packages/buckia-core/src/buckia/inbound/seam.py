"""Where somebody may look on, or end everything, between one effect and the next."""

from __future__ import annotations

from collections.abc import Callable

Step = Callable[[str], None]
"""Called with a word just before each effect, and once behind the last."""


def unseen(_word: str) -> None:
    """Nobody looks on."""
