"""The kit on a Bunny that misbehaves, with a store that tries again as a run does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import product

import pytest

from buckia.protocols import Storage
from buckia.testing import StorageConformance
from buckia_bunny.testing import (
    Answers,
    CutsRequest,
    FakeBunny,
    Fault,
    IgnoresRanges,
    KeepsConnectionsBriefly,
    LateDelete,
    LosesAnswer,
    NoDescribe,
    OddDates,
    StaleListing,
    Truncates,
)
from tests.bunny.patient import Patient
from tests.bunny.stores import store_on
from tests.wanted import chosen

CLIENTS = ("direct", "bunnycdnpython")
OFTEN = range(1, 10**6, 4)
"""No operation is made of so many requests, so that each comes through at some time."""
ALWAYS = [("lost answers", "direct")]
"""The others take minutes, and run where they are asked for."""
FAULTS: dict[str, tuple[Fault, ...]] = {
    "lost answers": (LosesAnswer(on="put delete", nth=OFTEN),),
    "requests that are cut": (CutsRequest(nth=OFTEN),),
    "storms of 429": (Answers(429, nth=range(1, 10**6, 6)), Answers(429, nth=range(2, 10**6, 6))),
    "too busy": (Answers(400, "Unable to process request", on="list delete", nth=OFTEN),),
    "out of order": (Answers(503, nth=OFTEN),),
    "truncation": (Truncates(after=10, nth=OFTEN),),
    "stale listings": (StaleListing(requests=3),),
    "late deletes": (LateDelete(requests=3),),
    "odd dates": (OddDates(),),
    "no ranges": (IgnoresRanges(),),
    "no descriptions": (NoDescribe(),),
    "short connections": (KeepsConnectionsBriefly(),),
}


@pytest.mark.slow
class TestEachFault(StorageConformance):
    fake: FakeBunny
    large = 2**20
    many = 60
    racers = 3

    client: str

    @pytest.fixture(params=chosen("bunny", product(FAULTS, CLIENTS), ALWAYS), ids=" by ".join)
    def storage(self, fake: FakeBunny, request: pytest.FixtureRequest) -> Iterator[Storage]:
        name, self.client = request.param
        self.fake = fake
        fake.faults = FAULTS[name]
        with closing(self.reopen()) as store:
            yield store

    def test_objects_outlive_the_storage_that_wrote_them(self, storage: Storage) -> None:
        if any(isinstance(fault, StaleListing) for fault in self.fake.faults):
            pytest.skip("who opens the zone anew cannot know what another has just written")
        super().test_objects_outlive_the_storage_that_wrote_them(storage)

    def reopen(self) -> Storage:
        return store_on(self.fake, kind=Patient, client=self.client)
