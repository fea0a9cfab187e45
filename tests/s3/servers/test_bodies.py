"""The moods about bytes, checksums and pages."""

from __future__ import annotations

import urllib.request
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import FlexibleChecksumError

from tests.s3.servers.access import client
from tests.s3.servers.asking import BODY, BUCKET, got, put, refused, uploaded
from tests.s3.servers.bodies import ChecksBodies, CorruptsBody, TruncatesBody, WrongChecksum
from tests.s3.servers.certificate import issue
from tests.s3.servers.checksums import checksum
from tests.s3.servers.listings import RepeatsPage, UnorderedPages
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = [f"{number:02}" for number in range(5)]


def test_a_truncated_body_looks_whole(proxy: Proxy, through: S3Client) -> None:
    put(through, "a")
    proxy.moods = (Mood(TruncatesBody(100)),)
    found = through.get_object(Bucket=BUCKET, Key="a")
    assert found["ContentLength"] == 100
    assert found["Body"].read() == BODY[:100]
    assert refused(through.get_object, Key="none") == (404, "NoSuchKey")


def test_a_corrupted_body_is_as_long_and_differs(proxy: Proxy, through: S3Client) -> None:
    put(through, "a", ChecksumAlgorithm="SHA256")
    proxy.moods = (Mood(CorruptsBody()),)
    assert len(got(through, "a")) == len(BODY)
    assert got(through, "a") != BODY
    with pytest.raises(FlexibleChecksumError):
        got(client(proxy.access), "a")


def test_a_wrong_etag_is_told_everywhere(proxy: Proxy, through: S3Client, direct: S3Client) -> None:
    proxy.moods = (Mood(WrongChecksum(checksums=False)),)
    told = put(through, "a", ChecksumAlgorithm="SHA256")
    held = direct.head_object(Bucket=BUCKET, Key="a", ChecksumMode="ENABLED")
    assert told != held["ETag"]
    assert (len(told), told[0], told[-1]) == (len(held["ETag"]), '"', '"')
    seen = through.head_object(Bucket=BUCKET, Key="a", ChecksumMode="ENABLED")
    assert (seen["ETag"], seen["ChecksumSHA256"]) == (told, held["ChecksumSHA256"])
    copied = through.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a")
    assert copied["CopyObjectResult"]["ETag"] == told
    made = through.complete_multipart_upload(Bucket=BUCKET, **uploaded(direct, "c"))
    assert made["ETag"] != direct.head_object(Bucket=BUCKET, Key="c")["ETag"]
    assert got(through, "a") == BODY


def test_wrong_checksums_leave_the_etag(proxy: Proxy, through: S3Client) -> None:
    true = checksum("sha256", BODY)
    proxy.moods = (Mood(WrongChecksum(etag=False)),)
    stored = through.put_object(Bucket=BUCKET, Key="a", Body=BODY, ChecksumAlgorithm="SHA256")
    assert stored["ETag"] == put(through, "b")
    assert (stored["ChecksumSHA256"] != true, len(stored["ChecksumSHA256"])) == (True, len(true))
    with pytest.raises(FlexibleChecksumError):
        got(client(proxy.access), "a")


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("md5", "JfnnlDI7RTiF9RgfG2JNCw=="),
        ("sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("crc32", "y/Q5Jg=="),
        ("crc32c", "4waSgw=="),
        ("crc64nvme", "rosUhgp5mIg="),
    ],
)
def test_checksums_are_those_of_the_catalogues(algorithm: str, expected: str) -> None:
    assert checksum(algorithm, b"123456789") == expected


WRONG: list[dict[str, str]] = [
    {"ContentMD5": checksum("md5", b"other")},
    {"ChecksumSHA256": checksum("sha256", b"other")},
    {"ChecksumCRC32": checksum("crc32", b"other")},
    {"ChecksumCRC32C": checksum("crc32c", b"other")},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: next(iter(one)))
def test_bodies_are_checked(
    proxy: Proxy, through: S3Client, direct: S3Client, wrong: dict[str, str]
) -> None:
    [name] = wrong
    algorithm = name.removeprefix("Content").removeprefix("Checksum").lower()
    proxy.moods = (Mood(ChecksBodies()),)
    right: dict[str, Any] = {name: checksum(algorithm, BODY)}
    put(through, "a", **right)
    assert refused(through.put_object, Key="b", Body=BODY, **wrong) == (400, "BadDigest")
    upload = direct.create_multipart_upload(Bucket=BUCKET, Key="c")["UploadId"]
    part = {"Key": "c", "UploadId": upload, "PartNumber": 1, "Body": BODY}
    assert refused(through.upload_part, **part, **wrong) == (400, "BadDigest")
    through.upload_part(Bucket=BUCKET, **part, **right)  # type: ignore[arg-type]  # words of one call


def test_a_body_that_was_signed_differently_is_refused(proxy: Proxy, through: S3Client) -> None:
    def lie(request: Any, **_more: Any) -> None:
        request.headers["x-amz-content-sha256"] = sha256(b"other").hexdigest()

    proxy.moods = (Mood(ChecksBodies()),)
    through.meta.events.register("before-send.s3.PutObject", lie)
    assert refused(through.put_object, Key="a", Body=BODY) == (400, "XAmzContentSHA256Mismatch")


def test_checksums_in_trailers_are_checked(moto: Moto, tmp_path: Path) -> None:
    with Proxy(moto.access, issue(tmp_path)) as proxy:
        to = client(proxy.access)
        proxy.moods = (Mood(ChecksBodies()),)
        put(to, "a")
        assert got(to, "a") == BODY
        assert proxy.requests[0].headers["x-amz-trailer"] == "x-amz-checksum-crc32"


def test_a_trailer_that_is_wrong_is_refused(proxy: Proxy) -> None:
    proxy.moods = (Mood(ChecksBodies()),)
    told = checksum("crc32", b"other").encode()
    asked = urllib.request.Request(
        f"{proxy.endpoint}/{BUCKET}/a",
        method="PUT",
        data=b"3\r\n111\r\n0\r\nx-amz-checksum-crc32:" + told + b"\r\n\r\n",
        headers={"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
    )
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(asked)
    with caught.value as answer:
        assert (answer.code, b"BadDigest" in answer.read()) == (400, True)


def test_a_page_may_be_out_of_order(proxy: Proxy, through: S3Client) -> None:
    for key in KEYS:
        put(through, key)
    proxy.moods = (Mood(UnorderedPages(), nth=1),)
    assert pages(through) == [["01", "00"], ["02", "03"], ["04"]]


def test_pages_may_come_twice_under_new_tokens(proxy: Proxy, through: S3Client) -> None:
    for key in KEYS:
        put(through, key)
    proxy.moods = (Mood(RepeatsPage()),)
    assert pages(through) == [["00", "01"]] * 2 + [["02", "03"]] * 2 + [["04"]] * 2
    tokens = [one.query.get("continuation-token") for one in proxy.requests[len(KEYS) :]]
    assert len(set(tokens)) == len(tokens) == 6


def test_one_page_may_come_forever(proxy: Proxy, through: S3Client) -> None:
    for key in KEYS:
        put(through, key)
    proxy.moods = (Mood(RepeatsPage(forever=True)),)
    assert pages(through, at_most=7) == [["00", "01"]] * 7


def pages(to: S3Client, at_most: int = 100) -> list[list[str]]:
    found = to.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": 2, "MaxItems": at_most * 2}
    )
    return [[one["Key"] for one in page.get("Contents", [])] for page in found]
