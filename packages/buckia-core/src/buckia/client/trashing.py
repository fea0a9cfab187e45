"""Bringing versions back from the trash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from buckia import digests
from buckia.body import FileBody
from buckia.client.opening import file_of
from buckia.engine.pair import Pair
from buckia.engine.seen import expected
from buckia.errors import BuckiaError, ConfigError, InvalidKey
from buckia.model import Forgotten, SideName
from buckia.protocols import ABSENT, TakesMode
from buckia.results import Restored
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.state.sidecar import Item
from buckia.state.trash import Trash


def versions(trash: Trash, path: str | None) -> Iterator[Item]:
    """What can be brought back, newest first: of one key, of a `folder/`, or all of it (`/`)."""
    if path == "/":
        return trash.items()
    if path is not None and path.endswith("/"):
        return trash.items(prefix=path)
    return trash.items(path)


def restore(pair: Pair, key: str, before: datetime | None, *, trash_days: int) -> Restored:
    """Put a version back into the local folder; what stands there goes to the trash."""
    trash = pair.folder.trash
    # What the bucket lost in a conflict was never the version of this folder.
    item = trash.find(key, before, side=SideName.LEFT) or trash.find(key, before)
    if item is None:
        when = f" of {before:%Y-%m-%d %H:%M:%S}" if before is not None else ""
        raise ConfigError(
            f"the trash holds no version{when} of {key}",
            hint="`buckia restore --list` shows what it holds",
        )
    origin = _origin(pair, item)
    file = file_of(pair, key, origin)
    with pair.folder.lock():
        kept = _put(pair, item, origin, keep=trash_days > 0)
        _forget(pair, item)
    return Restored(path=key, file=file, replaced=item.when, kept=kept)


def _origin(pair: Pair, item: Item) -> str:
    """The root that the version came from, or else the one that its key lives in."""
    if item.origin in pair.left.mounts and pair.scope.covers(item.origin, item.key):
        return item.origin
    place = pair.scope.home(item.key)
    if place is None:
        raise ConfigError(
            f"no synced folder holds {item.key} any more",
            hint=f"its version is {item.path}, to be copied by hand",
        )
    return place.origin


def _put(pair: Pair, item: Item, origin: str, *, keep: bool) -> Path | None:
    left = pair.left
    if origin in pair.missing:
        pair.make(origin)
    old = left.stat(item.key, origin)
    if old is not None:
        # Of a database that was written to just now, its looks alone prove nothing.
        old = left.held(old, origin)
    body = FileBody(path=item.path, size=item.size, mtime_ns=item.mtime_ns, digests=item.digests)
    staged = left.stage(item.key, origin, body, source=left.limits)
    if staged is None:
        raise InvalidKey("the local side of this pair is no folder", key=item.key)
    if isinstance(staged, TakesMode):
        # Before it has its name: nobody may read it meanwhile who could not read it before.
        staged.mode = item.mode
    try:
        if old is None or not keep:
            left.commit(staged, item.key, expect=expected(old) if old else ABSENT, slot=None)
            return None
        slot = pair.folder.trash.slot(
            item.key,
            side=SideName.LEFT,
            reason="replaced by restore",
            size=old.size,
            mtime_ns=old.mtime_ns,
            version=old.version,
            origin=origin,
        )
        try:
            left.commit(staged, item.key, expect=old.version, slot=slot.path)
        except BuckiaError:
            # What was moved there stays; the place of a file that never came is not needed.
            slot.drop()
            raise
        slot.settle()
        return slot.path
    finally:
        staged.discard()


def _forget(pair: Pair, item: Item) -> None:
    """A version that is back is new, also where it is the one that both sides agreed on.

    Otherwise the next sync would take it for untouched, and a deletion on the other side for
    the last word.
    """
    with Database.open(pair.folder.base) as database:
        manifest = SqliteManifest(database)
        row = manifest.get(item.key)
        if row is None or row.size != item.size:
            return
        if digests.agree(item.digests, digests.unpack(row.digests)) is not False:
            manifest.record([Forgotten(item.key)])
