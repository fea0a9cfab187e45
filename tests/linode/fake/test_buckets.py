"""Endpoints, buckets at them, and how much there may be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from buckia_linode.testing import USUAL, Bucket, Endpoint, EndpointType, FakeLinode, Memory, Taken
from tests.linode.fake.asking import Asking, Clock


def test_the_endpoints_are_told_as_they_are(fake: FakeLinode, ask: Asking) -> None:
    rows = ask.get("/endpoints").rows
    assert [(row["region"], row["endpoint_type"], row["s3_endpoint"]) for row in rows] == [
        ("us-east", "E0", "us-east-1.linodeobjects.com"),
        ("us-ord", "E1", "us-ord-1.linodeobjects.com"),
        ("us-ord", "E3", "us-ord-10.linodeobjects.com"),
        ("us-sea", "E3", "us-sea-9.linodeobjects.com"),
        ("de-fra", "E2", None),
    ]
    assert rows[0].keys() == {"region", "endpoint_type", "s3_endpoint"}
    assert fake.endpoints == list(USUAL)


def test_a_bucket_is_told_as_it_is(
    fake: FakeLinode, ask: Asking, memory: Memory, clock: Clock
) -> None:
    made = ask.make("photos")
    assert made == {
        "label": "photos",
        "region": "us-east",
        "cluster": "us-east-1",
        "hostname": "photos.us-east-1.linodeobjects.com",
        "s3_endpoint": "us-east-1.linodeobjects.com",
        "endpoint_type": "E0",
        "created": "2026-01-31T12:00:00",
        "objects": 0,
        "size": 0,
    }
    [bucket] = fake.buckets
    clock.now += 60
    memory.put(bucket, "a", b"12345")
    memory.put(bucket, "b", b"67")
    wanted = made | {"objects": 2, "size": 7}
    assert ask.get("/buckets/us-east/photos").found == wanted
    assert ask.get("/buckets/us-east-1/photos").found == wanted
    assert ask.get("/buckets").rows == ask.get("/buckets/us-east").rows == [wanted]
    assert ask.get("/buckets/us-ord").rows == []


def test_there_is_no_bucket_elsewhere(ask: Asking) -> None:
    ask.make("photos")
    for path in ("/us-ord/photos", "/us-east/photo", "/nowhere", "/us-east/photos%2F"):
        assert ask.get(f"/buckets{path}").refused == (404, None)
    for path in ("", "/access", "/object-list", "/object-acl?name=a"):
        assert ask("GET", f"/buckets/us-ord/photos{path}").refused == (404, None)
    assert ask("DELETE", "/buckets/us-ord/photos").refused == (404, None)


@pytest.mark.parametrize(
    ("more", "host"),
    [
        ({}, "us-ord-1"),
        ({"endpoint_type": "E1"}, "us-ord-1"),
        ({"endpoint_type": "E3"}, "us-ord-10"),
        ({"s3_endpoint": "us-ord-10.linodeobjects.com"}, "us-ord-10"),
        ({"s3_endpoint": "us-ord-10.linodeobjects.com", "endpoint_type": "E3"}, "us-ord-10"),
        ({"endpoint_type": None, "s3_endpoint": None, "cors_enabled": None}, "us-ord-1"),
    ],
)
def test_where_a_region_has_two_endpoints_one_may_be_chosen(
    ask: Asking, more: dict[str, Any], host: str
) -> None:
    made = ask.make("photos", "us-ord", **more)
    assert made["s3_endpoint"] == f"{host}.linodeobjects.com"
    assert (made["cluster"], made["region"]) == (host, "us-ord")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"region": "nowhere"}, "region"),
        ({"region": 5}, "region"),
        ({"endpoint_type": "E0"}, "endpoint_type"),
        ({"endpoint_type": "E9"}, "endpoint_type"),
        ({"s3_endpoint": "us-sea-9.linodeobjects.com"}, "s3_endpoint"),
        ({"s3_endpoint": "us-ord-1.linodeobjects.com", "endpoint_type": "E3"}, "s3_endpoint"),
        ({"acl": "custom"}, "acl"),
        ({"acl": None}, "acl"),
        ({"cors_enabled": "yes"}, "cors_enabled"),
        ({"cluster": "us-ord-1"}, "cluster"),
        ({"colour": "blue"}, "colour"),
        ({"label": None}, "label"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    fake: FakeLinode, ask: Asking, more: dict[str, Any], field: str
) -> None:
    answer = ask("POST", "/buckets", {"label": "photos", "region": "us-ord", **more})
    assert answer.refused == (400, field)
    assert fake.buckets == []


@pytest.mark.parametrize("missing", ["label", "region"])
def test_a_bucket_needs_a_name_and_a_place(ask: Asking, missing: str) -> None:
    wish = {"label": "photos", "region": "us-east"}
    del wish[missing]
    assert ask("POST", "/buckets", wish).refused == (400, missing)


@pytest.mark.parametrize("label", ["abc", "a" * 63, "a-b.c-d.9", "000", "a.b"])
def test_a_name_may_have_single_hyphens_and_dots(ask: Asking, label: str) -> None:
    assert ask.make(label)["label"] == label


@pytest.mark.parametrize(
    "label",
    [
        *("", "ab", "a" * 64, "Photos", "a--b", "a..b", "a.-b", "-ab", "ab-", ".ab", "ab."),
        *("a_b", "a b", "ähm", "abc\n", "a/b"),
    ],
)
def test_a_name_that_cannot_be_is_refused(ask: Asking, label: str) -> None:
    wish = {"label": label, "region": "us-east"}
    assert ask("POST", "/buckets", wish).refused == (400, "label")


def test_a_bucket_that_is_there_is_answered_and_stays(
    fake: FakeLinode, ask: Asking, memory: Memory
) -> None:
    ask.make("photos", "us-ord", endpoint_type="E3")
    [bucket] = fake.buckets
    memory.put(bucket, "a", b"12345")
    for more in ({"endpoint_type": "E3"}, {"acl": "public-read"}):
        assert ask.make("photos", "us-ord", **more)["size"] == 5
    assert ask.get("/buckets/us-ord/photos/access").found["acl"] == "private"
    elsewhere = {"label": "photos", "region": "us-ord", "endpoint_type": "E1"}
    assert ask("POST", "/buckets", elsewhere).refused == (400, "label")
    assert fake.buckets == [bucket]


class Meeting(Memory):
    """Knows whether two buckets were made at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.barrier = Barrier(2)
        self.met = False

    def make_bucket(self, bucket: Bucket) -> None:
        # The second never comes while the first is here; that is waited for only once.
        with suppress(BrokenBarrierError):
            self.barrier.wait(timeout=0.5)
            self.met = True
        super().make_bucket(bucket)


