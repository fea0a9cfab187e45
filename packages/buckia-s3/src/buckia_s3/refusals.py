"""What the refusal of a write means, and what to do about an object that is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from buckia.errors import (
    InvalidKey,
    NotFound,
    Overtaken,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.protocols import Expected
from buckia_s3 import etags
from buckia_s3.faults import status_of
from buckia_s3.ground import Ground

_FAILED = 500


@contextmanager
def refused(key: str, expect: Expected | None) -> Iterator[None]:
    """To a write the word that there is no such object means: it is gone, or it cannot be."""
    try:
        yield
    except NotFound as error:
        if not error.key:
            raise
        if isinstance(expect, str):
            raise VersionMismatch(f"{key} is gone", key=key) from error
        raise InvalidKey(
            f"{key!r} cannot be stored: the service knows no such place", key=key
        ) from error


@contextmanager
def settled(ground: Ground, key: str, expect: Expected | None, etag: str) -> Iterator[None]:
    """Some answer the losers of a race with an error of their own: look who has won."""
    try:
        yield
    except Unavailable as error:
        if expect is None or status_of(error.__cause__) != _FAILED:
            raise
        # What is there may be what we have just sent: whoever tries again finds that out.
        if ground.version(key) not in (expect, etag):
            raise Overtaken(f"{key} is not what was expected to be there", key=key) from error
        raise


def disown(ground: Ground, key: str, answer: Mapping[str, Any]) -> None:
    """Remove what we have just made and what is not as it should be, if it still stands there.

    Only the answer to our own request says which one that is.
    """
    version = etags.of(answer)
    if not version:
        return
    try:
        if ground.habits.deletes:
            ground.connection.call("delete_object", key, IfMatch=ground.tag(version))
        elif ground.version(key) == version:
            ground.connection.call("delete_object", key)
    except StorageError:
        # The error that led here is the one to tell; what stays is found by the next run.
        return
