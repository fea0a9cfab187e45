"""Databases that both sides wrote to become one, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from buckia import digests
from buckia.body import FileBody, WatchedBody, chunks
from buckia.databases import header
from buckia.engine.execute.desk import Desk, Outgoing, agreed
from buckia.engine.execute.doing import Doing, Turn
from buckia.engine.execute.transfers import Done
from buckia.engine.seen import check_received, expected, untouched
from buckia.errors import BuckiaError, StorageError, VersionMismatch
from buckia.media import content_type
from buckia.merging import whole
from buckia.model import BasicEntry, SideName
from buckia.plan.actions import Action
from buckia.protocols import Body
from buckia.state.slot import Slot


def merge(desk: Desk, action: Action) -> Doing[Done]:
    """What came of both sides enters the local one first, and is then uploaded like any edit.

    A run that is cut off in between leaves an edit that holds all of both: merged once more with
    the bucket's it stays what it is.
    """
    yield Turn.ALONE
    case = action.case
    ancestor = desk.ancestry.of(case.base)
    assert case.left is not None
    assert case.right is not None
    if ancestor is None:
        raise VersionMismatch(f"{case.key}: both sides agreed on another version by now")
    left = desk.left.held(case.left, case.origin)
    with desk.room(case.key) as room:
        local, remote, result = room / "local", room / "remote", room / "result"
        _fetch(desk, SideName.LEFT, left, action, local)
        _fetch(desk, SideName.RIGHT, case.right, action, remote)
        merged = whole.merge(ancestor, local, remote, result, rules=desk.settings.row_rules)
        report = desk.report(case.key, merged.conflicts)
        if merged.waiting:
            return Done(kept=report, is_waiting=True)
        body = _body(desk, result, action)
        slot = desk.slot(action, case.right, SideName.RIGHT, case.origin)
        if slot is not None:
            _keep(slot, remote)
        try:
            made = _install(desk, action, left, body)
            if merged.from_local or merged.conflicts:
                yield from _send(desk, action, made, body)
            else:
                yield (agreed((made, case.right), body.digests, case.origin),)
        except StorageError as error:
            if slot is not None and untouched(error):
                slot.drop()
            raise
    return Done(uploaded=1, downloaded=1, kept=report)


def _fetch(desk: Desk, name: SideName, entry: BasicEntry, action: Action, path: Path) -> None:
    """The bytes of this version, proven, as a private file."""
    side, origin = desk.side(name), action.case.origin
    body = side.body(entry, origin, known=entry.digests, content_type=None)
    if name is SideName.LEFT:
        watched = WatchedBody(body)
    else:
        watched = WatchedBody(body, moved=desk.meter(action.key, SideName.LEFT))

    def fetch() -> None:
        with closing(watched.open()) as source:
            _write(path, chunks(source))

    side.limits.call(fetch, key=action.key)


def _write(path: Path, found: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(found)


def _keep(slot: Slot, path: Path) -> None:
    try:
        with path.open("rb") as file:
            slot.fill(chunks(file))
    except BuckiaError:
        slot.drop()
        raise


def _body(desk: Desk, path: Path, action: Action) -> Body:
    with path.open("r+b") as file:
        header.flatten(file.fileno())
    with path.open("rb") as file:
        algorithm = desk.settings.algorithm
        known = {algorithm: digests.of_chunks(chunks(file), algorithm)}
    kind = content_type(action.key)
    return FileBody(path=path, size=path.stat().st_size, digests=known, content_type=kind)


def _install(desk: Desk, action: Action, over: BasicEntry, body: Body) -> BasicEntry:
    key, origin = action.key, action.case.origin
    staged = desk.left.stage(key, origin, body, source=desk.limits)
    if staged is None:
        desk.rescue(action, over, desk.left, origin)
        return desk.left.write(key, origin, body, expect=expected(over))
    slot = desk.slot(action, over, SideName.LEFT, origin)
    try:
        place = slot.path if slot is not None else None
        made = desk.left.commit(staged, key, expect=expected(over), slot=place)
    except BaseException:  # an interrupt must not leave an empty place; it goes on its way
        if slot is not None:
            slot.drop()
        raise
    finally:
        staged.discard()
    if slot is not None:
        slot.settle()
    return made


def _send(desk: Desk, action: Action, made: BasicEntry, body: Body) -> Doing[None]:
    key, case = action.key, action.case
    moving = WatchedBody(body, moved=desk.meter(key, SideName.RIGHT))
    out = Outgoing(moving, made, body.digests, SideName.LEFT)
    yield (desk.wish(case, SideName.RIGHT, made, out.digests),)
    written = desk.right.write(key, case.origin, moving, expect=expected(case.right))
    check_received(written, out.digests)
    yield (agreed((made, written), out.digests, case.origin),)
