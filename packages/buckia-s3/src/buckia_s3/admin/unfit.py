"""What somebody wants to set, and cannot."""

from __future__ import annotations

from buckia.errors import ConfigError


class Unfit(ConfigError):
    """What is wanted is wrong in itself; the message says in which place of it."""

    def __init__(self, problem: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(f'key "{place}": {problem}' if place else problem, hint=hint)
