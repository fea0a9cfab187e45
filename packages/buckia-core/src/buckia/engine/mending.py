"""Clearing away what runs that were cut off left behind, before it is taken for somebody's deed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from buckia.engine.pair import Pair
from buckia.engine.scan import Seen, left_blocks, right_blocks
from buckia.protocols import Sweeps, ability


def sweep(pair: Pair) -> None:
    """Clear away what the listings came upon since the last sweep."""
    for sweeping in _sweeping(pair):
        sweeping.sweep()


def mend(pair: Pair) -> None:
    """After a run that was cut off: files that it had taken out of their places go back."""
    seen = Seen()
    mend_by(
        pair,
        left_blocks(pair.left, pair.scope, seen, pair.missing),
        right_blocks(pair.right, pair.scope, seen),
    )


def mend_by(pair: Pair, *listings: Iterable[object]) -> None:
    """These listings find such files; only later ones show both sides as they are."""
    if not _sweeping(pair):
        return
    for listing in listings:
        for _ in listing:
            pair.limits.stop.check()
    sweep(pair)


def _sweeping(pair: Pair) -> Collection[Sweeps]:
    stores = {
        id(mount.storage): mount.storage
        for side in (pair.left, pair.right)
        for mount in side.mounts.values()
    }
    return [found for store in stores.values() if (found := ability(store, Sweeps)) is not None]
