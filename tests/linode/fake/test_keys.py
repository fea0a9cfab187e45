"""Keys: what they open, and who gets to see their secrets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from buckia_linode.testing import FakeLinode, Grant, Memory, Rights
from tests.linode.fake.asking import Asking

HIDDEN = "[REDACTED]"
ROW = {"bucket_name": "photos", "region": "us-east", "permissions": "read_only"}


@pytest.fixture
def photos(ask: Asking) -> None:
    ask.make("photos")


def test_the_secret_is_told_once(ask: Asking, photos: None) -> None:
    made = ask.allow("photos")
    assert re.fullmatch("[A-Z0-9]{20}", made["access_key"])
    assert re.fullmatch("[A-Za-z0-9]{40}", made["secret_key"])
    later = made | {"secret_key": HIDDEN}
    assert ask.get("/keys").rows == [later]
    assert ask.get(f"/keys/{made['id']}").found == later
    assert ask("PUT", f"/keys/{made['id']}", {"label": "x"}).found == later | {"label": "x"}


def test_a_limited_key_opens_some_buckets(
    fake: FakeLinode, ask: Asking, memory: Memory, photos: None
) -> None:
    ask.make("music", "us-ord", endpoint_type="E3")
    rows = [
        ROW,
        {"bucket_name": "music", "region": "us-ord", "permissions": "read_write"},
    ]
    made = ask("POST", "/keys", {"label": "two", "bucket_access": rows}).found
    assert made["limited"] is True
    assert made["label"] == "two"
    assert made["bucket_access"] == [
        rows[0] | {"cluster": "us-east-1"},
        rows[1] | {"cluster": "us-ord-10"},
    ]
    assert made["regions"] == [
        {"id": "us-east", "s3_endpoint": "us-east-1.linodeobjects.com", "endpoint_type": "E0"},
        {"id": "us-ord", "s3_endpoint": "us-ord-10.linodeobjects.com", "endpoint_type": "E3"},
    ]
    first, second = fake.buckets
    assert memory.keys == {
        made["access_key"]: Rights(
            grants=(
                Grant(bucket=first, permissions="read_only"),
                Grant(bucket=second, permissions="read_write"),
            )
        )
    }


def test_an_unlimited_key_opens_whole_regions(ask: Asking, memory: Memory) -> None:
    wish = {"label": "all", "regions": ["us-ord", "de-fra", "us-ord"]}
    made = ask("POST", "/keys", wish).found
    assert (made["limited"], made["bucket_access"]) == (False, None)
    assert [(row["id"], row["s3_endpoint"]) for row in made["regions"]] == [
        ("us-ord", "us-ord-1.linodeobjects.com"),
        ("us-ord", "us-ord-10.linodeobjects.com"),
        ("de-fra", None),
    ]
    assert memory.keys == {made["access_key"]: Rights(grants=None, regions=("us-ord", "de-fra"))}


def test_a_key_may_open_nothing(ask: Asking, memory: Memory) -> None:
    made = ask.allow()
    assert (made["limited"], made["bucket_access"], made["regions"]) == (True, [], [])
    assert memory.keys[made["access_key"]] == Rights(grants=())


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "label"),
        ({"label": "", "regions": ["us-east"]}, "label"),
        ({"label": "a" * 51, "regions": ["us-east"]}, "label"),
        ({"label": "key"}, "regions"),
        ({"label": "key", "regions": []}, "regions"),
        ({"label": "key", "regions": ["nowhere"]}, "regions"),
        ({"label": "key", "regions": "us-east"}, "regions"),
        ({"label": "key", "regions": ["us-east"], "bucket_access": [ROW]}, "regions"),
        ({"label": "key", "bucket_access": [ROW, ROW]}, "bucket_access"),
        ({"label": "key", "bucket_access": [ROW | {"bucket_name": "other"}]}, "bucket_access"),
        ({"label": "key", "bucket_access": [ROW | {"region": "us-ord"}]}, "bucket_access"),
        ({"label": "key", "bucket_access": [ROW | {"region": "us-east-1"}]}, "bucket_access"),
        ({"label": "key", "bucket_access": [ROW | {"permissions": "none"}]}, "bucket_access"),
        ({"label": "key", "bucket_access": [ROW | {"cluster": "x"}]}, "bucket_access"),
        ({"label": "key", "bucket_access": [{"bucket_name": "photos"}]}, "bucket_access"),
        ({"label": "key", "regions": ["us-east"], "colour": "blue"}, "colour"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    ask: Asking, memory: Memory, photos: None, wish: dict[str, Any], field: str
) -> None:
    assert ask("POST", "/keys", wish).refused == (400, field)
    assert memory.keys == {}
    assert ask.get("/keys").rows == []


def test_a_key_opens_twenty_five_buckets_and_no_more(ask: Asking) -> None:
    labels = [f"bucket-{number}" for number in range(26)]
    for label in labels:
        ask.make(label)
    assert len(ask.allow(*labels[:25])["bucket_access"]) == 25
    rows = [ROW | {"bucket_name": label} for label in labels]
    wish = {"label": "more", "bucket_access": rows}
    assert ask("POST", "/keys", wish).refused == (400, "bucket_access")


def test_an_account_has_a_hundred_keys_and_no_more(ask: Asking, memory: Memory) -> None:
    wish = {"label": "key", "regions": ["us-east"]}
    made = [ask("POST", "/keys", wish).found for _ in range(100)]
    assert len({one["access_key"] for one in made} & memory.keys.keys()) == 100
    assert ask("POST", "/keys", wish).refused == (400, None)
    assert len(memory.keys) == 100
    ask("DELETE", f"/keys/{made[0]['id']}")
    again = ask("POST", "/keys", wish).found
    assert again["id"] not in {one["id"] for one in made}


def test_a_revoked_key_opens_nothing(ask: Asking, memory: Memory, photos: None) -> None:
    first, second = ask.allow("photos"), ask.allow("photos")
    assert ask("DELETE", f"/keys/{first['id']}").found == {}
    assert memory.keys.keys() == {second["access_key"]}
    assert [row["id"] for row in ask.get("/keys").rows] == [second["id"]]
    for method in ("GET", "PUT", "DELETE"):
        body = {"label": "x"} if method == "PUT" else None
        assert ask(method, f"/keys/{first['id']}", body).refused == (404, None)


def test_regions_of_an_unlimited_key_may_change(ask: Asking, memory: Memory) -> None:
    made = ask("POST", "/keys", {"label": "all", "regions": ["us-east"]}).found
    path = f"/keys/{made['id']}"
    changed = ask("PUT", path, {"regions": ["us-sea"]}).found
    assert changed == ask.get(path).found
    assert (changed["label"], changed["access_key"]) == ("all", made["access_key"])
    assert [row["id"] for row in changed["regions"]] == ["us-sea"]
    assert memory.keys == {made["access_key"]: Rights(grants=None, regions=("us-sea",))}
    assert ask("PUT", path, {"regions": ["nowhere"]}).refused == (400, "regions")
    assert ask("PUT", path, {"bucket_access": []}).refused == (400, "bucket_access")
    assert ask("PUT", path, {}).found == changed


def test_a_limited_key_stays_limited(ask: Asking, memory: Memory, photos: None) -> None:
    made = ask.allow("photos")
    before = dict(memory.keys)
    path = f"/keys/{made['id']}"
    assert ask("PUT", path, {"label": "x", "regions": ["us-east"]}).refused == (400, "regions")
    assert ask.get(path).found["label"] == "limited"
    assert memory.keys == before


def test_a_key_outlives_its_bucket(ask: Asking, photos: None) -> None:
    made = ask.allow("photos")
    ask("DELETE", "/buckets/us-east/photos")
    assert ask.get(f"/keys/{made['id']}").found["bucket_access"] == made["bucket_access"]
    assert ask("DELETE", f"/keys/{made['id']}").found == {}
