"""What a sync needs, tried one thing after the other, each with a word on what to do."""

from __future__ import annotations

import os
import secrets as random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from buckia.body import BytesBody
from buckia.client.opening import Ground, listable
from buckia.errors import BuckiaError, StorageError, VersionMismatch
from buckia.plugins import Plugins
from buckia.protocols import ABSENT, Probes, Storage, WritesConditionally, ability
from buckia.results import Check

_SKEW = 60.0
"""Seconds that two clocks may differ before signatures and times begin to suffer."""


def examine(
    place: Ground, plugins: Plugins, open_storage: Callable[[], Storage]
) -> Iterator[Check]:
    """Each check in turn; what depends on one that failed is not tried."""
    yield from _folders(place)
    yield _state(place)
    provider = _tried("provider", lambda: f"{plugins.provider(place.config.provider).name} loads")
    yield provider
    if not provider.ok:
        return
    opened: list[Storage] = []
    credentials = _tried("credentials", lambda: _open(opened, open_storage))
    yield credentials
    if not opened:
        return
    reach = _tried("listing", lambda: _list(opened[0], listable(place.config)))
    yield reach
    if reach.ok:
        # Where objects of our own may lie for a moment, as in a run: in the first of its folders.
        folder = listable(place.config)[0]
        yield from _probed(opened[0], folder)
        yield from _written(opened[0], folder)


def _open(opened: list[Storage], open_storage: Callable[[], Storage]) -> str:
    opened.append(open_storage())
    return "all that the provider asks for is there"


def _list(storage: Storage, begin: Sequence[str]) -> str:
    began = time.monotonic()
    pages = [next(iter(storage.scan(one)), ()) for one in begin]
    took = (time.monotonic() - began) * 1000 / len(pages)
    return f"the bucket answers in {took:.0f} ms" + ("" if any(pages) else "; it is empty")


def _folders(place: Ground) -> Iterator[Check]:
    for root in place.config.paths:
        folder = place.base / root.path
        if not folder.is_dir():
            hint = f"mkdir {folder}, or take it out of `paths`"
            yield Check(f"folder {root.path}", ok=False, message=f"{folder} is missing", hint=hint)
        elif not os.access(folder, os.R_OK | os.X_OK):
            hint = f"look at the permissions of {folder}"
            yield Check(f"folder {root.path}", ok=False, message="cannot be read", hint=hint)
        else:
            yield Check(f"folder {root.path}", ok=True, message=f"{folder} can be read")


def _state(place: Ground) -> Check:
    folder = place.state if place.state.is_dir() else place.state.parent
    if os.access(folder, os.W_OK | os.X_OK):
        return Check("state", ok=True, message=f"{place.state} can be written")
    hint = f"look at the permissions of {folder}, or set `state_dir`"
    return Check("state", ok=False, message=f"{place.state} cannot be written", hint=hint)


def _probed(storage: Storage, folder: str) -> Iterator[Check]:
    """What the endpoint honours, where the provider can find that out."""
    probing = ability(storage, Probes)
    if probing is None:
        return
    try:
        yield from probing.probe(folder, anew=True)
    except StorageError as error:
        yield Check("abilities", ok=False, message=error.message, hint=error.hint)


def _written(storage: Storage, folder: str) -> Iterator[Check]:
    """Write a small object of ours, look at it and delete it."""
    key = f"{folder}buckia-doctor-{random.token_hex(8)}.txt"
    body = BytesBody(data=b"buckia doctor\n", mtime_ns=time.time_ns())
    writing = _tried("writing", lambda: _write(storage, key, body))
    yield writing
    if not writing.ok:
        return
    try:
        yield _tried("reading", lambda: _read(storage, key, body.data))
        yield _clock(storage, key)
        yield _condition(storage, key, body)
    finally:
        removed = _tried("deleting", lambda: _delete(storage, key))
    yield removed


def _write(storage: Storage, key: str, body: BytesBody) -> str:
    storage.write(key, body)
    return "an object can be written"


def _read(storage: Storage, key: str, data: bytes) -> str:
    with storage.read(key) as reading:
        found = b"".join(reading)
    if found != data:
        raise StorageError("what was read is not what was written", key=key)
    return "it reads as it was written"


def _delete(storage: Storage, key: str) -> str:
    storage.delete(key)
    return "it can be deleted"


def _clock(storage: Storage, key: str) -> Check:
    try:
        changed = storage.stat(key).changed
    except StorageError as error:
        return Check("clock", ok=False, message=error.message, hint=error.hint)
    if changed is None:
        return Check("clock", ok=None, message="the store tells no time to compare with")
    apart = abs((datetime.now(UTC) - changed).total_seconds())
    if apart <= _SKEW:
        return Check("clock", ok=True, message="the clocks of both sides agree")
    hint = "set this machine's clock; signatures are refused when it is far off"
    return Check("clock", ok=False, message=f"the clocks are {apart:.0f} s apart", hint=hint)


def _condition(storage: Storage, key: str, body: BytesBody) -> Check:
    """Whether a write that must not replace anything really replaces nothing."""
    name = "conditional writes"
    conditional = ability(storage, WritesConditionally)
    if conditional is None:
        return Check(name, ok=None, message="not here; keys are looked at before and after")
    try:
        conditional.write_if(key, body, expect=ABSENT)
    except VersionMismatch:
        return Check(name, ok=True, message="a write over another version is refused")
    except StorageError as error:
        return Check(name, ok=False, message=error.message, hint=error.hint)
    return Check(
        name,
        ok=False,
        message="the store replaced what it was told not to",
        hint="do not let several devices write to this bucket at once, and report it",
    )


def _tried(name: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, message=attempt())
    except BuckiaError as error:
        return Check(name, ok=False, message=error.message, hint=error.hint)
