"""What is purged after a change, at which pace, and what is told of failures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia.errors import AccessDenied, NotFound, StorageError, Unavailable
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.cdn.purging import (
    BROAD_BURST,
    BROAD_RATE,
    EXACT_BURST,
    EXACT_RATE,
    HOPELESS,
    PATIENCE,
    TRIES,
    Purge,
    Purged,
    Purger,
    is_broad,
    plan,
)
from tests.bunny.cdn.fake_api import FakeApi, refusal

ZONE = "https://site.b-cdn.net/"


def files(count: int, folder: str = "") -> list[str]:
    return [f"{ZONE}{folder}{n:05}.jpg" for n in range(count)]


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Account:
    """Counts as the service says that it counts, and fails where it is told to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.asked: list[tuple[float, str, bool]] = []
        self.zones: list[int] = []
        self.fails: Callable[[str, int], StorageError | None] = lambda _url, _time: None

    def purge_url(self, url: str, *, exact: bool) -> None:
        self.asked.append((self._clock(), url, exact))
        if error := self.fails(url, sum(url == one for _, one, _ in self.asked)):
            raise error

    def purge_zone(self, zone: int) -> None:
        self.zones.append(zone)

    @property
    def urls(self) -> list[str]:
        return [url for _, url, _ in self.asked]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock) -> Account:
    return Account(clock)


@pytest.fixture
def purger(account: Account, clock: Clock) -> Purger:
    return Purger(account, clock.pause, clock=clock)


@pytest.mark.parametrize("wish", ["changed", "zone", "off"])
def test_nothing_is_purged_where_nothing_changed(wish: str) -> None:
    assert plan([], wish=wish, zone_url=ZONE) == Purge(kind="nothing")  # type: ignore[arg-type] # one of them


def test_nothing_is_purged_where_nobody_wants_it() -> None:
    assert plan(files(3), wish="off", zone_url=ZONE) == Purge(kind="nothing")


def test_a_wish_for_the_zone_clears_it_for_one_change() -> None:
    assert plan(files(1), wish="zone", zone_url=ZONE.rstrip("/")) == Purge(
        kind="zone", urls=(ZONE,)
    )


def test_up_to_the_limit_single_addresses_are_purged() -> None:
    urls = files(EXACT_BURST)
    found = plan([*reversed(urls), *urls], wish="changed", zone_url=ZONE)
    assert found == Purge(kind="addresses", urls=tuple(urls))


def test_beyond_the_limit_the_folder_of_all_is_purged() -> None:
    urls = files(EXACT_BURST + 1, "a/b/")
    assert plan(urls, wish="changed", zone_url=ZONE) == Purge(kind="folder", urls=(f"{ZONE}a/b/",))


def test_the_folder_ends_at_a_slash_and_not_inside_of_a_name() -> None:
    urls = [*files(100, "a/bc1/"), *files(100, "a/bc2/")]
    assert plan(urls, wish="changed", zone_url=ZONE).urls == (f"{ZONE}a/",)
    urls = files(121, "a/img-")
    assert plan(urls, wish="changed", zone_url=ZONE).urls == (f"{ZONE}a/",)


def test_what_has_no_folder_in_common_clears_the_zone() -> None:
    urls = [*files(120, "a/"), *files(1, "b/")]
    assert plan(urls, wish="changed", zone_url=ZONE) == Purge(kind="zone", urls=(ZONE,))


def test_slashes_behind_a_question_mark_are_no_folders() -> None:
    urls = [f"{ZONE}a/b?x=/c/{n}" for n in range(121)]
    assert plan(urls, wish="changed", zone_url=ZONE).urls == (f"{ZONE}a/",)


def test_addresses_that_count_as_folders_have_the_limit_of_folders() -> None:
    urls = [f"{ZONE}a/{n}/" for n in range(BROAD_BURST)]
    mixed = [*urls, *files(EXACT_BURST, "a/")]
    assert plan(mixed, wish="changed", zone_url=ZONE).kind == "addresses"
    assert plan([*mixed, f"{ZONE}a/*"], wish="changed", zone_url=ZONE).urls == (f"{ZONE}a/",)


@pytest.mark.parametrize(
    "url", ["https://other.b-cdn.net/a", "http://site.b-cdn.net/a", "/a", f"{ZONE}a#b"]
)
def test_an_address_outside_of_the_zone_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no address below"):
        plan([url], wish="changed", zone_url=ZONE)


