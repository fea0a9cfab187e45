"""Temporary files: made beside their place, filled, checked, and safe on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress

from buckia import digests
from buckia.body import CHUNK, WatchedBody, chunks
from buckia.errors import Corrupted, Unavailable
from buckia.protocols import Body
from buckia.stores.local import system
from buckia.stores.local.ground import Ground, turns
from buckia.stores.local.renames import Place
from buckia.stores.local.versions import mark

WITNESSED = "sha256"
"""What is computed of bytes whose version will prove nothing; the quickest of the sound ones."""

_FIRST, _LAST = -(2**63), 2**63 - 1
"""Nanoseconds that every system can be handed: the years 1677 to 2262."""


class Draft:
    """A temporary file of ours, open and locked, so that no sweep takes it for a dead run's."""

    def __init__(self, target: Place, name: str, handle: int) -> None:
        self.target = target
        """Where it is meant to go: another name in the same folder."""
        self.place = Place(target.folder, name)
        self.handle = handle
        self._made = os.fstat(handle)
        self.mark = ""
        """What the file must still look like once it is in its place."""
        self.digests: Mapping[str, str] = {}
        """Computed while the bytes went by."""

    def settle(self, mtime_ns: int | None) -> None:
        """Set the time, and note what it looks like now."""
        if mtime_ns is not None:
            # A time from a stranger's metadata may be any number; the system rounds and clamps.
            time = max(_FIRST, min(_LAST, mtime_ns))
            where = self.handle if os.utime in os.supports_fd else str(self.place)
            os.utime(where, ns=(time, time))
        self.mark = mark(os.fstat(self.handle))

    def flush(self) -> None:
        """Make it all durable."""
        system.sync(self.handle)

    @property
    def device(self) -> int:
        return self._made.st_dev

    def close(self) -> None:
        handle, self.handle = self.handle, -1
        if handle >= 0:
            # What counts of it was made durable before; what does not is thrown away.
            with suppress(OSError):
                os.close(handle)

    def throw_away(self) -> None:
        """Remove the file, if it is under its temporary name still.

        What cannot be removed now waits for the next sweep, and hides no other error.
        """
        self.close()
        with suppress(OSError):
            if os.path.samestat(self._made, self.place.stat()):
                self.place.folder.unlink(self.place.name)


def new_draft(ground: Ground, key: str, *, can_wait: bool = False) -> Draft:
    """An empty temporary file in the key's folder, which is created if need be."""
    # A folder that another thread has just emptied may be removed before our file is in it; a sweep
    # may just look at a file that is not yet locked. Both cannot go on for long.
    for _ in turns():
        try:
            target = ground.behind_link(ground.place_made(key, can_wait=can_wait))
        except FileNotFoundError:
            continue
        draft = _begin(ground, target)
        if draft is not None:
            return draft
        target.folder.close()
    raise Unavailable(f"{key}: its folder keeps disappearing", key=key)


def _begin(ground: Ground, target: Place) -> Draft | None:
    name = ground.temporary_name()
    try:
        handle = target.folder.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR)
    except FileNotFoundError:
        return None
    except BaseException:  # whatever it was, the folder must not stay open
        target.folder.close()
        raise
    draft = Draft(target, name, handle)
    try:
        # A sweep that had it locked for a moment has removed it since.
        if system.lock(handle) and not target.folder.is_free(name):
            return draft
    except BaseException:  # nothing may stay behind, not even after an interrupt
        draft.throw_away()
        target.folder.close()
        raise
    draft.throw_away()
    return None


def fill_from_body(draft: Draft, key: str, body: Body, *, witnessed: bool) -> None:
    """Write the body's bytes; `Corrupted` unless they are as many, and those, that it promised."""
    is_known = bool(digests.computable(body.digests))
    algorithms = () if is_known or not witnessed else (WITNESSED,)
    # What the body computes and proves as it comes is not done again.
    if isinstance(body, WatchedBody) and body.proves(algorithms):
        watched = body
    else:
        watched = WatchedBody(body, algorithms=algorithms)
    try:
        with closing(watched.open()) as source:
            for chunk in chunks(source):
                system.write_all(draft.handle, chunk)
    except Corrupted as error:
        error.key = error.key or key
        raise
    draft.digests = watched.computed


def digest_of_place(place: Place, algorithms: Iterable[str]) -> dict[str, str]:
    """Digests of a file where it is."""
    handle = place.folder.open(place.name, os.O_RDONLY)
    try:
        return digest_of_handle(handle, algorithms)
    finally:
        os.close(handle)


def digest_of_handle(
    handle: int, algorithms: Iterable[str], pass_on: Callable[[bytes], None] = lambda _chunk: None
) -> dict[str, str]:
    hashes = {name: digests.new(name) for name in algorithms}
    while chunk := os.read(handle, CHUNK):
        for running in hashes.values():
            running.update(chunk)
        pass_on(chunk)
    return {name: running.hexdigest() for name, running in hashes.items()}
