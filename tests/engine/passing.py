"""Time that passes as a test wants it to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count


def passing(seconds: float) -> Callable[[], float]:
    """A clock on which so much time passes from look to look."""
    looks = count()
    return lambda: next(looks) * seconds