@pytest.mark.parametrize("zone", ["site.b-cdn.net", f"{ZONE}a", f"{ZONE}?a", "", "https:///"])
def test_a_zone_is_named_by_its_address(zone: str) -> None:
    with pytest.raises(ValueError, match="no address of a pull zone"):
        plan([], wish="off", zone_url=zone)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "", "?", "ab"]), min_size=1).map("/".join),
        min_size=1,
        max_size=300,
    ).map(lambda paths: [f"{ZONE}{path}{n}" for n, path in enumerate(paths)])
)
def test_whatever_changed_is_purged(urls: list[str]) -> None:
    found = plan(urls, wish="changed", zone_url=ZONE)
    if found.kind == "addresses":
        assert set(found.urls) == set(urls)
        assert sum(not is_broad(url) for url in found.urls) <= EXACT_BURST
    else:
        (folder,) = found.urls
        assert folder.endswith("/")
        assert "?" not in folder
        assert all(url.startswith(folder) for url in urls)


def test_single_addresses_are_asked_for_exactly_and_at_once(
    purger: Purger, account: Account, clock: Clock
) -> None:
    urls = files(EXACT_BURST)
    found = purger.carry_out(plan(urls, wish="changed", zone_url=ZONE))
    assert found == Purged(done=tuple(urls))
    assert account.asked == [(1000.0, url, True) for url in urls]
    assert not clock.waits


@pytest.mark.parametrize(
    ("urls", "burst", "rate"),
    [
        (files(EXACT_BURST + 50), EXACT_BURST, EXACT_RATE),
        ([f"{ZONE}{n}/" for n in range(BROAD_BURST + 5)], BROAD_BURST, BROAD_RATE),
    ],
    ids=["exact", "broad"],
)
def test_no_more_is_asked_for_than_the_service_allows(
    purger: Purger, account: Account, urls: list[str], burst: int, rate: float
) -> None:
    # Two plans that come one after the other share the allowance.
    for part in (urls[:10], urls[10:]):
        assert purger.carry_out(Purge(kind="addresses", urls=tuple(part))).done == tuple(part)
    times = [when for when, _url, _exact in account.asked]
    assert times[:burst] == [1000.0] * burst
    late = [1000.0 + n / rate for n in range(1, len(urls) - burst + 1)]
    assert times[burst:] == pytest.approx(late)


def test_the_allowance_comes_back_with_time_but_not_beyond_its_measure(
    purger: Purger, account: Account, clock: Clock
) -> None:
    purger.carry_out(Purge(kind="addresses", urls=tuple(files(EXACT_BURST))))
    clock.now += 1e6
    purger.carry_out(Purge(kind="addresses", urls=tuple(files(EXACT_BURST + 1))))
    assert clock.waits == pytest.approx([1 / EXACT_RATE])


def test_a_folder_is_asked_for_as_a_folder(purger: Purger, account: Account) -> None:
    found = purger.carry_out(plan(files(121, "a/"), wish="changed", zone_url=ZONE))
    assert account.asked == [(1000.0, f"{ZONE}a/", False)]
    assert found == Purged(done=(f"{ZONE}a/",))


def test_a_zone_is_cleared_by_its_number_or_else_by_its_address(
    account: Account, clock: Clock
) -> None:
    whole = plan(files(1), wish="zone", zone_url=ZONE)
    assert Purger(account, clock.pause, clock=clock).carry_out(whole).done == (ZONE,)
    assert account.asked == [(1000.0, ZONE, False)]
    assert Purger(account, clock.pause, clock=clock, zone=3).carry_out(whole).done == (ZONE,)
    assert account.zones == [3]
    assert len(account.asked) == 1


def test_nothing_is_asked_for_where_nothing_is_planned(purger: Purger, account: Account) -> None:
    assert purger.carry_out(Purge(kind="nothing")) == Purged()
    assert not account.asked


def test_a_refusal_for_now_is_waited_out_and_tried_again(
    purger: Purger, account: Account, clock: Clock
) -> None:
    account.fails = lambda _url, time: Unavailable("429", wait=7) if time < TRIES else None
    urls = files(1)
    assert purger.carry_out(Purge(kind="addresses", urls=tuple(urls))).done == tuple(urls)
    assert account.urls == urls * TRIES
    assert clock.waits == [7.0] * (TRIES - 1)


