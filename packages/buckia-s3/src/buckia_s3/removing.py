"""Deleting objects: one, one of a certain version, or many at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from buckia.errors import NotFound, StorageError, Unavailable
from buckia_s3.faults import answered_in_200, code_of, status_of
from buckia_s3.ground import Ground, sound

AT_ONCE = 1000
_GONE = "NoSuchKey"
_DONE = 204
_NOT_FOUND = 404
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
"""What XML cannot hold, or reads as something else: such a key would spoil a whole batch."""


def delete(ground: Ground, key: str) -> None:
    """Delete whatever is there; an absent object is fine."""
    _delete(ground, key)


def delete_if(ground: Ground, key: str, version: str) -> None:
    """Delete that version; an absent object is fine."""
    _delete(ground, key, IfMatch=ground.tag(version))


def delete_many(ground: Ground, keys: Sequence[str]) -> Mapping[str, Exception]:
    """Delete all of these; what failed comes back, by key."""
    failed: dict[str, Exception] = {}
    possible = []
    for key in keys:
        try:
            sound(key)
            if _UNWRITABLE.search(key):
                delete(ground, key)
            else:
                possible.append(key)
        except StorageError as error:
            failed[key] = error
    for start in range(0, len(possible), AT_ONCE):
        batch = possible[start : start + AT_ONCE]
        try:
            failed.update(_batch(ground, batch))
        except StorageError as error:
            failed.update(dict.fromkeys(batch, error))
    return failed


def _batch(ground: Ground, keys: Sequence[str]) -> Iterator[tuple[str, Exception]]:
    """Ask for all to be named, so that silence is not taken for a yes."""
    wanted: dict[str, Any] = {"Objects": [{"Key": key} for key in keys]}
    answer = ground.connection.call("delete_objects", Delete=wanted)
    where = ground.connection.where
    named = {_key(row) for row in answer.get("Deleted", ())}
    for row in answer.get("Errors", ()):
        key, error = _key(row), answered_in_200(row, where)
        if not key:
            raise error
        named.add(key)
        if row.get("Code") != _GONE:
            yield key, error
    for key in (key for key in keys if key not in named):
        try:
            _insist_gone(ground, key)
        except StorageError as error:
            yield key, error


def _key(row: Mapping[str, Any]) -> str:
    """Which one a line is about; empty where it does not say, or where it names several."""
    key = row.get("Key")
    return key if isinstance(key, str) else ""


def _delete(ground: Ground, key: str, **condition: str) -> None:
    sound(key)
    try:
        answer = ground.connection.call("delete_object", key, **condition)
    except NotFound as error:
        # Most services do not even say so; that there is no such bucket they all say.
        if not error.key:
            raise
        if (status_of(error.__cause__), code_of(error.__cause__)) != (_NOT_FOUND, _GONE):
            raise Unavailable(
                f"{key}: the answer is not plainly that this object is not there",
                key=key,
                hint="something on the way may have answered: check endpoint_url",
            ) from error
        return
    if answer.get("ResponseMetadata", {}).get("HTTPStatusCode") != _DONE:
        _insist_gone(ground, key)


def _insist_gone(ground: Ground, key: str) -> None:
    """After a yes in other words than S3 has for it, which somebody on the way may have said."""
    try:
        ground.head(key)
    except NotFound as error:
        if not error.key:
            raise
        return
    raise Unavailable(f"{key} is said to be deleted and is still there", key=key)
