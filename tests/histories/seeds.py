"""Which seeds are played: a few in the usual run, many or a certain one when asked for."""

from __future__ import annotations

import os

FIRST = 1


def wanted() -> int | None:
    """How many seeds somebody asked for."""
    return int(os.environ["BUCKIA_SEEDS"]) if "BUCKIA_SEEDS" in os.environ else None


def seeds(usual: int) -> range:
    """The usual number of seeds, unless the environment says otherwise."""
    if "BUCKIA_SEED" in os.environ:
        one = int(os.environ["BUCKIA_SEED"])
        return range(one, one + 1)
    return range(FIRST, FIRST + (wanted() or usual))
