"""The kit is tested by stores that misbehave: each lie fails a case that is named for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from buckia.testing import StorageConformance
from tests.conformance import (
    liars_asking,
    liars_begun,
    liars_bytes,
    liars_changes,
    liars_copies,
    liars_disk,
    liars_facts,
    liars_holding,
    liars_listing,
    liars_outlines,
    liars_parts,
    liars_pieces,
    liars_probes,
    liars_publishing,
    liars_sending,
    liars_together,
)
from tests.conformance.disk_like import DiskLike
from tests.conformance.liar import LIARS, DiskLiar, Liar
from tests.conformance.runner import Examined, case_names, failure

MODULES = (
    *(liars_asking, liars_begun, liars_sending, liars_together),
    *(liars_bytes, liars_changes, liars_copies, liars_disk),
    *(liars_facts, liars_holding, liars_listing, liars_outlines),
    *(liars_parts, liars_pieces, liars_probes, liars_publishing),
)
LIES = [(liar, case) for liar in LIARS for case in liar.cases]


@pytest.mark.parametrize(
    ("liar", "case"), LIES, ids=[f"{liar.__name__}-{case[5:]}" for liar, case in LIES]
)
def test_a_store_that_lies_is_caught_by_its_case(
    liar: type[Liar | DiskLiar], case: str, tmp_path: Path
) -> None:
    assert failure(case, liar, tmp_path) is not None


@pytest.mark.parametrize("honest", [Liar, DiskLike])
def test_an_honest_store_passes_every_case(honest: type[Liar | DiskLike], tmp_path: Path) -> None:
    failures = {case: failure(case, honest, tmp_path) for case in case_names()}
    assert {case: how for case, how in failures.items() if how} == {}


def test_every_case_of_the_kit_catches_somebody() -> None:
    caught = {case for _, case in LIES}
    assert caught == set(case_names())


def test_no_liar_is_forgotten() -> None:
    assert {liar.__module__ for liar in LIARS} == {module.__name__ for module in MODULES}
    assert all(liar.cases for liar in LIARS)


def test_no_case_hides_another_of_its_name() -> None:
    defined = Counter(
        name
        for part in StorageConformance.__mro__
        for name in vars(part)
        if name.startswith("test_")
    )
    assert [name for name, count in defined.items() if count > 1] == []


def test_the_kit_has_more_than_sixty_cases_and_each_says_why() -> None:
    assert len(case_names()) > 60
    for name in case_names():
        why = getattr(Examined, name).__doc__
        assert why, name
        assert why.strip().endswith("."), name


def test_every_case_is_a_sentence() -> None:
    for name in case_names():
        assert len(name.split("_")) > 3, name
