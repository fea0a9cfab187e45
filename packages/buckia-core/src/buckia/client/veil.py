"""Keeping secrets out of everything a client tells, whatever a store wrote into its messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from buckia.errors import BuckiaError
from buckia.events import Event, Tell
from buckia.results import Check, SyncResult
from buckia.secrets import Redactor

S = TypeVar("S", bound=msgspec.Struct)


def veiled_tell(tell: Tell, redactor: Redactor) -> Tell:
    def telling(event: Event) -> None:
        tell(_veiled(event, redactor))

    return telling


def veiled_result(result: SyncResult, redactor: Redactor) -> SyncResult:
    failed = tuple(_veiled(one, redactor) for one in result.failed)
    inbound = result.inbound
    if inbound is not None and inbound.stopped is not None:
        stopped = _veiled(inbound.stopped, redactor)
        inbound = msgspec.structs.replace(inbound, stopped=stopped)
    return msgspec.structs.replace(result, failed=failed, inbound=inbound)


def veiled_check(check: Check, redactor: Redactor) -> Check:
    message, hint = redactor.redact_told(check.message), redactor.redact_told(check.hint)
    return msgspec.structs.replace(check, message=message, hint=hint)


@contextmanager
def veiling(redactor: Redactor) -> Iterator[None]:
    """Errors that pass through say nothing that they must not."""
    try:
        yield
    except BuckiaError as error:
        clean = redactor.redact_told
        error.message, error.hint = clean(error.message), clean(error.hint)
        error.args = (error.message,)
        raise


def _veiled(given: S, redactor: Redactor) -> S:
    # Only words of other people's making can hold a secret; paths and counts are what they are.
    message = getattr(given, "message", None)
    if not isinstance(message, str) or not message:
        return given
    return msgspec.structs.replace(given, message=redactor.redact_told(message))
