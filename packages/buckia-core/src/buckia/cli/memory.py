"""Memory that one thread has freed serves all of them."""

from __future__ import annotations

import sys

_MOST_ARENAS = -8
"""What `mallopt` calls the number of heaps, in the GNU C library."""


def share() -> None:
    """To be called before there are threads.

    The GNU C library gives each thread a heap of its own, up to eight a processor, and keeps in it
    what was freed there. With bodies of many megabytes that would be hundreds of them for nothing.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # Other C libraries have it not, or only in name.
    if mallopt is not None:
        mallopt(_MOST_ARENAS, 1)