def test_a_refusal_without_a_wait_is_waited_out_longer_each_time(
    purger: Purger, account: Account, clock: Clock
) -> None:
    account.fails = lambda _url, time: Unavailable("429") if time < TRIES else None
    purger.carry_out(Purge(kind="folder", urls=(ZONE,)))
    assert clock.waits == [2.0, 4.0, 8.0]


def test_a_refusal_says_that_others_have_used_the_allowance_up(
    purger: Purger, account: Account, clock: Clock
) -> None:
    urls = files(3)
    account.fails = lambda url, time: (
        Unavailable("429", wait=0.0) if url == urls[0] and time == 1 else None
    )
    assert purger.carry_out(Purge(kind="addresses", urls=tuple(urls))).done == tuple(urls)
    assert [when for when, _, _ in account.asked] == pytest.approx([1000.0, 1000.2, 1000.4, 1000.6])


def test_tries_are_counted_and_the_failure_is_told(
    purger: Purger, account: Account, clock: Clock
) -> None:
    error = Unavailable("429", wait=1)
    account.fails = lambda url, _time: error if url == urls[1] else None
    urls = files(3)
    found = purger.carry_out(Purge(kind="addresses", urls=tuple(urls)))
    assert found.done == (urls[0], urls[2])
    assert [(failure.url, failure.error) for failure in found.failed] == [(urls[1], error)]
    assert account.urls == [urls[0], *[urls[1]] * TRIES, urls[2]]


def test_nobody_waits_beyond_patience(purger: Purger, account: Account, clock: Clock) -> None:
    account.fails = lambda _url, _time: Unavailable("429", wait=PATIENCE + 1)
    found = purger.carry_out(Purge(kind="folder", urls=(ZONE,)))
    assert [failure.url for failure in found.failed] == [ZONE]
    assert not clock.waits
    assert len(account.asked) == 1


def test_an_address_that_is_refused_stops_no_other(purger: Purger, account: Account) -> None:
    urls = files(10)
    account.fails = lambda url, _time: None if url == urls[5] else NotFound("nothing there")
    found = purger.carry_out(Purge(kind="addresses", urls=tuple(urls)))
    assert found.done == (urls[5],)
    assert [failure.url for failure in found.failed] == [*urls[:5], *urls[6:]]
    assert account.urls == urls


def test_a_refused_key_ends_it_and_leaves_nothing_untold(purger: Purger, account: Account) -> None:
    urls = files(4)
    account.fails = lambda url, _time: AccessDenied("no") if url == urls[1] else None
    found = purger.carry_out(Purge(kind="addresses", urls=tuple(urls)))
    assert found.done == (urls[0],)
    assert [failure.url for failure in found.failed] == urls[1:]
    assert {type(failure.error) for failure in found.failed} == {AccessDenied}
    assert account.urls == urls[:2]


def test_a_service_that_is_silent_is_not_asked_for_each_address(
    purger: Purger, account: Account
) -> None:
    urls = files(HOPELESS + 5)
    account.fails = lambda url, _time: None if url == urls[1] else Unavailable("nothing")
    found = purger.carry_out(Purge(kind="addresses", urls=tuple(urls)))
    assert found.done == (urls[1],)
    assert [failure.url for failure in found.failed] == [urls[0], *urls[2:]]
    # The one that was heard in between began the count anew.
    assert set(account.urls) == set(urls[: 2 + HOPELESS])


def test_whoever_ends_the_wait_ends_the_purge(account: Account, clock: Clock) -> None:
    class Stopped(Exception):
        pass

    def pause(_seconds: float) -> None:
        raise Stopped

    account.fails = lambda _url, _time: Unavailable("429")
    with pytest.raises(Stopped):
        Purger(account, pause, clock=clock).carry_out(Purge(kind="folder", urls=(ZONE,)))
    assert len(account.asked) == 1


def test_the_service_s_own_refusals_are_waited_out(
    fake: FakeApi, api: CoreApi, clock: Clock
) -> None:
    fake.purges_left = 2

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        fake.purges_left = 5

    urls = files(4)
    fake.next.append(refusal(400, "no"))
    found = Purger(api, pause, clock=clock).carry_out(plan(urls, wish="changed", zone_url=ZONE))
    assert found.done == tuple(urls[1:])
    assert [failure.url for failure in found.failed] == [urls[0]]
    assert fake.purged == urls[1:]
    assert clock.waits[0] == 7