def test_of_many_who_ask_at_once_one_comes_after_the_other() -> None:
    backend = Meeting()

    def make(number: int) -> Any:
        ask = Asking(fake)
        try:
            ask.make(f"own-{number}")
            return ask.make("photos")["created"]
        finally:
            ask.connection.close()

    with FakeLinode(backend=backend) as fake, ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(make, range(4)))) == 1
    assert not backend.met
    assert len(fake.buckets) == 5


def test_a_name_may_be_there_once_in_each_region(ask: Asking) -> None:
    ask.make("photos", "us-east")
    assert ask.make("photos", "us-sea")["region"] == "us-sea"
    assert ask.labels() == ["photos", "photos"]


class Elsewhere(Memory):
    def make_bucket(self, bucket: Bucket) -> None:
        raise Taken


def test_a_name_that_somebody_else_has_is_refused() -> None:
    with FakeLinode(backend=Elsewhere()) as fake:
        ask = Asking(fake)
        wish = {"label": "photos", "region": "us-east"}
        assert ask("POST", "/buckets", wish).refused == (400, "label")
        assert ask.labels() == []
        ask.connection.close()


def test_an_endpoint_gets_its_host_with_its_first_bucket(fake: FakeLinode, ask: Asking) -> None:
    host = "de-fra-1.linodeobjects.com"
    assert ask.make("photos", "de-fra")["s3_endpoint"] == host
    assert ask.make("music", "de-fra")["s3_endpoint"] == host
    assert ask.get("/endpoints").rows[-1]["s3_endpoint"] == host
    assert ask.make("photos", "de-fra", endpoint_type="E2")["label"] == "photos"
    assert len(fake.endpoints) == len(USUAL)


