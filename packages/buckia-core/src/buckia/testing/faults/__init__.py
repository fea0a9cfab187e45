"""Stores that fail on purpose, by script or by seed, and keep a journal of what was asked.

    store = Faulty(MemoryStore(), Script(
        At("write", LosesAnswer(), nth=3),
        At("read", unavailable(wait=1.5), key="a.txt", nth=1),
        At("scan", Breaks(after=10)),
    ))
    ...
    assert store.called("write") == ["a.txt", "b.txt", "c.txt", "c.txt"]

`Faulty` offers exactly the abilities of the store inside it. `store.plan = CALM` ends the trouble.
"""

from __future__ import annotations

from buckia.testing.faults.plan import (
    CALM,
    At,
    Breaks,
    Call,
    Corrupts,
    Fails,
    Fault,
    LosesAnswer,
    Pauses,
    Plan,
    Script,
    Stale,
    Storm,
    Truncates,
    denied,
    unavailable,
)
from buckia.testing.faults.store import Faulty

__all__ = [
    "CALM",
    "At",
    "Breaks",
    "Call",
    "Corrupts",
    "Fails",
    "Fault",
    "Faulty",
    "LosesAnswer",
    "Pauses",
    "Plan",
    "Script",
    "Stale",
    "Storm",
    "Truncates",
    "denied",
    "unavailable",
]
