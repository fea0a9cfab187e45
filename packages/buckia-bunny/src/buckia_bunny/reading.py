"""Objects on their way here, whole or in ranges, of exactly the version that was asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack

from buckia.body import ChunkReading
from buckia.errors import Corrupted, StorageError, Unavailable, VersionMismatch
from buckia.model import BasicEntry
from buckia.protocols import Reading
from buckia_bunny.zone import Zone


def read(zone: Zone, key: str, version: str | None) -> Reading:
    """The whole object. The answer does not tell its version, so it is asked for before, and the
    bytes are held against it.
    """
    entry = _pinned(zone, key, version)
    with ExitStack() as opening:
        flow = opening.enter_context(zone.service.open(zone.paths.of(key), key))
        return ChunkReading(entry, _proven(zone, entry, flow.chunks), opening.pop_all().close)


def read_range(zone: Zone, key: str, start: int, length: int, version: str | None) -> Reading:
    """Some of its bytes; a service that answers with all of them is understood."""
    if start < 0 or length < 0:
        raise ValueError(f"{length} bytes from {start} is no range")
    entry = _pinned(zone, key, version)
    part = range(start, min(start + length, entry.size))
    if not part:
        return ChunkReading(entry, ())
    with ExitStack() as opening:
        flow = opening.enter_context(zone.service.open(zone.paths.of(key), key, part))
        chunks = flow.chunks if flow.is_part else _cut(flow.chunks, part)
        return ChunkReading(
            entry, _of_size(zone, entry, chunks, len(part)), opening.pop_all().close
        )


def _pinned(zone: Zone, key: str, version: str | None) -> BasicEntry:
    entry = zone.stat(key)
    if version is not None and entry.version != version:
        raise VersionMismatch(f"{key} is not the version that was seen", key=key)
    return entry


def _proven(zone: Zone, entry: BasicEntry, flow: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes; the last are held back until all are known to be those of the entry."""
    wanted = entry.digests.get("sha256")
    running, size, held = hashlib.sha256(), 0, b""
    for chunk in flow:
        running.update(chunk)
        size += len(chunk)
        if held:
            yield held
        held = chunk
    if size != entry.size or (wanted is not None and running.hexdigest() != wanted):
        raise _other(zone, entry)
    if held:
        yield held


def _of_size(zone: Zone, entry: BasicEntry, flow: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The bytes of a range; as many as there must be, and afterwards still of that version."""
    held = b""
    for chunk in flow:
        size -= len(chunk)
        if held:
            yield held
        held = chunk
    if size:
        raise _other(zone, entry)
    now = zone.find(entry.key)
    if now is None or now.version != entry.version:
        raise VersionMismatch(f"{entry.key} was changed while it was read", key=entry.key)
    yield held


def _other(zone: Zone, entry: BasicEntry) -> StorageError:
    """Why other bytes came: somebody wrote them meanwhile, or they were damaged on their way."""
    now = zone.find(entry.key)
    if now is None or now.version != entry.version:
        return VersionMismatch(f"{entry.key} was changed while it was read", key=entry.key)
    if entry.digests:
        return Corrupted(f"{entry.key} came with other bytes than are stored", key=entry.key)
    return Unavailable(f"{entry.key} did not come whole", key=entry.key)


def _cut(flow: Iterator[bytes], part: range) -> Iterator[bytes]:
    at = 0
    for chunk in flow:
        piece = chunk[max(0, part.start - at) : max(0, part.stop - at)]
        at += len(chunk)
        if piece:
            yield piece
        if at >= part.stop:
            return
