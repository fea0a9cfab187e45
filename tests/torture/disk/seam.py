"""This process once more, with the library in front of it that sees every change of a disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tests.torture.effects.effects import is_preloaded, preloaded


def under_the_seam(module: str, words: Sequence[str]) -> None:
    """Go on below the seam, by beginning anew; `NotHere` where there can be none."""
    if is_preloaded():
        return
    environment = {**os.environ, **preloaded()}
    os.execve(sys.executable, [sys.executable, "-m", module, *words], environment)
