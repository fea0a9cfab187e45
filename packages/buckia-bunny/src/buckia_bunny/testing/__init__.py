"""A fake of Bunny's storage API, for tests: a real HTTP server that keeps a zone in memory.

    from buckia_bunny.testing import Answers, FakeBunny, LosesAnswer

    with FakeBunny(zone="zone", password="secret") as fake:
        fake.tree.put("photos/a.jpg", b"...")
        fake.faults = (
            LosesAnswer(on="put", nth=1),
            Answers(503, on="list", key="photos/*", nth=range(1, 3)),
        )
        ...  # let the program under test talk to fake.endpoint
        assert fake.tree.files() == {"photos/a.jpg": b"..."}
        assert [seen.key for seen in fake.requests if seen.kind == "put"] == ["photos/a.jpg"]
        assert fake.most["list"] <= 5

It is stricter than the service where the service's behaviour is not documented, so that nothing
depends on luck: HEAD is refused, listings are shuffled, dates have several lengths. To try things
by hand, `python -m buckia_bunny.testing` runs one until it is interrupted.
"""

from __future__ import annotations

from buckia_bunny.testing.faults import (
    Answers,
    CorruptsDownload,
    CutsRequest,
    Fault,
    IgnoresRanges,
    KeepsConnectionsBriefly,
    LateDelete,
    LosesAnswer,
    NoChecksums,
    NoDescribe,
    OddDates,
    StaleListing,
    Stalls,
    Truncates,
)
from buckia_bunny.testing.server import FakeBunny
from buckia_bunny.testing.traffic import Seen
from buckia_bunny.testing.tree import Entry, Refused, Tree

__all__ = [
    "Answers",
    "CorruptsDownload",
    "CutsRequest",
    "Entry",
    "FakeBunny",
    "Fault",
    "IgnoresRanges",
    "KeepsConnectionsBriefly",
    "LateDelete",
    "LosesAnswer",
    "NoChecksums",
    "NoDescribe",
    "OddDates",
    "Refused",
    "Seen",
    "StaleListing",
    "Stalls",
    "Tree",
    "Truncates",
]