def test_a_new_host_is_one_that_nobody_has(clock: Clock) -> None:
    first = Endpoint(region="de-fra", endpoint_type="E1", s3_endpoint="de-fra-1.linodeobjects.com")
    second = Endpoint(region="de-fra", endpoint_type="E3", s3_endpoint=None)
    with FakeLinode(endpoints=[first, second], clock=clock) as fake:
        ask = Asking(fake)
        made = ask.make("photos", "de-fra", endpoint_type="E3")
        assert made["s3_endpoint"] == "de-fra-2.linodeobjects.com"
        ask.connection.close()
    with pytest.raises(ValueError, match="the same host"):
        FakeLinode(endpoints=[first, first])
    with pytest.raises(ValueError, match="no host yet"):
        _ = second.host


@pytest.mark.parametrize("told", ["127.0.0.1:4711", "http://127.0.0.1:4711"])
def test_a_host_may_have_a_port_and_say_that_it_is_not_secured(told: str) -> None:
    here = Endpoint(region="us-ord", endpoint_type="E1", s3_endpoint=told)
    with FakeLinode(endpoints=[here]) as fake:
        ask = Asking(fake)
        made = ask.make("photos", "us-ord", s3_endpoint=told)
        assert (made["hostname"], made["s3_endpoint"]) == ("photos.127.0.0.1:4711", told)
        assert ask.get("/quotas/obj-buckets-127.0.0.1:4711/usage").found["usage"] == 1
        ask.connection.close()


def test_only_an_empty_bucket_is_removed(fake: FakeLinode, ask: Asking, memory: Memory) -> None:
    ask.make("photos")
    [bucket] = fake.buckets
    memory.put(bucket, "a", b"1")
    answer = ask("DELETE", "/buckets/us-east/photos")
    assert answer.refused == (400, None)
    assert "not empty" in answer.reason
    assert ask.labels() == ["photos"]
    memory.remove(bucket, "a")
    assert ask("DELETE", "/buckets/us-east/photos").found == {}
    assert ask.labels() == []
    assert ask("DELETE", "/buckets/us-east/photos").refused == (404, None)
    assert ask.make("photos")["objects"] == 0


def test_cors_is_on_where_there_is_such_a_thing_and_nobody_minds(ask: Asking) -> None:
    ask.make("photos")
    found = ask.get("/buckets/us-east/photos/access").found
    assert (found["acl"], found["cors_enabled"]) == ("private", True)
    assert "AllowedOrigin" in found["cors_xml"]
    assert "FULL_CONTROL" in found["acl_xml"]
    assert "AllUsers" not in found["acl_xml"]
    ask.make("music", acl="public-read", cors_enabled=False)
    found = ask.get("/buckets/us-east/music/access").found
    assert (found["acl"], found["cors_enabled"], found["cors_xml"]) == ("public-read", False, "")
    assert "AllUsers" in found["acl_xml"]


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_what_is_not_said_of_access_stays(ask: Asking, method: str) -> None:
    path = "/buckets/us-east/photos/access"
    ask.make("photos")
    assert ask(method, path, {"acl": "authenticated-read"}).found == {}
    found = ask.get(path).found
    assert (found["acl"], found["cors_enabled"]) == ("authenticated-read", True)
    assert ask(method, path, {"cors_enabled": False}).found == {}
    found = ask.get(path).found
    assert (found["acl"], found["cors_enabled"]) == ("authenticated-read", False)
    assert ask(method, path, {"acl": "custom"}).refused == (400, "acl")
    assert ask(method, path, {"cors": True}).refused == (400, "cors")


