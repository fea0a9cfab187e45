"""Top-level folders of a bucket that lie one over the other, and are seen as one tree.

A version that is told of such a tree names the layer that its object lies in, and whether that is
the one that is written. So a key that comes from another layer than before has another version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

_OWN, _LENT = "/=", "/<"
"""What stands between a layer's name, which never holds a slash, and the bucket's version."""


@runtime_checkable
class Layered(Protocol):
    """An ability of a store, see `buckia.protocols`."""

    @property
    def layers(self) -> Sequence[str]:
        """Their names from the farthest to the nearest, which alone is written."""

    def is_bare(self, layer: str) -> bool:
        """Whether nothing but names of ours lies in that layer, as the bucket is asked now."""


def marked(layer: str, version: str, *, is_own: bool) -> str:
    return f"{layer}{_OWN if is_own else _LENT}{version}"


def unmarked(version: str) -> tuple[str, str]:
    """The layer, and the version as the bucket knows it."""
    layer, _, rest = version.partition("/")
    return layer, rest[1:]


def layer_of(version: str) -> str:
    return version.partition("/")[0]


def is_lent(version: str) -> bool:
    """Whether it is of a layer that is only read."""
    return version.startswith(_LENT, version.find("/"))


def is_own(version: str) -> bool:
    """Whether it is of the layer that is written; versions of other stores are of no layer."""
    return version.startswith(_OWN, version.find("/"))


def beginning(layer: str) -> str:
    """What all versions of a layer begin with."""
    return f"{layer}/"
