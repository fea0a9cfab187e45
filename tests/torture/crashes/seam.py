"""Becoming a process in which every effect on the disk is counted, and may be the last."""

from __future__ import annotations

import os
import sys

from tests.torture.effects.effects import Effects, NotHere, is_preloaded, preloaded


def insist_on(module: str) -> str:
    """Start the module anew where this process has no seam; why not, where there can be none."""
    if not is_preloaded():
        try:
            environment = {**os.environ, **preloaded()}
        except NotHere as reason:
            return str(reason)
        os.execve(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]], environment)
    Effects.tell_flushes_only()
    return ""
