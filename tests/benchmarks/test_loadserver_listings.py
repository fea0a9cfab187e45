"""Listings of the load server, and any key in them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from benchmarks import loadserver
from tests.benchmarks.asking import CACHE, FLAGS, THREADS, body_of, client_of, etag_of, raw

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.parametrize(
    "key", ["ä/ö ü+%?&#=.txt", "/begins", "ends/", "a//b", "'\"<>&amp;", "\U0001f600", "x" * 1024]
)
def test_any_key_is_kept_listed_and_deleted(s3: S3Client, key: str) -> None:
    s3.put_object(Bucket="bucket", Key=key, Body=b"1")
    assert body_of(s3, key) == b"1"
    # Decoded by boto3, which asks for encoded names by itself, and as it comes.
    listed = s3.list_objects_v2(Bucket="bucket")
    assert [one["Key"] for one in listed["Contents"]] == [key]
    listed = s3.list_objects_v2(Bucket="bucket", EncodingType="url")
    assert [one["Key"] for one in listed["Contents"]] == [quote(key)]
    gone = s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key}]})
    assert [one["Key"] for one in gone["Deleted"]] == [key]
    assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 0


def test_many_are_deleted_in_one_request(s3: S3Client) -> None:
    keys = [f"k{number:03}" for number in range(300)]
    for key in keys:
        s3.put_object(Bucket="bucket", Key=key, Body=b"")
    for some in (keys[:150], keys[150:]):
        objects: Any = [{"Key": key} for key in (*some, "none")]
        gone = s3.delete_objects(Bucket="bucket", Delete={"Objects": objects})
        assert [one["Key"] for one in gone["Deleted"]] == [*some, "none"]
    assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 0


def test_listings_go_on_where_the_last_page_ended(
    s3: S3Client, server: loadserver.LoadServer
) -> None:
    keys = [f"d{number % 7}/f{number * 7919 % 2500:04}" for number in range(2500)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: raw(server, "PUT", f"/bucket/{key}", key.encode()), keys))
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="bucket", FetchOwner=True))
    assert [page["KeyCount"] for page in pages] == [1000, 1000, 500]
    rows = [row for page in pages for row in page["Contents"]]
    assert [row["Key"] for row in rows] == sorted(keys)
    assert {row["ETag"] for row in rows} == {etag_of(key.encode()) for key in keys}
    assert {(row["Size"], row["StorageClass"], row["Owner"]["ID"]) for row in rows} == {
        (8, "STANDARD", "loadserver")
    }
    first = list(s3.get_paginator("list_objects").paginate(Bucket="bucket"))
    assert [row["Key"] for page in first for row in page["Contents"]] == sorted(keys)
    # One that comes and one that goes between two pages.
    s3.put_object(Bucket="bucket", Key="d3/f9999", Body=b"")
    s3.delete_object(Bucket="bucket", Key=min(keys))
    begun = s3.list_objects_v2(Bucket="bucket", Prefix="d3/f", StartAfter="d3/f1", MaxKeys=5)
    now = sorted([*keys, "d3/f9999"])
    wanted = [key for key in now if key.startswith("d3/f") and key > "d3/f1"]
    assert [row["Key"] for row in begun["Contents"]] == wanted[:5]
    assert begun["IsTruncated"]
    rest = s3.list_objects_v2(
        Bucket="bucket", Prefix="d3/f", ContinuationToken=begun["NextContinuationToken"]
    )
    assert [row["Key"] for row in rest["Contents"]] == wanted[5:]
    assert not rest["IsTruncated"]
    assert s3.list_objects_v2(Bucket="bucket")["Contents"][0]["Key"] == sorted(keys)[1]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_keys_with_a_delimiter_roll_up(s3: S3Client, operation: Any, limit: int) -> None:
    for key in ("a", "b/", "b/1", "b/2/x", "c/1", "c/2", "c0", "d--e", "d--f", "é/1"):
        s3.put_object(Bucket="bucket", Key=key, Body=b"")

    def listed(prefix: str, delimiter: str) -> tuple[list[str], list[str]]:
        wish: Any = {"Prefix": prefix, "Delimiter": delimiter}
        paginator = s3.get_paginator(operation)
        pages = paginator.paginate(Bucket="bucket", **wish, PaginationConfig={"PageSize": limit})
        keys, folders = [], []
        for page in pages:
            here = [row["Key"] for row in page.get("Contents", ())]
            common = [row["Prefix"] for row in page.get("CommonPrefixes", ())]
            assert len(here) + len(common) <= limit
            keys += here
            folders += common
        return keys, folders

    assert listed("", "/") == (["a", "c0", "d--e", "d--f"], ["b/", "c/", "é/"])
    assert listed("b/", "/") == (["b/", "b/1"], ["b/2/"])
    assert listed("c", "/") == (["c0"], ["c/"])
    assert listed("d", "--") == ([], ["d--"])
    assert listed("x", "/") == ([], [])


def test_a_bucket_can_be_full_from_the_start() -> None:
    fill = loadserver.Fill(count=2500, size=9, prefix="p/")
    with (
        loadserver.running(CACHE, fill=fill, threads=THREADS, flags=FLAGS) as server,
        closing(client_of(server)) as s3,
    ):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="bucket")
        rows = [row for page in pages for row in page["Contents"]]
        assert [row["Key"] for row in rows] == [f"p/{n // 1000:03}/{n:06}" for n in range(2500)]
        assert rows[7]["ETag"] == etag_of(body_of(s3, "p/002/002499"))
        s3.put_object(Bucket="bucket", Key="p/000/000000", Body=b"new")
        assert body_of(s3, "p/000/000001") != b"new"
