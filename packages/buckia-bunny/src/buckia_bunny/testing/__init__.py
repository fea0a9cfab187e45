"""Fakes of Bunny's servers, for tests: real HTTP, and all that they keep is in memory.

A storage zone:

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

The account with its API, and the edge, which keeps what it delivers until it is purged:

    from urllib.request import Request, urlopen

    from buckia_bunny.testing import Fails, FakeAccount, FakeBunny, FakeEdge

    with (
        FakeBunny(zone="site") as fake,
        FakeAccount("account-secret", zones=[fake]) as account,
        FakeEdge(account) as edge,
    ):
        zone = account.add_pull_zone("site", fake, hostnames=["site.b-cdn.net", edge.host])
        page = f"{edge.endpoint}/a.html"
        for told in (b"old", b"new"):
            fake.tree.put("a.html", told)
            assert urlopen(page).read() == b"old"

        account.faults = (Fails(on="POST /purge", status=503, nth=2),)
        purge = f"{account.endpoint}/purge?url={page}"
        urlopen(Request(purge, method="POST", headers={"AccessKey": account.key}))
        assert urlopen(page).read() == b"new"
        assert [asked.query["url"] for asked in account.requests] == [page]

With `secured=True` a pull zone asks for tokens, of any scheme that the service knows.

They are stricter than the service where its behaviour is not documented, so that nothing depends
on luck: the storage zone refuses HEAD, shuffles listings and writes dates in several lengths; the
account refuses parameters that it does not know; a purge clears what it says and no more. To try
things by hand, `python -m buckia_bunny.testing` runs a storage zone until it is interrupted.
"""

from __future__ import annotations

from buckia.standins.log import Asked
from buckia.standins.troubles import Fails
from buckia_bunny.testing.account.allowance import Allowance
from buckia_bunny.testing.account.pullzones import Delivery, PullZone
from buckia_bunny.testing.account.server import FakeAccount
from buckia_bunny.testing.edge.server import FakeEdge
from buckia_bunny.testing.storage.faults import (
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
from buckia_bunny.testing.storage.server import FakeBunny
from buckia_bunny.testing.storage.traffic import Seen
from buckia_bunny.testing.storage.tree import Entry, Refused, Tree

__all__ = [
    "Allowance",
    "Answers",
    "Asked",
    "CorruptsDownload",
    "CutsRequest",
    "Delivery",
    "Entry",
    "Fails",
    "FakeAccount",
    "FakeBunny",
    "FakeEdge",
    "Fault",
    "IgnoresRanges",
    "KeepsConnectionsBriefly",
    "LateDelete",
    "LosesAnswer",
    "NoChecksums",
    "NoDescribe",
    "OddDates",
    "PullZone",
    "Refused",
    "Seen",
    "StaleListing",
    "Stalls",
    "Tree",
    "Truncates",
]
