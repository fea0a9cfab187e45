"""The values that everybody passes around: frozen structs without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

NOTHING_KNOWN: Mapping[str, str] = {}


class BasicEntry(msgspec.Struct, frozen=True, gc=False):
    """The stock `Entry`: one object of a store, as a listing or a write describes it."""

    key: str
    size: int
    version: str
    changed: datetime | None = None
    mtime_ns: int | None = None
    digests: Mapping[str, str] = NOTHING_KNOWN
    hints: Mapping[str, str] = NOTHING_KNOWN
    lent: bool = False
    """It is only read: it can be hidden by another of its key, and neither changed nor deleted."""


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about a store that the engine plans by."""

    digests: frozenset[str] = frozenset()
    """Algorithms that every listed entry carries."""
    keeps_mtime: bool = False
    keeps_metadata: bool = False
    flat: bool = True
    """`a` and `a/b` can both exist; False for trees of folders."""
    keeps_folders: bool = False
    """A folder stays when its last object is gone, and no object can have its name."""
    folds_case: bool = False
    """`A` and `a` are one name here."""
    folds_form: bool = False
    """The composed and the decomposed form of an accented letter are one name here."""
    max_key_bytes: int | None = None
    max_name_bytes: int | None = None
    """The longest segment of a key."""
    forbidden: str = ""
    """Characters that no key may hold here."""
    concurrency: int = 8
    """How many transfers at once are useful."""
    lacks: frozenset[str] = frozenset()
    """Names of abilities that the class has but this endpoint has not."""
    conditional_write_limit: int | None = None
    """The largest body for which a condition is honoured; None is any size."""


class Direction(StrEnum):
    BOTH = "both"
    PUSH = "push"
    PULL = "pull"


class Policy(StrEnum):
    """What becomes of a key that both sides changed."""

    LOCAL_WINS = "local_wins"
    REMOTE_WINS = "remote_wins"
    NEWEST_WINS = "newest_wins"
    KEEP_BOTH = "keep_both"
    MERGE = "merge"
    """Row by row, where it is a database; all else is kept both."""
    ASK = "ask"


class SideName(StrEnum):
    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> SideName:
        return SideName.RIGHT if self is SideName.LEFT else SideName.LEFT


class Agreed(msgspec.Struct, frozen=True, gc=False):
    """A row of the base: what both sides were last seen to hold under one key."""

    key: str
    left: str
    """The left side's version."""
    right: str
    """The right side's version."""
    size: int
    digests: str
    """Proven digests of the bytes, packed by `digests.pack`."""
    origin: str = ""
    """The root or mapping of the left side that the key came through."""


class Forgotten(msgspec.Struct, frozen=True, gc=False):
    """The end of a row: neither side holds the key, or it is no longer in scope."""

    key: str


class Intent(msgspec.Struct, frozen=True, gc=False):
    """What is about to be done to one side of a key, durable before it is done.

    When the run dies in between, the next one finds the wish and looks whether it came true:
    if `side` holds bytes of these digests (or nothing, where `digests` is empty), then both
    sides did agree, and what differs from that now is somebody's later edit.
    """

    key: str
    side: SideName
    digests: str
    """Packed digests of the bytes that will be there; empty for a removal."""
    size: int = 0
    source: str = ""
    """The other side's version that was copied; empty where it had none."""
    origin: str = ""


class Gap(msgspec.Struct, frozen=True, gc=False):
    """What a scan could not see: the key, which ends without a slash, and all keys below it."""

    key: str
    reason: str


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """Something that takes no part in a sync, and why."""

    path: str
    reason: str


class Covered(Skipped, frozen=True, gc=False):
    """One that nobody need be told of: what is in it takes part in another way."""
