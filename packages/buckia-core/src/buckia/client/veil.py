"""Keeping secrets out of everything a client tells, whatever a store wrote into its messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from buckia.errors import BuckiaError
from buckia.events import Event, Tell
from buckia.results import SyncResult
from buckia.secrets import Redactor

S = TypeVar("S", bound=msgspec.Struct)


def veiled_tell(tell: Tell, redactor: Redactor) -> Tell:
    def telling(event: Event) -> None:
        tell(_veiled(event, redactor))

    return telling


def veiled_result(result: SyncResult, redactor: Redactor) -> SyncResult:
    failed = tuple(_veiled(one, redactor) for one in result.failed)
    return msgspec.structs.replace(result, failed=failed)


@contextmanager
def veiling(redactor: Redactor) -> Iterator[None]:
    """Errors that pass through say nothing that they must not."""
    try:
        yield
    except BuckiaError as error:
        error.message, error.hint = redactor.redact(error.message), redactor.redact(error.hint)
        error.args = (error.message,)
        raise


def _veiled(given: S, redactor: Redactor) -> S:
    # Only words of other people's making can hold a secret; paths and counts are what they are.
    message = getattr(given, "message", None)
    if not isinstance(message, str):
        return given
    return msgspec.structs.replace(given, message=redactor.redact(message))
