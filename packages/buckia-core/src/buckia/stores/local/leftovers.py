"""What killed runs left behind, and what is to become of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock

from buckia.keys import TEMPORARY
from buckia.stores.local import system
from buckia.stores.local.drafts import WITNESSED, digest_of_place
from buckia.stores.local.faults import Barred, faults
from buckia.stores.local.folders import Folder, walk
from buckia.stores.local.ground import Ground, Segments
from buckia.stores.local.parking import BYTES, PREFIX, Kind, SwapName, parse_swap_name
from buckia.stores.local.renames import Place
from buckia.stores.local.swap import keep_copy, put_back
from buckia.stores.local.versions import mark

_MOST = 10_000
_WEEK = 7 * 24 * 3600 * 1_000_000_000


def is_leftover(name: str) -> bool:
    return name.startswith((TEMPORARY, PREFIX))


class Leftovers:
    """Temporary names that listings came upon: no walk of its own is needed to sweep them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: set[tuple[Segments, str]] = set()

    def saw(self, folder: Segments, name: str) -> None:
        with self._lock:
            if len(self._seen) < _MOST:
                self._seen.add((folder, name))

    def take(self, prefix: str = "") -> Sequence[tuple[Segments, str]]:
        """Those whose keys begin with `prefix`; all others are nobody's of ours, and forgotten."""
        with self._lock:
            seen, self._seen = self._seen, set()
        return sorted(one for one in seen if "/".join((*one[0], one[1])).startswith(prefix))


def sweep(ground: Ground, seen: Sequence[tuple[Segments, str]]) -> int:
    """Clear away what is ours, or another's and a week old; returns how many things.

    What a living process still works with is locked, and stays. What a sweep cannot reach or
    remove waits for the next: it harms nobody but the disk's free space.
    """
    count = 0
    for segments, name in seen:
        with suppress(OSError, Barred):
            with ground.root.folder() as root:
                folder = walk(root, segments, follow=ground.follow)
            with folder:
                if _is_due(ground, folder, name):
                    count += _clear(ground, folder, name)
    return count


def sweep_root(ground: Ground) -> None:
    """Clear away what was left directly in the root."""
    with faults("", called=ground.root.path), ground.root.folder() as root:
        names = root.names()
    sweep(ground, [((), name) for name in names if is_leftover(name)])


def _is_due(ground: Ground, folder: Folder, name: str) -> bool:
    for prefix in (TEMPORARY, PREFIX):
        if name.startswith(f"{prefix}{ground.tag}-"):
            return True
    seen = folder.stat(name)
    return seen.st_ctime_ns < ground.clock.moment().horizon(seen.st_dev) - _WEEK


def _clear(ground: Ground, folder: Folder, name: str) -> bool:
    if name.startswith(TEMPORARY):
        return _remove_draft(folder, name)
    swap = parse_swap_name(name)
    return swap is not None and _resolve(ground, folder, name, swap)


def _remove_draft(folder: Folder, name: str) -> bool:
    if not stat.S_ISREG(folder.stat(name).st_mode):
        return False
    handle = folder.open(name, os.O_RDONLY)
    try:
        if not system.lock(handle):
            return False
        folder.unlink(name)
    finally:
        os.close(handle)
    return True


def _resolve(ground: Ground, folder: Folder, name: str, swap: SwapName) -> bool:
    """Empty a swap folder: each file in it goes where an undisturbed run would have put it."""
    with folder.enter(name) as parked:
        if not system.lock(parked.fd):
            return False
        with ground.alone_in(folder):
            for item in parked.names():
                _settle(Place(parked, item), Place(folder, item), swap, ground.tag)
    folder.sync()
    return folder.remove(name)


def _is_expected(parked: Place, looks: str, expected: str) -> bool:
    if not expected.startswith(BYTES):
        return looks == expected
    return digest_of_place(parked, (WITNESSED,)) == {WITNESSED: expected.removeprefix(BYTES)}


def _settle(parked: Place, target: Place, swap: SwapName, device: str) -> None:
    looks = mark(parked.stat())
    removable = _is_expected(parked, looks, swap.expected) and (
        # A replaced file may go once its successor stands in its place, and not before.
        swap.kind == Kind.REMOVE or not target.folder.is_free(target.name)
    )
    if looks == swap.draft or removable:
        parked.folder.unlink(parked.name)
    elif target.folder.is_free(target.name):
        put_back(parked, target, device)
    else:
        keep_copy(parked, target, device)
