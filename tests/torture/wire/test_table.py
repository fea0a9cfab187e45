"""Each fault once, and nothing left out in silence. The table itself is for the long form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.torture.wire.asked import BUNNY_KINDS, S3_KINDS, Kind
from tests.torture.wire.faults import FAULTS
from tests.torture.wire.knock import UNKNOWN, knock, knocks
from tests.torture.wire.medley import medley
from tests.torture.wire.place import Stand, stand
from tests.torture.wire.play import Cell, cells, play
from tests.torture.wire.storm import storm

KINDS = {"s3": S3_KINDS, "bunny": BUNNY_KINDS}
PATIENT = {"silence in the body", "head byte by byte"}
"""Of the faults that have to be waited for, those that are played here."""


@pytest.fixture(scope="module", params=KINDS)
def here(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("wire"), request.param) as found:
        yield found


def names(ground: str, *, lies: bool) -> list[str]:
    """The faults that this ground knows, apart from those that take time."""
    known = {cell.fault for cell in cells(ground, KINDS[ground])[0]}
    return [
        name
        for name, fault in FAULTS.items()
        if name in known
        and fault.lies_to(ground) is lies
        and not (fault.waits and name not in PATIENT)
    ]


def test_faults_of_all_kinds_cost_no_more_than_a_failed_sync(here: Stand) -> None:
    wanted = names(here.wired.name, lies=False)
    assert medley(here, wanted, seed=1) == []


def test_what_nobody_can_tell_from_the_truth_loses_nothing(here: Stand) -> None:
    wanted = names(here.wired.name, lies=True)
    assert medley(here, wanted, seed=1, lies=True) == []


def test_a_storm_ends_with_the_truth_and_loses_nothing(here: Stand) -> None:
    before = Cell(here.wired.name, "answer lost by a FIN", "put", often=False)
    play(here, before, 1)
    assert storm(here, 1, rounds=1)
    # Whatever bucket the storm had, what is played behind it finds its own as it should be.
    play(here, before, 2)


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("ground", [*KINDS, "plain s3"])
def test_a_storm_has_some_harm_for_each_kind_of_request(ground: str, *, is_slow: bool) -> None:
    for kind in (*KINDS.get(ground, S3_KINDS), Kind("other")):
        assert any(
            fault.waits is is_slow
            and not fault.heavy
            and not fault.hindrance(ground, kind)
            and not fault.lies_to(ground, kind.name)
            for fault in FAULTS.values()
        ), kind.name


DOORS = {"s3": ("certificate of a stranger", "https"), "bunny": (UNKNOWN, "https")}


def test_where_there_is_no_connection_the_bucket_is_unreachable_and_not_empty(here: Stand) -> None:
    wanted = (*DOORS[here.wired.name], True)
    one = next(one for one in knocks(here.wired.name) if (one.how, one.scheme, one.often) == wanted)
    assert knock(here, one, 1) == "exit code 4"


@pytest.mark.parametrize("ground", KINDS)
def test_each_fault_is_played_with_each_kind_of_request_or_there_is_a_reason(ground: str) -> None:
    played, left_out = cells(ground, KINDS[ground])
    pairs = {f"{cell.fault}: {cell.kind}" for cell in played}
    everything = {f"{fault}: {kind.name}" for fault in FAULTS for kind in KINDS[ground]}
    assert pairs | set(left_out) == everything
    assert all(left_out.values())


def test_no_fault_is_without_a_request_that_it_can_harm() -> None:
    played = {cell.fault for ground in KINDS for cell in cells(ground, KINDS[ground])[0]}
    assert played == set(FAULTS)
