"""What a user's folder says of itself: that it is one, or that it lives elsewhere now."""

from __future__ import annotations

import json
import secrets
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from buckia import digests
from buckia.body import BytesBody, proven
from buckia.engine.seen import check_received
from buckia.engine.side import Side
from buckia.errors import GuardStopped
from buckia.keys import MOVED_NOTE
from buckia.layers import layer_of
from buckia.model import BasicEntry
from buckia.protocols import ABSENT

FORMAT = 1
UNREADABLE = "another bucket"


class Moved(msgspec.Struct, frozen=True):
    """A note in the old folder."""

    to: str
    """The name of the bucket that has the folder now."""
    entry: BasicEntry
    """The note itself, as it was read."""
    data: bytes
    """Its bytes, which no other note has."""


def put_note(side: Side, key: str, content: Mapping[str, str]) -> None:
    """Say something of a folder in the bucket; `VersionMismatch` where it was said already."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    told = {"format": FORMAT, "at": now, "note": secrets.token_hex(8), **content}
    data = json.dumps(told).encode() + b"\n"
    known = {"sha256": digests.of(data, "sha256")}
    body = BytesBody(data=data, digests=known, content_type="application/json")
    check_received(side.write(key, "", body, expect=ABSENT), known)


def moved(side: Side, folder: str) -> Moved | None:
    """Where the folder, which is empty or ends with a slash, lives now; None: it is still here."""
    key = folder + MOVED_NOTE
    entry = side.stat(key, "")
    if entry is None:
        return None
    mount = side.mount("")

    def read() -> bytes:
        with mount.storage.read(mount.inside(key), version=entry.version) as reading:
            return b"".join(proven(reading))

    data = side.limits.call(read, key=key)
    try:
        told = json.loads(data)["to"]
    except (ValueError, LookupError, TypeError, RecursionError):
        # Whatever it says, somebody has put it there: the folder is not to be synced.
        told = UNREADABLE
    return Moved(str(told), entry, data)


def insist_here(side: Side, folder: str, names: Sequence[str]) -> None:
    """Stop where these names, which are in order, show that the folder lives elsewhere now."""
    key = folder + MOVED_NOTE
    at = bisect_left(names, key)
    if at < len(names) and names[at] == key:
        raise _elsewhere(side, folder, moved(side, folder), "nothing was changed; ")


def insist_still_here(side: Side, folders: Collection[str]) -> None:
    """Stop where one of them was moved meanwhile: what is missing there was not deleted.

    The note is put before anything goes, so whoever looks for it behind a listing is sure.
    """
    for folder in folders:
        found = moved(side, folder)
        if found is not None:
            raise _elsewhere(side, folder, found, "nothing was deleted here; ")


def _elsewhere(side: Side, folder: str, found: Moved | None, said: str) -> GuardStopped:
    to = found.to if found is not None else UNREADABLE
    hint = f"name it in the `folders` of {to} instead, and sync that"
    name = folder or side.mount("").inner
    if side.layers:
        name = layer_of(found.entry.version) if found is not None else "of a layer"
        hint = "take it out of `layers`, or sync all of them where they are now"
    elif not folder:
        hint = f"sync it with {to} instead"
    message = f"the folder {name.rstrip('/')} was moved to {to}"
    return GuardStopped(message, hint=said + hint, moved_to=to)
