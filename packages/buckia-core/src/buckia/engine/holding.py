"""Whether an object holds certain bytes: by its digests, by asking again, at last by reading it."""

from __future__ import annotations

from collections.abc import Mapping

from buckia import digests
from buckia.body import digest_of
from buckia.diff import plain, same
from buckia.engine.limits import Limits
from buckia.errors import NotFound
from buckia.model import BasicEntry
from buckia.protocols import Digests, Entry, Storage, ability


def holds(
    storage: Storage, entry: Entry, size: int, known: Mapping[str, str], limits: Limits
) -> bool:
    """Whether these are the bytes of this size and these digests; unproven counts as no."""
    wanted = BasicEntry(key="", size=size, version="-", digests=known)
    proven = same(plain(entry, ""), wanted)
    if proven is None:
        asked = limits.call(lambda: storage.stat(entry.key), key=entry.key)
        if asked.version == entry.version:
            proven = same(plain(asked, ""), wanted)
    algorithm = next((name for name in digests.ALGORITHMS if name in known), None)
    if proven is None and algorithm is not None:
        computed = limits.call(lambda: _digest(storage, entry, algorithm, limits), key=entry.key)
        proven = computed == known[algorithm]
    return bool(proven)


def _digest(storage: Storage, entry: Entry, algorithm: str, limits: Limits) -> str:
    computing = ability(storage, Digests)
    if computing is not None:
        return computing.digest(entry.key, algorithm, version=entry.version)
    with storage.read(entry.key, version=entry.version) as reading:
        return digest_of(reading, algorithm, moved=limits.moved)


def found(
    storage: Storage, key: str, size: int, known: Mapping[str, str], limits: Limits
) -> Entry | None:
    """What stands under the key, if it holds these bytes; else None."""
    try:
        entry = storage.stat(key)
    except NotFound:
        return None
    return entry if holds(storage, entry, size, known, limits) else None
