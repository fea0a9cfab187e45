"""Writing to stores without conditions: look just before, and look again just after."""

from __future__ import annotations

from contextlib import nullcontext

from buckia.diff import plain
from buckia.engine.holding import found, holds
from buckia.engine.limits import Limits
from buckia.engine.seen import sent
from buckia.errors import NotFound, VersionMismatch
from buckia.model import BasicEntry
from buckia.protocols import Absent, Body, Entry, Expected, Storage


def write(
    storage: Storage, target: str, body: Body, *, key: str, expect: Expected, limits: Limits
) -> BasicEntry:
    """Write over what is expected, as far as that can be seen from here."""

    def attempt(earlier: int) -> Entry:
        if earlier:
            written = own(storage, target, body, limits)
            if written is not None:
                return written
        with sent() if earlier else nullcontext():
            insist(storage, target, expect, limits)
        return storage.write(target, body)

    written = limits.call_counted(attempt, key=key)
    with sent():
        seen = limits.call(lambda: storage.stat(target), key=key)
        changed = seen.version != written.version
        if changed and not holds(storage, seen, body.size, body.digests, limits):
            raise VersionMismatch(f"somebody else wrote {key} at the same time", key=key)
    return plain(seen, key)


def own(storage: Storage, target: str, body: Body, limits: Limits) -> Entry | None:
    """What stands there, if it is what we wrote, though the answer did not say so."""
    return found(storage, target, body.size, body.digests, limits.once)


def insist(storage: Storage, target: str, expect: Expected, limits: Limits) -> None:
    """`VersionMismatch` unless what is expected stands there."""
    limits.count()
    try:
        entry = storage.stat(target)
    except NotFound as error:
        if not error.key:
            raise
        if isinstance(expect, Absent):
            return
        raise VersionMismatch(f"{target} is gone", key=target) from None
    if entry.version != expect:
        raise VersionMismatch(f"{target} is not the version that was seen", key=target)
