"""What the demo team changed comes into a user's content; what is the user's stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from buckia import digests
from buckia.client.cloning import Cloning, Found
from buckia.databases import peeking
from buckia.errors import ConfigError
from buckia.model import Agreed, BasicEntry, SideName
from buckia.results import DemoUpdate
from buckia.showcase.applying import apply, examine
from buckia.showcase.files import Deed, barred, deed
from buckia.state.slot import Slot


def refresh(cloning: Cloning) -> DemoUpdate:
    """Files first, for rows may speak of them; the rows in one transaction behind."""
    rule = cloning.demo.rows
    if rule is None:
        raise ConfigError(
            f"{cloning.pair.name}: nothing says which rows are the demo's",
            hint="Set demo.rows: {column: is_demo, value: 1}, {tables: [...]} or {ids: [1, 9999]}.",
        )
    cloning.fetch()
    live = cloning.live
    if not peeking.peek(live):
        raise ConfigError(
            f"there is no database {live} to bring the demo's rows into",
            hint="start the app once, or run `buckia sync`; `buckia app reset` begins anew",
        )
    examine(live, cloning.database, rule)
    chosen = _chosen(cloning)
    wanted = {key for key, what in chosen.items() if what is not Deed.LEAVE}
    cloning.clone(wanted)
    keeping = _Keeping(cloning)
    applied = apply(live, cloning.database, rule, keeping)
    return DemoUpdate(
        name=cloning.pair.name,
        inserted=applied.inserted,
        updated=applied.updated,
        deleted=applied.deleted,
        left_rows=applied.left,
        cloned=tuple(sorted(key for key in chosen if chosen[key] is Deed.CLONE)),
        left_files=tuple(sorted(key for key in chosen if chosen[key] is Deed.LEAVE)),
        kept=keeping.path,
    )


def _chosen(cloning: Cloning) -> Mapping[str, Deed]:
    """What is to become of each file of the demo's that is not as it was cloned last."""
    here, there = cloning.here(), cloning.there()
    known = cloning.known(there)
    found = dict.fromkeys(barred(there, here), Deed.LEAVE)
    for key, entry in there.items():
        if key == cloning.key or key in found:
            continue
        row, present = known.get(key), here.get(key)
        if row and present and (row.left, row.right) == (present.entry.version, entry.version):
            continue
        found[key] = _deed(cloning, entry, present, row)
    return found


def _deed(cloning: Cloning, entry: BasicEntry, found: Found | None, row: Agreed | None) -> Deed:
    if found is None:
        return deed(is_here=False, same=False, is_cloned=False)
    ours = cloning.digest(SideName.LEFT, found.entry, found.origin)
    theirs = cloning.digest(SideName.RIGHT, entry, found.origin)
    return deed(
        is_here=True,
        same=digests.agree(ours, theirs) is True,
        is_cloned=row is not None and digests.agree(ours, digests.unpack(row.digests)) is True,
    )


class _Keeping:
    """Keeps the database as it is in the trash; `path` is where."""

    def __init__(self, cloning: Cloning) -> None:
        self._cloning = cloning
        self.path: Path | None = None

    def __call__(self) -> Callable[[], None]:
        cloning, left = self._cloning, self._cloning.pair.left
        entry = left.stat(cloning.key, cloning.origin)
        if entry is None or not cloning.settings.trash_days:
            return lambda: None
        entry = left.held(entry, cloning.origin)
        slot = cloning.pair.folder.trash.slot(
            cloning.key,
            side=SideName.LEFT,
            reason="changed by app update-demo",
            size=entry.size,
            mtime_ns=entry.mtime_ns,
            version=entry.version,
            origin=cloning.origin,
        )
        left.save(entry, cloning.origin, slot, moved=lambda _count: None)
        self.path = slot.path
        return lambda: self._let_go(slot)

    def _let_go(self, slot: Slot) -> None:
        slot.drop()
        self.path = None
