"""Objects on their way here: whole or in ranges, of exactly the version that was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from buckia.body import CHUNK, ChunkReading
from buckia.errors import StorageError, Unavailable, VersionMismatch
from buckia.model import BasicEntry
from buckia.protocols import Reading
from buckia_s3.asked import Answer, Asked
from buckia_s3.connection import Connection
from buckia_s3.faults import code_of, faults, status_of
from buckia_s3.ground import Ground, sound

_UNSATISFIABLE = 416
_SIZE = re.compile(r"[0-9]{1,19}")


def read(ground: Ground, key: str, version: str | None) -> Reading:
    """The whole object."""
    return begin(ground, key, version).end()


def begin(ground: Ground, key: str, version: str | None) -> Asked[Reading]:
    """The same, waited for later."""
    sound(key)

    def told(answered: Callable[[], Answer]) -> Reading:
        answer = answered()
        entry = _pinned(ground.entry(key, answer), version, answer)
        flow = _flow(ground.connection, key, answer["Body"])
        return ChunkReading(entry, flow, answer["Body"].close)

    return ground.connection.begin("get_object", key).then(told)


def read_range(ground: Ground, key: str, start: int, length: int, version: str | None) -> Reading:
    """Some of its bytes; a service that answers with all of them is understood."""
    if start < 0 or length < 0:
        raise ValueError(f"{length} bytes from {start} is no range")
    if length == 0:
        return _nothing(ground, key, version)
    sound(key)
    try:
        span = f"bytes={start}-{start + length - 1}"
        answer = ground.connection.call("get_object", key, Range=span)
    except StorageError as error:
        if not _is_beyond(error):
            raise
        return _nothing(ground, key, version)
    whole = _total(answer)
    entry = ground.entry(key, {**answer, "ContentLength": whole})
    entry = _pinned(entry, version, answer)
    flow = _flow(ground.connection, key, answer["Body"])
    if "ContentRange" not in answer:
        flow = _cut(flow, start, length)
    return ChunkReading(entry, flow, answer["Body"].close)


def _pinned(entry: BasicEntry, version: str | None, answer: Mapping[str, Any]) -> BasicEntry:
    """The entry, if it is of the version that was asked for.

    The head of an answer names the version of its body, so no condition is sent: some services
    refuse any, and this one is decided before a byte has been read.
    """
    if version is not None and entry.version != version:
        answer["Body"].close()
        raise VersionMismatch(f"{entry.key} is not the version that was seen", key=entry.key)
    return entry


def _nothing(ground: Ground, key: str, version: str | None) -> Reading:
    entry = ground.entry(key, ground.head(key))
    if version is not None and entry.version != version:
        raise VersionMismatch(f"{key} is not the version that was seen", key=key)
    return ChunkReading(entry, ())


def _is_beyond(error: StorageError) -> bool:
    cause = error.__cause__
    return code_of(cause) == "InvalidRange" or status_of(cause) == _UNSATISFIABLE


def _total(answer: Mapping[str, Any]) -> int | None:
    """The size of the whole object, of which this answer may hold a part; None if it is silent."""
    told = answer.get("ContentRange", "").rpartition("/")[2]
    return int(told) if _SIZE.fullmatch(told) else answer.get("ContentLength")


def _flow(connection: Connection, key: str, body: Any) -> Iterator[bytes]:
    """The bytes as they come; a connection that breaks is an error, never an end."""
    with closing(body):
        while True:
            try:
                with faults(connection.where, key):
                    chunk = body.read(CHUNK)
            except OSError as error:
                raise Unavailable(f"{key}: the connection broke: {error}", key=key) from error
            if not chunk:
                return
            yield chunk


def _cut(flow: Iterator[bytes], start: int, length: int) -> Iterator[bytes]:
    at = 0
    for chunk in flow:
        piece = chunk[max(0, start - at) : max(0, start + length - at)]
        at += len(chunk)
        if piece:
            yield piece
        if at >= start + length:
            return
