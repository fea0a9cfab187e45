"""For which requests a fault is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia_bunny.testing import (
    Answers,
    CorruptsDownload,
    FakeBunny,
    Fault,
    LateDelete,
    NoDescribe,
    OddDates,
    StaleListing,
    Truncates,
)
from tests.bunny.fake.asking import Asking


def statuses(ask: Asking, *keys: str) -> list[int]:
    return [ask("DESCRIBE", key).status for key in keys]


def test_a_fault_is_for_the_kinds_it_names(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (Answers(503, on="list delete"),)
    assert ask("GET").status == 503
    assert ask("DELETE", "a").status == 503
    assert ask("GET", "a").status == 404
    assert ask("PUT", "a", b"body").status == 201
    assert ask("DESCRIBE", "a").status == 200


def test_a_fault_that_names_no_kind_is_for_all(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (Answers(503),)
    asked = [("GET", ""), ("GET", "a"), ("PUT", "a"), ("DESCRIBE", "a"), ("DELETE", "a")]
    assert {ask(*one).status for one in asked} == {503}


def test_a_fault_is_for_the_keys_of_its_pattern(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (Answers(503, key="photos/*.jpg"), Answers(502, on="list", key="b/"))
    assert statuses(ask, "photos/a.jpg", "photos/x/y.jpg") == [503, 503]
    assert statuses(ask, "photos/a.JPG", "a.jpg") == [404, 404]
    assert [ask("GET", folder).status for folder in ("b/", "b/c/", "")] == [502, 200, 200]
    fake.faults = (Answers(503, key=""),)
    assert [ask("GET", folder).status for folder in ("", "b/")] == [503, 200]


def test_a_fault_may_be_for_one_request_only(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (Answers(503, key="a", nth=2),)
    assert statuses(ask, "a", "b", "b", "a", "a") == [404, 404, 404, 503, 404]


def test_a_fault_may_be_for_some_requests(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (Answers(503, nth=range(2, 4)),)
    assert statuses(ask, *"abcd") == [404, 503, 503, 404]


def test_each_fault_counts_for_itself(fake: FakeBunny, ask: Asking) -> None:
    once = Answers(503, nth=1)
    fake.faults = (once, Answers(502, nth=1), Answers(500, nth=2), once)
    assert statuses(ask, "a", "a", "a") == [503, 500, 404]


def test_the_first_fault_stands_around_those_behind_it(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", b"0123456789")
    fake.faults = (CorruptsDownload(), Answers(503, nth=1), Answers(502))
    assert ask("GET", "a").told == (503, "Service Unavailable")
    assert ask("GET", "a").status == 502


def test_setting_faults_counts_from_the_beginning(fake: FakeBunny, ask: Asking) -> None:
    faults = (Answers(503, nth=1),)
    fake.faults = faults
    assert statuses(ask, "a", "a") == [503, 404]
    fake.faults = faults
    assert statuses(ask, "a", "a") == [503, 404]
    assert fake.faults == faults


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: NoDescribe(on="list"),
        lambda: Answers(503, on="upload"),
        lambda: Answers(503, nth=0),
        lambda: Answers(503, nth=range(3)),
        lambda: Answers(503, nth=range(5, 1)),
        lambda: Truncates(after=-1),
        lambda: StaleListing(requests=0),
        lambda: LateDelete(requests=0),
        lambda: OddDates(forms=()),
        lambda: OddDates(forms=("roman",)),
    ],
)
def test_a_fault_that_can_never_come_is_a_mistake(mistake: Callable[[], Fault]) -> None:
    with pytest.raises(ValueError):
        mistake()
