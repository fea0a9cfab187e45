"""Letting the world see what a run has changed in the bucket."""

from __future__ import annotations

from collections.abc import Sequence

from buckia.engine.pair import Pair
from buckia.protocols import Publishes, ability
from buckia.results import Failure


def publish(pair: Pair) -> Sequence[Failure]:
    """Let the bucket do it, where copies of its objects are kept elsewhere; what failed is told."""
    publishing = ability(pair.right.mount("").storage, Publishes)
    return () if publishing is None else publishing.publish(pair.limits.stop.wait)
