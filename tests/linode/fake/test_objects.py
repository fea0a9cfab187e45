"""Objects, as far as the API tells of them."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from buckia_linode.testing import Bucket, FakeLinode, Memory
from tests.linode.fake.asking import NOON, Asking

PATH = "/buckets/us-east/photos"


@pytest.fixture
def photos(fake: FakeLinode, ask: Asking) -> Bucket:
    ask.make("photos")
    return fake.buckets[0]


def listed(ask: Asking, **query: object) -> list[str]:
    return [row["name"] for row in ask.get(f"{PATH}/object-list", **query).rows]


def test_an_object_is_told_as_it_is(ask: Asking, memory: Memory, photos: Bucket) -> None:
    memory.put(photos, "a/b c.jpg", b"12345")
    found = ask.get(f"{PATH}/object-list").found
    [row] = found.pop("data")
    assert found == {"is_truncated": False, "next_marker": None}
    assert row.pop("owner")
    assert row == {
        "name": "a/b c.jpg",
        "etag": hashlib.md5(b"12345").hexdigest(),
        "last_modified": "2026-01-31T12:00:00",
        "size": 5,
    }


def test_a_long_listing_comes_in_pieces(ask: Asking, memory: Memory, photos: Bucket) -> None:
    names = [f"{number:03}" for number in range(130)]
    for name in reversed(names):
        memory.put(photos, name, b"")
    first = ask.get(f"{PATH}/object-list").found
    assert [row["name"] for row in first["data"]] == names[:100]
    assert (first["is_truncated"], first["next_marker"]) == (True, "099")
    second = ask.get(f"{PATH}/object-list", marker="099").found
    assert [row["name"] for row in second["data"]] == names[100:]
    assert second["is_truncated"] is False
    assert ask.get(f"{PATH}/object-list", page_size=130).found["is_truncated"] is False
    assert len(listed(ask, page_size=25)) == 25
    for size in ("24", "501"):
        assert ask.get(f"{PATH}/object-list", page_size=size).refused == (400, "page_size")


def test_folders_are_rows_without_a_size(ask: Asking, memory: Memory, photos: Bucket) -> None:
    for name in ("a.jpg", "b/1", "b/2", "b/c/3", "ba", "c/4", "é"):
        memory.put(photos, name, b"1")
    assert listed(ask, delimiter="/") == ["a.jpg", "b/", "ba", "c/", "é"]
    assert listed(ask, delimiter="/", prefix="b/") == ["b/1", "b/2", "b/c/"]
    assert listed(ask, prefix="b") == ["b/1", "b/2", "b/c/3", "ba"]
    assert listed(ask, delimiter="/", marker="b/") == ["ba", "c/", "é"]
    assert listed(ask, delimiter="/", marker="b/1") == ["b/", "ba", "c/", "é"]
    folder = ask.get(f"{PATH}/object-list", delimiter="/").rows[1]
    assert folder == {
        "name": "b/",
        "etag": None,
        "last_modified": None,
        "owner": None,
        "size": None,
    }


def test_folders_are_counted_as_rows_and_passed_by_their_marker(
    ask: Asking, memory: Memory, photos: Bucket
) -> None:
    for number in range(30):
        memory.put(photos, f"{number:02}/a", b"")
        memory.put(photos, f"{number:02}/b", b"")
    first = ask.get(f"{PATH}/object-list", delimiter="/", page_size=25).found
    assert (len(first["data"]), first["next_marker"]) == (25, "24/")
    rest = listed(ask, delimiter="/", page_size=25, marker="24/")
    assert rest == ["25/", "26/", "27/", "28/", "29/"]


def test_an_address_is_of_one_object_for_a_while(
    ask: Asking, memory: Memory, photos: Bucket
) -> None:
    memory.put(photos, "a b.jpg", b"1")
    wish = {"name": "a b.jpg", "method": "GET", "expires_in": 600}
    found = ask("POST", f"{PATH}/object-url", wish).found
    assert found["exists"] is True
    address = urlsplit(found["url"])
    assert address.netloc == "photos.us-east-1.linodeobjects.com"
    assert address.path == "/a%20b.jpg"
    assert parse_qs(address.query)["Expires"] == [str(int(NOON) + 600)]
    wish = {"name": "new", "method": "PUT", "content_type": "image/jpeg"}
    found = ask("POST", f"{PATH}/object-url", wish).found
    assert found["exists"] is False
    assert f"Expires={int(NOON) + 3600}" in found["url"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"method": "GET"}, "name"),
        ({"name": ""}, "name"),
        ({"method": "HEAD"}, "method"),
        ({"method": "PUT"}, "content_type"),
        ({"method": "POST"}, "content_type"),
        ({"expires_in": 359}, "expires_in"),
        ({"expires_in": 3601}, "expires_in"),
        ({"expires_in": "600"}, "expires_in"),
        ({"expires": 600}, "expires"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    ask: Asking, photos: Bucket, wish: dict[str, Any], field: str
) -> None:
    whole = wish if wish == {"method": "GET"} else {"name": "a", "method": "GET", **wish}
    assert ask("POST", f"{PATH}/object-url", whole).refused == (400, field)


def test_who_may_read_an_object_can_be_told_and_changed(
    ask: Asking, memory: Memory, photos: Bucket
) -> None:
    for name in ("a", "b"):
        memory.put(photos, name, b"1")
    assert ask.get(f"{PATH}/object-acl", name="a").found["acl"] == "private"
    wish = {"name": "a", "acl": "public-read"}
    assert ask("PUT", f"{PATH}/object-acl", wish).found == {}
    found = ask.get(f"{PATH}/object-acl", name="a").found
    assert found["acl"] == "public-read"
    assert "AllUsers" in found["acl_xml"]
    assert ask.get(f"{PATH}/object-acl", name="b").found["acl"] == "private"
    assert ask.get(f"{PATH}/access").found["acl"] == "private"
    memory.put(photos, "a", b"2")
    assert ask.get(f"{PATH}/object-acl", name="a").found["acl"] == "private"


def test_of_an_object_that_is_not_there_nothing_is_told(ask: Asking, photos: Bucket) -> None:
    assert ask.get(f"{PATH}/object-acl", name="a").refused == (404, None)
    assert ask.get(f"{PATH}/object-acl").refused == (400, "name")
    wish = {"name": "a", "acl": "private"}
    assert ask("PUT", f"{PATH}/object-acl", wish).refused == (404, None)
    assert ask("PUT", f"{PATH}/object-acl", {"name": "a"}).refused == (400, "acl")
    assert ask("PUT", f"{PATH}/object-acl", wish | {"acl": "custom"}).refused == (400, "acl")
