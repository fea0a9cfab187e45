"""The account's API: what is asked, what is read of the answers, and what errors they become."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from buckia.errors import (
    AccessDenied,
    BuckiaError,
    ConfigError,
    NotFound,
    StorageError,
    Unavailable,
)
from buckia.secrets import Secret
from buckia_bunny.cdn import api as core
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.cdn.models import Hostname, PullZone
from tests.bunny.cdn.fake_api import CUT, KEY, Answer, Asked, FakeApi, refusal, told

Call = Callable[[CoreApi], object]
CALLS: dict[str, Call] = {
    "storage_zones": lambda api: api.storage_zones(),
    "storage_zone": lambda api: api.storage_zone(1),
    "pull_zones": lambda api: api.pull_zones(),
    "pull_zone": lambda api: api.pull_zone(1),
    "purge_url": lambda api: api.purge_url("https://a.b-cdn.net/a", exact=True),
    "purge_zone": lambda api: api.purge_zone(1),
    "statistics": lambda api: api.statistics(1),
    "storage_statistics": lambda api: api.storage_statistics(1),
    "regions": lambda api: api.regions(),
}
TOLD = {name: call for name, call in CALLS.items() if not name.startswith("purge")}


def every(calls: dict[str, Call]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("call", calls.values(), ids=calls.keys())


def zones(count: int, first: int = 1) -> list[dict[str, Any]]:
    return [{"Id": n, "Name": f"zone-{n}"} for n in range(first, first + count)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("has_pages", [True, False])
def test_all_zones_are_listed_in_either_shape(
    fake: FakeApi, api: CoreApi, count: int, has_pages: bool
) -> None:
    fake.largest_page, fake.has_pages = 2, has_pages
    fake.listings["/storagezone"] = zones(count)
    fake.listings["/pullzone"] = zones(count, first=50)
    assert [zone.id for zone in api.storage_zones()] == list(range(1, count + 1))
    assert [zone.id for zone in api.pull_zones()] == list(range(50, 50 + count))


def test_a_listing_asks_for_one_page_after_the_other(fake: FakeApi, api: CoreApi) -> None:
    fake.largest_page = 2
    fake.listings["/pullzone"] = zones(3)
    api.pull_zones()
    assert [asked.query["page"] for asked in fake.asked] == ["1", "2"]
    assert {asked.path for asked in fake.asked} == {"/pullzone"}


def test_a_search_goes_to_the_service_with_every_page(fake: FakeApi, api: CoreApi) -> None:
    fake.largest_page = 1
    fake.listings["/storagezone"] = [*zones(3), {"Id": 9, "Name": "a&b zone"}]
    assert [zone.id for zone in api.storage_zones("a&b")] == [9]
    assert [zone.id for zone in api.storage_zones("zone-")] == [1, 2, 3]
    assert {asked.query["search"] for asked in fake.asked[1:]} == {"zone-"}
    api.storage_zones()
    assert "search" not in fake.asked[-1].query


def test_a_full_array_is_asked_for_its_next_page(fake: FakeApi, api: CoreApi) -> None:
    fake.next += [told(zones(1000)), told(zones(1, first=1001))]
    assert len(api.storage_zones()) == 1001
    fake.asked.clear()
    # One that leaves pages out gives the same again.
    fake.next += [told(zones(1002)), told(zones(1002))]
    assert len(api.storage_zones()) == 1002
    assert len(fake.asked) == 2


def test_pages_without_end_are_none(
    fake: FakeApi, api: CoreApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "MOST_PAGES", 5)
    fake.next += [
        told({"Items": zones(1, first=number), "HasMoreItems": True}) for number in range(1, 9)
    ]
    with pytest.raises(Unavailable, match="no end"):
        api.storage_zones()
    assert len(fake.asked) == 5


def test_a_zone_that_moved_to_the_next_page_is_told_once(fake: FakeApi, api: CoreApi) -> None:
    fake.next += [
        told({"Items": zones(2), "HasMoreItems": True}),
        told({"Items": zones(2, first=2), "HasMoreItems": False}),
    ]
    assert [zone.id for zone in api.storage_zones()] == [1, 2, 3]


def test_the_total_says_it_where_nothing_else_does(fake: FakeApi, api: CoreApi) -> None:
    fake.next += [
        told({"Items": zones(2), "TotalItems": 3}),
        told({"Items": zones(1, first=3), "TotalItems": 3}),
    ]
    assert len(api.storage_zones()) == 3


@pytest.mark.parametrize(
    "pages",
    [
        [{"Items": zones(1), "HasMoreItems": True}, {"Items": [], "HasMoreItems": True}],
        [{"Items": zones(1), "HasMoreItems": True}, {"Items": zones(1), "HasMoreItems": True}],
        [{"Items": zones(1), "HasMoreItems": False, "TotalItems": 2}],
        [{"Items": [], "HasMoreItems": False, "TotalItems": 2}],
    ],
)
def test_a_listing_that_lacks_zones_is_no_listing(
    fake: FakeApi, api: CoreApi, pages: list[Any]
) -> None:
    fake.next += [told(page) for page in pages]
    with pytest.raises(Unavailable, match="zones"):
        api.storage_zones()


def test_a_total_of_all_zones_is_no_measure_for_a_search(fake: FakeApi, api: CoreApi) -> None:
    fake.next.append(told({"Items": zones(1), "HasMoreItems": False, "TotalItems": 5}))
    assert len(api.storage_zones("zone")) == 1


def test_a_storage_zone_is_told_with_what_is_of_use(fake: FakeApi, api: CoreApi) -> None:
    fake.listings["/storagezone"] = [
        {
            "Id": 7,
            "Name": "site",
            "Password": "rw-hidden",
            "ReadOnlyPassword": "ro-hidden",
            "Region": "NY",
            "ReplicationRegions": ["LA", "SG"],
            "StorageHostname": "ny.storage.bunnycdn.com",
            "StorageUsed": 1 << 53,
            "FilesStored": 12,
            "DateModified": "2026-01-31T10:00:00",
            "Deleted": True,
            "ZoneTier": 1,
            "StorageZoneType": 0,
            "PullZones": [{"Id": 3, "Name": "cdn", "ZoneSecurityKey": "key-hidden"}],
            "Discount": 0,
        }
    ]
    zone = api.storage_zone(7)
    assert (zone.id, zone.name, zone.region) == (7, "site", "NY")
    assert zone.replication_regions == ("LA", "SG")
    assert zone.storage_hostname == "ny.storage.bunnycdn.com"
    assert (zone.storage_used, zone.files_stored) == (1 << 53, 12)
    assert (zone.deleted, zone.zone_tier, zone.storage_zone_type) == (True, 1, 0)
    assert zone.date_modified == "2026-01-31T10:00:00"
    assert zone.password == Secret("rw-hidden")
    assert zone.read_only_password == Secret("ro-hidden")
    assert zone.pull_zones[0].zone_security_key == Secret("key-hidden")
    assert "hidden" not in f"{zone!r}{zone}"
    assert api.storage_zones() == (zone,)


def test_a_pull_zone_is_told_with_what_is_of_use(fake: FakeApi, api: CoreApi) -> None:
    fake.listings["/pullzone"] = [
        {
            "Id": 3,
            "Name": "cdn",
            "Hostnames": [
                {
                    "Id": 1,
                    "Value": "cdn.b-cdn.net",
                    "ForceSSL": True,
                    "IsSystemHostname": True,
                    "HasCertificate": False,
                }
            ],
            "Enabled": True,
            "Suspended": False,
            "OriginUrl": None,
            "OriginType": 2,
            "StorageZoneId": 7,
            "Type": 0,
            "ZoneSecurityEnabled": True,
            "ZoneSecurityKey": "key-hidden",
            "ZoneSecurityIncludeHashRemoteIP": True,
            "IgnoreQueryStrings": True,
            "CacheControlMaxAgeOverride": -1,
            "MonthlyBandwidthUsed": 5,
            "MonthlyBandwidthLimit": 0,
        }
    ]
    zone = api.pull_zone(3)
    assert zone == PullZone(
        id=3,
        name="cdn",
        hostnames=(
            Hostname(
                id=1,
                value="cdn.b-cdn.net",
                force_ssl=True,
                is_system_hostname=True,
                has_certificate=False,
            ),
        ),
        enabled=True,
        suspended=False,
        origin_type=2,
        storage_zone_id=7,
        type=0,
        zone_security_enabled=True,
        zone_security_key=Secret("key-hidden"),
        zone_security_include_hash_remote_ip=True,
        ignore_query_strings=True,
        cache_control_max_age_override=-1,
        monthly_bandwidth_used=5,
        monthly_bandwidth_limit=0,
    )
    assert "hidden" not in f"{zone!r}{zone}"


def test_fields_that_are_absent_or_null_are_unknown(fake: FakeApi, api: CoreApi) -> None:
    fake.next.append(told({"Id": 7, "Name": None, "ReplicationRegions": None, "Password": None}))
    zone = api.storage_zone(7)
    assert (zone.name, zone.replication_regions, zone.password) == ("", (), None)
    assert zone.storage_used is None


def test_an_exact_purge_names_the_very_address(fake: FakeApi, api: CoreApi) -> None:
    url = "https://a.b-cdn.net/a%20b/ü+&c=d?x=%2F*"
    api.purge_url(url, exact=True)
    api.purge_url("https://a.b-cdn.net/", exact=False)
    assert fake.purged == [url, "https://a.b-cdn.net/"]
    assert [asked.query["exactPath"] for asked in fake.asked] == ["true", "false"]
    assert {asked.query["async"] for asked in fake.asked} == {"false"}
    assert {(asked.method, asked.path) for asked in fake.asked} == {("POST", "/purge")}


def test_a_whole_zone_is_purged_by_its_number(fake: FakeApi, api: CoreApi) -> None:
    api.purge_zone(3)
    assert fake.asked == [Asked("POST", "/pullzone/3/purgeCache", {})]


def test_statistics_are_asked_for_with_all_that_is_read(fake: FakeApi, api: CoreApi) -> None:
    fake.values["/statistics"] = {
        "TotalBandwidthUsed": 1 << 60,
        "TotalOriginTraffic": 3,
        "TotalRequestsServed": 4,
        "AverageOriginResponseTime": 12,
        "CacheHitRate": 97.5,
        "BandwidthUsedChart": {"2026-01-01T00:00:00Z": (1 << 60) + 1, "2026-01-02T00:00:00Z": 0.5},
        "RequestsServedChart": {"2026-01-01T00:00:00Z": 4},
        "GeoTrafficDistribution": {"EU: Vienna, AT": 5},
        "Error4xxChart": {},
    }
    found = api.statistics(3, since=date(2026, 1, 1), until=date(2026, 1, 2), hourly=True)
    assert (found.total_bandwidth_used, found.total_origin_traffic) == (1 << 60, 3)
    assert (found.total_requests_served, found.average_origin_response_time) == (4, 12.0)
    assert found.cache_hit_rate == 97.5
    assert list(found.bandwidth_used_chart.values()) == [(1 << 60) + 1, 0.5]
    assert found.requests_served_chart == {"2026-01-01T00:00:00Z": 4}
    assert found.geo_traffic_distribution == {"EU: Vienna, AT": 5}
    assert found.cache_hit_rate_chart == found.origin_traffic_chart == {}
    assert fake.asked[0].query == {
        "pullZone": "3",
        "hourly": "true",
        "dateFrom": "2026-01-01",
        "dateTo": "2026-01-02",
        "loadBandwidthUsed": "true",
        "loadRequestsServed": "true",
        "loadOriginTraffic": "true",
        "loadOriginResponseTimes": "true",
        "loadGeographicTrafficDistribution": "true",
    }


def test_a_storage_zone_s_statistics_are_charts(fake: FakeApi, api: CoreApi) -> None:
    fake.values["/storagezone/7/statistics"] = {
        "StorageUsedChart": {"2026-01-01": 5},
        "FileCountChart": {"2026-01-01": 2},
    }
    found = api.storage_statistics(7, since=date(2026, 1, 1))
    assert (found.storage_used_chart, found.file_count_chart) == (
        {"2026-01-01": 5},
        {"2026-01-01": 2},
    )
    assert fake.asked[0].query == {"dateFrom": "2026-01-01"}


def test_days_in_the_wrong_order_are_refused(fake: FakeApi, api: CoreApi) -> None:
    with pytest.raises(ValueError, match="later"):
        api.statistics(3, since=date(2026, 1, 2), until=date(2026, 1, 1))
    assert not fake.asked


def test_regions_are_told(fake: FakeApi, api: CoreApi) -> None:
    fake.values["/region"] = [
        {"Id": 1, "Name": "EU: Vienna", "RegionCode": "AT", "PricePerGigabyte": 0.01}
    ]
    (region,) = api.regions()
    assert (region.name, region.region_code, region.price_per_gigabyte) == (
        "EU: Vienna",
        "AT",
        0.01,
    )


@every(CALLS)
@pytest.mark.parametrize("body", [b"", b'{"Message":"Authorization has been denied."}'])
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_says_which_key_is_needed(
    fake: FakeApi, api: CoreApi, call: Call, body: bytes, status: int
) -> None:
    fake.next.append(Answer(status, body))
    with pytest.raises(AccessDenied) as caught:
        call(api)
    assert "key of the account" in caught.value.hint
    assert "password" in caught.value.hint


@every(CALLS)
def test_another_key_than_the_account_s_is_refused(fake: FakeApi, call: Call) -> None:
    with CoreApi(Secret("other-hidden"), endpoint=fake.endpoint) as api:
        with pytest.raises(AccessDenied) as caught:
            call(api)
        assert "other-hidden" not in f"{caught.value}{caught.value.hint}{vars(api)}{api!r}"


@every(CALLS)
@pytest.mark.parametrize("answer", [Answer(404), refusal(404, "Gone it is.")])
def test_what_is_not_there_is_not_found(
    fake: FakeApi, api: CoreApi, call: Call, answer: Answer
) -> None:
    fake.next.append(answer)
    with pytest.raises(NotFound):
        call(api)


def test_a_zone_of_another_account_is_not_found(api: CoreApi) -> None:
    with pytest.raises(NotFound, match=r"pull zone 99.*It is not there"):
        api.pull_zone(99)


@every(CALLS)
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_service_may_be_asked_again(
    fake: FakeApi, api: CoreApi, call: Call, status: int
) -> None:
    fake.next.append(Answer(status, b"<html>no</html>", {"Retry-After": "12"}))
    with pytest.raises(Unavailable, match=str(status)) as caught:
        call(api)
    assert caught.value.wait == 12
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "99999"}, 300),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Sat, 31 Jan 2026 10:00:30 GMT"}, None),
        (
            {
                "Retry-After": "Sat, 31 Jan 2026 10:00:30 GMT",
                "Date": "Sat, 31 Jan 2026 10:00:00 GMT",
            },
            30,
        ),
        (
            {
                "Retry-After": "Sat, 31 Jan 2026 09:00:30 GMT",
                "Date": "Sat, 31 Jan 2026 10:00:00 GMT",
            },
            0,
        ),
    ],
)
def test_the_wait_is_what_the_service_asks_for(
    fake: FakeApi, api: CoreApi, headers: dict[str, str], wait: float | None
) -> None:
    fake.next.append(Answer(429, b"", headers))
    with pytest.raises(Unavailable) as caught:
        api.regions()
    assert caught.value.wait == wait


@every(CALLS)
def test_other_refusals_are_told_with_the_service_s_words(
    fake: FakeApi, api: CoreApi, call: Call
) -> None:
    fake.next.append(refusal(400, "The name is\n\x1b[31mtaken.", field="Name"))
    with pytest.raises(StorageError, match=r"Name: The name is \[31mtaken\. \(400\)") as caught:
        call(api)
    assert type(caught.value) is StorageError


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"no"', b'{"Message":5}', b"\xff"])
@pytest.mark.parametrize("status", [302, 400, 409])
def test_a_refusal_without_words_is_told_by_its_number(
    fake: FakeApi, api: CoreApi, body: bytes, status: int
) -> None:
    fake.next.append(Answer(status, body, {"Location": f"{fake.endpoint}/elsewhere"}))
    with pytest.raises(StorageError, match=f"status {status}") as caught:
        api.regions()
    assert type(caught.value) is StorageError
    assert len(fake.asked) == 1


@every(TOLD)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"5",
        b'"text"',
        b"[5]",
        b'{"Items": [{"Id": "x"}], "Id": "x", "BandwidthUsedChart": 5, "FileCountChart": 5}',
        b"[" * 100_000,
        b'{"a": "\xff"}',
        b'{"Id": 1',
    ],
)
def test_an_answer_that_nobody_can_read_is_no_answer(
    fake: FakeApi, api: CoreApi, call: Call, body: bytes
) -> None:
    fake.next.append(Answer(200, body))
    with pytest.raises(Unavailable):
        call(api)


@pytest.mark.parametrize("body", ["{}", '{"Items": 5}', '{"Items": null}', "[null]", "[{}]"])
def test_a_listing_without_its_zones_is_no_listing(fake: FakeApi, api: CoreApi, body: str) -> None:
    fake.next.append(Answer(200, body.encode()))
    with pytest.raises(Unavailable, match="nobody can read"):
        api.pull_zones()


def test_a_password_that_is_none_is_not_shown(fake: FakeApi, api: CoreApi) -> None:
    fake.next.append(told({"Id": 7, "Password": ["hidden"]}))
    with pytest.raises(Unavailable) as caught:
        api.storage_zone(7)
    assert "hidden" not in str(caught.value)


@every(CALLS)
def test_a_connection_that_breaks_is_no_answer(fake: FakeApi, api: CoreApi, call: Call) -> None:
    fake.next.append(CUT)
    with pytest.raises(Unavailable, match="no answer"):
        call(api)


def test_what_comes_packed_is_not_unpacked_for_nobody_asked_for_it(
    fake: FakeApi, api: CoreApi
) -> None:
    """A few bytes can be packed that fill any memory."""
    fake.next.append(Answer(200, gzip.compress(b"[]"), {"Content-Encoding": "gzip"}))
    with pytest.raises(Unavailable, match="nobody can read"):
        api.regions()


def test_an_answer_that_is_longer_than_any_is_none(
    fake: FakeApi, api: CoreApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buckia.web._LONGEST_ANSWER", 1000)
    fake.next.append(Answer(200, b"[" + b" " * 998 + b"]"))
    assert api.regions() == ()
    fake.next.append(Answer(200, b"[" + b" " * 999 + b"]"))
    with pytest.raises(Unavailable, match="longer than any"):
        api.regions()


def test_an_endpoint_where_nobody_listens_is_unavailable() -> None:
    # Nothing can listen on port 1 without being an administrator.
    with (
        CoreApi(KEY, endpoint="http://127.0.0.1:1") as api,
        pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"),
    ):
        api.regions()


@pytest.mark.parametrize("key", ["", " ", "a b", "a\n", "schlüssel", "a\x00"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CoreApi(f"hidden{key}" if key else key)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "endpoint", ["", "api.bunny.net", "ftp://a", "https://u:p@a", "https://a?b", "http://a:x"]
)
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CoreApi(KEY, endpoint=endpoint)
    assert "u:p" not in str(caught.value)


def test_a_bad_environment_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://a")
    with CoreApi(KEY) as api, pytest.raises(ConfigError, match="prepared"):
        api.regions()


def test_closing_ends_the_connection_and_may_be_repeated(fake: FakeApi) -> None:
    fake.values["/region"] = []
    api = CoreApi(KEY, endpoint=fake.endpoint + "/")
    with api:
        api.regions()
        client = api._made
        assert client is not None
    assert client.is_closed
    api.close()


def test_the_key_is_in_no_log(
    fake: FakeApi, api: CoreApi, caplog: pytest.LogCaptureFixture
) -> None:
    fake.values["/region"] = []
    with caplog.at_level(logging.DEBUG):
        api.regions()
    assert "/region" in caplog.text
    assert KEY not in caplog.text


def test_no_error_is_other_than_ours(fake: FakeApi, api: CoreApi) -> None:
    for url in ("https://a/\ud800", "https://a/" + "x" * 100_000):
        with pytest.raises(BuckiaError):
            api.purge_url(url, exact=True)


def test_a_model_with_a_secret_is_not_written_by_accident(fake: FakeApi, api: CoreApi) -> None:
    fake.next.append(told({"Id": 7, "Password": "hidden"}))
    zone = api.storage_zone(7)
    with pytest.raises(TypeError):
        msgspec.json.encode(zone)
