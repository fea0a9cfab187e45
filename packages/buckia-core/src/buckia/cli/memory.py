"""Memory that one thread has freed serves all of them, and is not fetched anew for each piece."""

from __future__ import annotations

import sys
from collections.abc import Mapping

_SETTINGS: Mapping[int, int] = {
    -8: 1,  # M_ARENA_MAX: heaps
    -3: 32 << 20,  # M_MMAP_THRESHOLD: larger pieces have pages of their own
    -1: 64 << 20,  # M_TRIM_THRESHOLD: so much may be free before any is given back
}
"""By what `mallopt` calls them, in the GNU C library."""


def share() -> None:
    """To be called before there are threads.

    The GNU C library gives each thread a heap of its own, up to eight a processor, and keeps in it
    what was freed there. With bodies of many megabytes that would be hundreds of them for nothing.
    And the memory of each piece of a file would go back to the system, which clears it each time.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # Other C libraries have it not, or only in name.
    if mallopt is not None:
        for setting, value in _SETTINGS.items():
            mallopt(setting, value)