@pytest.mark.parametrize(("region", "kind"), [("us-sea", "E3"), ("de-fra", "E2")])
def test_newer_endpoints_know_no_cors(ask: Asking, region: str, kind: EndpointType) -> None:
    wish = {"label": "photos", "region": region, "cors_enabled": True}
    refused = ask("POST", "/buckets", wish)
    assert refused.refused == (400, "cors_enabled")
    assert refused.reason.startswith("CORS not allowed for this endpoint")
    assert ask.make("photos", region)["endpoint_type"] == kind
    path = f"/buckets/{region}/photos/access"
    for method in ("PUT", "POST"):
        for enabled in (True, False):
            wish = {"acl": "public-read", "cors_enabled": enabled}
            assert ask(method, path, wish).refused == (400, "cors_enabled")
    found = ask.get(path).found
    assert (found["cors_enabled"], found["cors_xml"]) == (None, None)
    assert found["acl"] == "private"
    assert ask("PUT", path, {"acl": "public-read"}).found == {}
    assert ask.get(path).found["acl"] == "public-read"


def test_the_quotas_are_of_each_endpoint_with_a_host(ask: Asking) -> None:
    rows = ask.get("/quotas").rows
    assert len(rows) == 3 * 4
    host = "us-sea-9.linodeobjects.com"
    found = [row for row in rows if row["s3_endpoint"] == host]
    assert [(row["quota_id"], row["quota_limit"], row["resource_metric"]) for row in found] == [
        (f"obj-buckets-{host}", 1000, "bucket"),
        (f"obj-bytes-{host}", 500 * 10**12, "byte"),
        (f"obj-objects-{host}", 500 * 10**6, "object"),
    ]
    assert {row["endpoint_type"] for row in found} == {"E3"}
    assert all(row["has_usage"] for row in rows)
    for row in rows:
        assert ask.get(f"/quotas/{row['quota_id']}").found == row
    ask.make("photos", "de-fra")
    assert len(ask.get("/quotas").rows) == 3 * 5


def test_a_quota_knows_how_much_there_is(fake: FakeLinode, ask: Asking, memory: Memory) -> None:
    for label, region in (("photos", "us-east"), ("music", "us-east"), ("other", "us-sea")):
        ask.make(label, region)
    for bucket in fake.buckets:
        memory.put(bucket, "a", b"12345")
    memory.put(fake.buckets[0], "b", b"6")
    host = "us-east-1.linodeobjects.com"
    used = {
        what: ask.get(f"/quotas/obj-{what}-{host}/usage").found
        for what in ("buckets", "bytes", "objects")
    }
    assert used == {
        "buckets": {"quota_limit": 1000, "usage": 2},
        "bytes": {"quota_limit": 5 * 10**12, "usage": 11},
        "objects": {"quota_limit": 50 * 10**6, "usage": 3},
    }
    for path in ("obj-keys-us-east-1.linodeobjects.com", "obj-buckets-us-east-1"):
        assert ask.get(f"/quotas/{path}").refused == (404, None)
        assert ask.get(f"/quotas/{path}/usage").refused == (404, None)


def test_an_endpoint_takes_as_many_buckets_as_its_quota_says(fake: FakeLinode, ask: Asking) -> None:
    fake.most_buckets = 2
    assert fake.most_buckets == 2
    ask.make("one")
    ask.make("two")
    wish = {"label": "three", "region": "us-east"}
    assert ask("POST", "/buckets", wish).refused == (400, None)
    assert ask.make("two")["label"] == "two"
    assert ask.make("three", "us-ord")["region"] == "us-ord"
    quota = ask.get("/quotas/obj-buckets-us-east-1.linodeobjects.com/usage").found
    assert quota == {"quota_limit": 2, "usage": 2}


def test_the_traffic_is_what_a_test_says(fake: FakeLinode, ask: Asking) -> None:
    assert ask.get("/transfer").found == {"used": 0}
    fake.transferred = 5
    assert fake.transferred == 5
    assert ask.get("/transfer").found == {"used": 5}
