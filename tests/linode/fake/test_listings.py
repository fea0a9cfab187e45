"""Pages, and what is filtered out of them."""

from __future__ import annotations

import pytest

from buckia_linode.testing import FakeLinode
from tests.linode.fake.asking import Asking

LISTS = ["/endpoints", "/buckets", "/buckets/us-east", "/keys", "/quotas"]


@pytest.fixture
def many(fake: FakeLinode, ask: Asking) -> list[str]:
    """The names of more buckets than a small page holds."""
    labels = [f"bucket-{number}" for number in range(60)]
    for label in labels:
        ask.make(label)
    return labels


def test_a_page_says_where_it_stands(ask: Asking, many: list[str]) -> None:
    pages = [ask.get("/buckets", page=number, page_size=25).found for number in (1, 2, 3)]
    assert [row["label"] for page in pages for row in page["data"]] == many
    assert [len(page["data"]) for page in pages] == [25, 25, 10]
    assert [(page["page"], page["pages"], page["results"]) for page in pages] == [
        (1, 3, 60),
        (2, 3, 60),
        (3, 3, 60),
    ]
    assert all(page.keys() == {"data", "page", "pages", "results"} for page in pages)


def test_a_page_has_a_hundred_rows_if_nothing_is_said(ask: Asking, many: list[str]) -> None:
    assert ask.labels() == many
    for number in range(60):
        ask.make(f"more-{number}")
    assert len(ask.labels()) == 100
    assert ask.labels(page=2) == [f"more-{number}" for number in range(40, 60)]
    assert len(ask.labels(page_size=500)) == 120


def test_a_last_page_that_is_full_is_the_last(ask: Asking, many: list[str]) -> None:
    assert ask.get("/buckets", page_size=60).found["pages"] == 1
    assert ask.get("/buckets", page_size=30).found["pages"] == 2
    assert ask.get("/buckets", page_size=30, page=3).refused == (404, None)


@pytest.mark.parametrize("path", LISTS)
def test_behind_the_last_page_there_is_none(ask: Asking, path: str) -> None:
    assert ask.get(path, page=1).status == 200
    assert ask.get(path, page=2).refused == (404, None)


def test_of_nothing_there_is_one_page(ask: Asking) -> None:
    assert ask.get("/keys").found == {"data": [], "page": 1, "pages": 1, "results": 0}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_size", "24"),
        ("page_size", "501"),
        ("page_size", "all"),
        ("page_size", "-25"),
        ("page_size", "9" * 5000),
        ("page", "0"),
        ("page", "-1"),
        ("page", ""),
    ],
)
def test_a_page_that_cannot_be_is_refused(ask: Asking, path: str, name: str, value: str) -> None:
    assert ask.get(path, **{name: value}).refused == (400, name)


def test_the_sizes_at_the_edge_are_good(ask: Asking) -> None:
    for size in (25, 500):
        assert ask.get("/keys", page_size=size).status == 200


def test_a_filter_leaves_what_is_equal(ask: Asking) -> None:
    ask.make("photos", "us-east")
    ask.make("photos", "us-sea")
    ask.make("music", "us-sea")
    found = ask.filtered("/buckets", {"label": "photos"}).found
    assert [row["region"] for row in found["data"]] == ["us-east", "us-sea"]
    assert found["results"] == 2
    both = {"label": "photos", "region": "us-sea"}
    for wanted in (both, {"+and": [{name: value} for name, value in both.items()]}):
        [row] = ask.filtered("/buckets", wanted).rows
        assert (row["label"], row["region"]) == ("photos", "us-sea")
    assert ask.filtered("/buckets/us-east", {"label": "music"}).rows == []
    assert len(ask.filtered("/buckets", {}).rows) == 3
    contradiction = {"+and": [{"label": "music"}, {"label": "photos"}]}
    assert ask.filtered("/buckets", contradiction).rows == []


def test_a_filter_decides_how_many_pages_there_are(ask: Asking, many: list[str]) -> None:
    answer = ask(
        "GET", "/buckets?page_size=25&page=2", headers={"X-Filter": '{"label": "bucket-7"}'}
    )
    assert answer.refused == (404, None)


def test_keys_and_endpoints_are_filtered_too(ask: Asking) -> None:
    for label in ("a", "b"):
        ask("POST", "/keys", {"label": label, "regions": ["us-east"]})
    assert [row["label"] for row in ask.filtered("/keys", {"label": "b"}).rows] == ["b"]
    rows = ask.filtered("/endpoints", {"region": "us-ord", "endpoint_type": "E3"}).rows
    assert [row["s3_endpoint"] for row in rows] == ["us-ord-10.linodeobjects.com"]


@pytest.mark.parametrize(
    "wanted",
    [
        "label=photos",
        "[]",
        "null",
        {"size": 5},
        {"hostname": "x"},
        {"label": 5},
        {"label": {"+contains": "p"}},
        {"+or": [{"label": "photos"}]},
        {"+order_by": "label"},
        {"+and": {"label": "photos"}},
        {"+and": ["label"]},
        {"+and": [{"+or": []}]},
    ],
)
def test_a_filter_that_nobody_knows_is_refused(ask: Asking, wanted: object) -> None:
    ask.make("photos")
    assert ask.filtered("/buckets", wanted).refused == (400, "X-Filter")


def test_what_is_no_list_cannot_be_filtered(ask: Asking) -> None:
    ask.make("photos")
    for path in ("/buckets/us-east/photos", "/transfer", "/buckets/us-east/photos/object-list"):
        assert ask.filtered(path, {}).refused == (400, "X-Filter")
    assert ask.filtered("/quotas", {"s3_endpoint": "us-east-1"}).refused == (400, "X-Filter")
