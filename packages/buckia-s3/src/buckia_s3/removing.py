"""Deleting objects: one, one of a certain version, or many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from buckia.errors import InvalidKey, NotFound, StorageError
from buckia_s3.faults import answered_in_200
from buckia_s3.ground import Ground, sound

AT_ONCE = 1000


def delete(ground: Ground, key: str) -> None:
    sound(key)
    ground.connection.call("delete_object", key)


def delete_if(ground: Ground, key: str, version: str) -> None:
    """Delete that version; an absent object is fine."""
    sound(key)
    try:
        ground.connection.call("delete_object", key, IfMatch=ground.tag(version))
    except NotFound as error:
        if not error.key:
            raise


def delete_many(ground: Ground, keys: Sequence[str]) -> Mapping[str, Exception]:
    """Delete all of these; what failed comes back, by key."""
    failed: dict[str, Exception] = {}
    possible = []
    for key in keys:
        try:
            sound(key)
            possible.append(key)
        except InvalidKey as error:
            failed[key] = error
    for start in range(0, len(possible), AT_ONCE):
        batch = possible[start : start + AT_ONCE]
        try:
            failed.update(_batch(ground, batch))
        except StorageError as error:
            failed.update(dict.fromkeys(batch, error))
    return failed


def _batch(ground: Ground, keys: Sequence[str]) -> Iterator[tuple[str, Exception]]:
    wanted: dict[str, Any] = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    answer = ground.connection.call("delete_objects", Delete=wanted)
    where = ground.connection.where
    for row in answer.get("Errors", ()):
        yield row["Key"], answered_in_200(row, where)
