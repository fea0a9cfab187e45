"""The account's API: who may ask, what there is, and what was delivered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from buckia.secrets import Secret
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.testing import Fails, FakeAccount, FakeBunny, FakeEdge, PullZone
from tests.bunny.fake.asking import Answer, Asking
from tests.bunny.fake.visiting import NOON, Clock, Talking

DENIED = {"Message": "Authorization has been denied for this request."}
ASKED = [
    ("GET", "/storagezone"),
    ("GET", "/pullzone/101"),
    ("GET", "/statistics"),
    ("GET", "/region"),
    ("POST", "/purge?url=https%3A%2F%2Fsite.b-cdn.net%2Fa"),
    ("POST", "/pullzone/101/purgeCache"),
    ("GET", "/nothing"),
]
TODAY = "2026-01-31T00:00:00Z"


def error(answer: Answer) -> tuple[int, str, str]:
    assert set(answer.document) == {"ErrorKey", "Field", "Message"}
    assert answer.document["Message"]
    return answer.status, answer.document["ErrorKey"], answer.document["Field"]


@pytest.mark.parametrize(("method", "target"), ASKED)
@pytest.mark.parametrize("key", ["wrong", "", "ACCOUNT-SECRET", "secret"])
def test_only_the_account_s_key_opens_it(
    account: FakeAccount, site: PullZone, api: Talking, method: str, target: str, key: str
) -> None:
    answer = api(method, target, headers={"AccessKey": key})
    assert (answer.status, answer.document) == (401, DENIED)
    api.headers = {}
    assert api(method, target).status == 401


def test_the_log_tells_what_was_asked_and_no_key(account: FakeAccount, api: Talking) -> None:
    api.purge("https://a/b c")
    api("GET", "/region", headers={"AccessKey": "somebody-else"})
    first, second = account.requests
    assert (first.method, first.path, first.status) == ("POST", "/purge", 400)
    assert first.query == {"url": "https://a/b c"}
    assert (second.path, second.status) == ("/region", 401)
    assert first.headers["accesskey"] == second.headers["accesskey"] == "(hidden)"
    assert account.key not in str(account.requests)
    account.forget()
    assert account.requests == []


def test_a_storage_zone_is_told_as_it_is(fake: FakeBunny, site: PullZone, api: Talking) -> None:
    fake.tree.put("a/b", b"12345")
    fake.tree.put("c", b"67")
    [zone] = api.get("/storagezone").document
    assert zone["Name"] == "zone"
    assert (zone["Password"], zone["ReadOnlyPassword"]) == ("secret", "read-only-secret")
    assert fake.endpoint == f"http://{zone['StorageHostname']}"
    assert (zone["StorageUsed"], zone["FilesStored"]) == (7, 2)
    assert [one["Name"] for one in zone["PullZones"]] == ["site"]
    assert api.get(f"/storagezone/{zone['Id']}").document == zone


def test_a_zone_has_the_number_that_its_listings_tell(
    fake: FakeBunny, ask: Asking, api: Talking, site: PullZone
) -> None:
    fake.tree.put("a", b"")
    [zone] = api.get("/storagezone").document
    assert ask.item("a")["StorageZoneId"] == zone["Id"]
    assert api.get(f"/pullzone/{site.id}").document["StorageZoneId"] == zone["Id"] != site.id


def test_a_pull_zone_is_told_with_its_settings(
    account: FakeAccount, fake: FakeBunny, api: Talking
) -> None:
    zone = account.add_pull_zone(
        "pictures", fake, hostnames=["pictures.example"], security_key="hidden", checks_ip=True
    )
    [told] = api.get("/pullzone").document
    assert told == api.get(f"/pullzone/{zone.id}").document
    assert (told["Id"], told["Name"], told["OriginType"]) == (zone.id, "pictures", 2)
    [host] = told["Hostnames"]
    assert (host["Value"], host["IsSystemHostname"]) == ("pictures.example", False)
    assert (told["ZoneSecurityKey"], told["ZoneSecurityEnabled"]) == ("hidden", False)
    assert told["ZoneSecurityIncludeHashRemoteIP"] is told["IgnoreQueryStrings"] is True
    zone.secured, zone.ignores_queries = True, False
    told = api.get(f"/pullzone/{zone.id}").document
    assert (told["ZoneSecurityEnabled"], told["IgnoreQueryStrings"]) == (True, False)
    assert "hidden" not in repr(zone)


def test_a_pull_zone_has_an_address_of_the_service_if_no_other(site: PullZone) -> None:
    assert site.hostnames == ("site.b-cdn.net",)


def test_a_pull_zone_needs_a_name_and_addresses_and_a_zone_of_its_own(
    account: FakeAccount, fake: FakeBunny, site: PullZone
) -> None:
    with pytest.raises(ValueError, match="has site already"):
        account.add_pull_zone("site", fake, hostnames=["other"])
    with pytest.raises(ValueError, match=r"has site\.b-cdn\.net already"):
        account.add_pull_zone("other", fake, hostnames=["site.b-cdn.net"])
    with pytest.raises(ValueError, match="not of this account"):
        account.add_pull_zone("other", FakeBunny("other"))
    assert account.pull_zones.all() == [site]


def test_two_zones_of_one_name_are_no_account() -> None:
    with pytest.raises(ValueError, match="the same name"):
        FakeAccount(zones=[FakeBunny("a"), FakeBunny("b"), FakeBunny("a")])


def names(document: Any) -> list[str]:
    return [zone["Name"] for zone in document]


@pytest.fixture
def pulled(account: FakeAccount, fake: FakeBunny) -> list[str]:
    return [account.add_pull_zone(f"Pull-{number}", fake).name for number in range(12)]


def test_without_a_page_or_with_page_0_a_listing_is_a_bare_array(
    api: Talking, pulled: list[str]
) -> None:
    assert names(api.get("/pullzone").document) == pulled
    assert names(api.get("/pullzone", page="0", perPage="5").document) == pulled


def test_pages_are_counted_from_1_and_say_what_follows(api: Talking, pulled: list[str]) -> None:
    pages = [api.get("/pullzone", page=str(n), perPage="5").document for n in (1, 2, 3, 4)]
    assert [names(page["Items"]) for page in pages] == [pulled[:5], pulled[5:10], pulled[10:], []]
    assert [page["HasMoreItems"] for page in pages] == [True, True, False, False]
    assert [page["CurrentPage"] for page in pages] == [1, 2, 3, 4]
    assert {page["TotalItems"] for page in pages} == {12}


def test_a_page_that_ends_with_the_last_zone_is_the_last(api: Talking, pulled: list[str]) -> None:
    assert not api.get("/pullzone", page="1", perPage="12").document["HasMoreItems"]


def test_pages_may_be_smaller_than_asked(
    account: FakeAccount, api: Talking, pulled: list[str]
) -> None:
    account.largest_page = 3
    page = api.get("/pullzone", page="2", perPage="1000").document
    assert names(page["Items"]) == pulled[3:6]
    assert page["HasMoreItems"]
    with CoreApi(Secret(account.key), endpoint=account.endpoint) as client:
        assert [zone.name for zone in client.pull_zones()] == pulled


def test_a_search_finds_parts_of_names(api: Talking, pulled: list[str]) -> None:
    assert names(api.get("/pullzone", search="pull-1").document) == ["Pull-1", "Pull-10", "Pull-11"]
    page = api.get("/pullzone", page="1", search="-3").document
    assert (names(page["Items"]), page["TotalItems"]) == (["Pull-3"], 1)


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/pullzone?page=x", "page"),
        ("/pullzone?page=-1", "page"),
        ("/pullzone?perPage=4", "PerPage"),
        ("/pullzone?page=1&perPage=1001", "PerPage"),
        ("/storagezone?serach=a", "serach"),
        ("/pullzone/101?page=1", "page"),
        ("/region?page=1", "page"),
        ("/statistics?loadBandwidthUsed=yes", "loadBandwidthUsed"),
        ("/statistics?dateFrom=yesterday", "dateFrom"),
        ("/statistics?dateFrom=2026-02-02&dateTo=2026-02-01", "dateFrom"),
    ],
)
def test_what_makes_no_sense_is_refused(
    site: PullZone, api: Talking, target: str, field: str
) -> None:
    assert error(api.get(target)) == (400, "validation_error", field)


@pytest.mark.parametrize(
    ("method", "target", "key"),
    [
        ("GET", "/storagezone/1", "storageZone.not_found"),
        ("GET", "/storagezone/101", "storageZone.not_found"),
        ("GET", "/storagezone/1/statistics", "storageZone.not_found"),
        ("GET", "/pullzone/1", "pullZone.not_found"),
        ("GET", "/statistics?pullZone=1", "pullZone.not_found"),
        ("POST", "/pullzone/1/purgeCache", "pullZone.not_found"),
    ],
)
def test_what_the_account_does_not_have_is_not_found(
    site: PullZone, api: Talking, method: str, target: str, key: str
) -> None:
    assert error(api(method, target))[:2] == (404, key)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/purge?url=https%3A%2F%2Fsite.b-cdn.net%2Fa"),
        ("POST", "/storagezone"),
        ("DELETE", "/pullzone/101"),
        ("GET", "/pullzone/101/purgeCache"),
        ("GET", "/pullzone/abc"),
        ("GET", "/pullzone/101/"),
        ("GET", "/"),
    ],
)
def test_what_the_fake_does_not_do_is_not_there(
    account: FakeAccount, site: PullZone, api: Talking, method: str, target: str
) -> None:
    answer = api(method, target)
    assert (answer.status, answer.body) == (404, b"")
    assert account.pull_zones.all() == [site]


def test_the_client_understands_all_of_it(
    account: FakeAccount, fake: FakeBunny, site: PullZone
) -> None:
    with CoreApi(Secret(account.key), endpoint=account.endpoint) as client:
        [zone] = client.storage_zones()
        assert client.storage_zone(zone.id) == zone
        assert zone.password == Secret("secret")
        assert zone.pull_zones == client.pull_zones() == (client.pull_zone(site.id),)
        assert client.storage_statistics(zone.id).file_count_chart == {TODAY: 0}
        assert client.statistics(site.id).total_requests_served == 0
        assert len({region.region_code for region in client.regions()}) > 1
        client.purge_url("https://site.b-cdn.net/a", exact=True)
        client.purge_zone(site.id)
    assert {asked.status for asked in account.requests} == {200, 204}


def test_storage_is_told_for_today_where_that_is_asked_for(
    fake: FakeBunny, api: Talking, clock: Clock
) -> None:
    fake.tree.put("a", b"12345")
    [zone] = api.get("/storagezone").document
    path = f"/storagezone/{zone['Id']}/statistics"
    charts = {"StorageUsedChart": {TODAY: 5}, "FileCountChart": {TODAY: 1}}
    assert api.get(path).document == charts
    assert api.get(path, dateFrom="2026-01-31", dateTo="2026-01-31").document == charts
    assert api.get(path, dateTo="2026-01-30").document == {chart: {} for chart in charts}


CHARTS = {
    "BandwidthUsedChart": "loadBandwidthUsed",
    "RequestsServedChart": "loadRequestsServed",
    "CacheHitRateChart": "loadRequestsServed",
    "OriginTrafficChart": "loadOriginTraffic",
    "OriginResponseTimeChart": "loadOriginResponseTimes",
    "GeoTrafficDistribution": "loadGeographicTrafficDistribution",
}


@pytest.fixture
def visited(fake: FakeBunny, site: PullZone, visitor: Talking, clock: Clock) -> PullZone:
    """Three requests yesterday, and one today at noon."""
    fake.tree.put("a", b"12345")
    clock.now = NOON - 86_400
    for path in ("/a", "/a", "/missing"):
        visitor.visit(path)
    clock.now = NOON
    visitor.visit("/a")
    return site


def test_what_was_delivered_is_told(visited: PullZone, api: Talking) -> None:
    loads = dict.fromkeys(CHARTS.values(), "true")
    told = api.get("/statistics", pullZone=str(visited.id), **loads).document
    missing = visited.deliveries[2].size
    before = "2026-01-30T00:00:00Z"
    assert told["TotalRequestsServed"] == 4
    assert told["TotalBandwidthUsed"] == 15 + missing
    assert told["TotalOriginTraffic"] == 5 + missing
    assert told["CacheHitRate"] == 50
    assert told["BandwidthUsedChart"] == {before: 10 + missing, TODAY: 5}
    assert told["RequestsServedChart"] == {before: 3, TODAY: 1}
    assert told["OriginTrafficChart"] == {before: 5 + missing, TODAY: 0}
    assert told["CacheHitRateChart"][TODAY] == 100
    assert list(told["GeoTrafficDistribution"].values()) == [15 + missing]


def test_days_and_hours_can_be_chosen(visited: PullZone, api: Talking) -> None:
    query = {"loadRequestsServed": "true", "dateFrom": "2026-01-31", "hourly": "true"}
    told = api.get("/statistics", **query).document
    assert told["TotalRequestsServed"] == 1
    assert told["RequestsServedChart"] == {"2026-01-31T12:00:00Z": 1}
    assert api.get("/statistics", dateTo="2026-01-29").document["CacheHitRate"] == 0


@pytest.mark.parametrize("load", sorted(set(CHARTS.values())))
def test_only_charts_that_are_asked_for_are_told(
    visited: PullZone, api: Talking, load: str
) -> None:
    told = api.get("/statistics", **{load: "true"}).document
    assert {name for name in CHARTS if told[name] is not None} == {
        name for name, wanted in CHARTS.items() if wanted == load
    }
    assert told["TotalRequestsServed"] == 4


def test_statistics_of_one_pull_zone_are_not_those_of_another(
    account: FakeAccount, fake: FakeBunny, visited: PullZone, api: Talking
) -> None:
    other = account.add_pull_zone("other", fake)
    assert api.get("/statistics", pullZone=str(other.id)).document["TotalRequestsServed"] == 0
    assert api.get("/statistics", pullZone="-1").document["TotalRequestsServed"] == 4


def test_answers_can_be_replaced(account: FakeAccount, site: PullZone, api: Talking) -> None:
    account.faults = (
        Fails(on="GET /pullzone*", status=503, body=b"no", headers=(("Retry-After", "7"),), nth=2),
    )
    statuses = [api.get(path).status for path in ("/pullzone", "/region", "/pullzone/101")]
    assert statuses == [200, 200, 503]
    assert api.get("/pullzone/101").status == 200
    account.faults = (Fails(status=500, nth=range(1, 3)),)
    answers = [api.get("/region") for _ in range(3)]
    assert [answer.status for answer in answers] == [500, 500, 200]


def test_what_a_replaced_answer_says_arrives(account: FakeAccount, api: Talking) -> None:
    account.faults = (Fails(status=429, body=b"<html>", headers=(("Retry-After", "7"),)),)
    answer = api("GET", "/region", headers={"AccessKey": "wrong"})
    assert (answer.status, answer.body, answer.headers["Retry-After"]) == (429, b"<html>", "7")


def test_a_connection_can_be_lost(account: FakeAccount, api: Talking) -> None:
    account.faults = (Fails(on="* /region", status=0, nth=1),)
    with pytest.raises(ConnectionError):
        api.get("/region")
    assert api.get("/region").status == 200
    assert [asked.status for asked in account.requests] == [None, 200]


@pytest.mark.parametrize("is_done", [True, False])
def test_what_was_asked_for_may_be_done_though_nobody_hears_it(
    account: FakeAccount,
    fake: FakeBunny,
    site: PullZone,
    api: Talking,
    visitor: Talking,
    is_done: bool,
) -> None:
    fake.tree.put("a", b"old")
    visitor.visit("/a")
    fake.tree.put("a", b"new")
    account.faults = (Fails(on="POST /purge", status=0, after_all=is_done),)
    with pytest.raises(ConnectionError):
        api.purge("https://site.b-cdn.net/a")
    assert visitor.visit("/a").body == (b"new" if is_done else b"old")


@pytest.mark.parametrize(
    ("status", "body", "nth"),
    [(99, b"", None), (600, b"", None), (0, b"x", None), (204, b"x", None), (500, b"", 0)],
)
def test_a_failure_that_cannot_be_is_a_mistake(status: int, body: bytes, nth: int | None) -> None:
    with pytest.raises(ValueError, match=r"status|counted"):
        Fails(status=status, body=body, nth=nth)


def test_without_a_clock_the_time_is_that_of_the_machine(fake: FakeBunny) -> None:
    begun = datetime.now(UTC).date()
    with FakeAccount(zones=[fake]) as account, FakeEdge(account) as edge:
        site = account.add_pull_zone("site", fake)
        visitor = Talking(edge, {})
        visitor.visit("/a")
        visitor.connection.close()
    day = datetime.fromtimestamp(site.deliveries[0].moment, UTC).date()
    assert begun <= day <= datetime.now(UTC).date()
