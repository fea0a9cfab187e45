"""The load server answers as S3 does what the timed clients ask it."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from benchmarks import loadserver
from tests.benchmarks.asking import (
    CACHE,
    FLAGS,
    MIB,
    THREADS,
    body_of,
    client_of,
    code_of,
    etag_of,
    raw,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.parametrize("size", [0, 1, 55, 56, 64, 4096, 70_000, 5 * MIB + 1])
def test_an_object_comes_back_with_its_md5_as_etag(s3: S3Client, size: int) -> None:
    body = os.urandom(size)
    put = s3.put_object(Bucket="bucket", Key="a", Body=body)
    assert put["ETag"] == etag_of(body)
    got = s3.get_object(Bucket="bucket", Key="a")
    assert got["Body"].read() == body
    assert (got["ETag"], got["ContentLength"]) == (etag_of(body), size)
    head = s3.head_object(Bucket="bucket", Key="a")
    assert (head["ETag"], head["ContentLength"]) == (etag_of(body), size)
    assert head["ContentType"] == "binary/octet-stream"
    assert head["LastModified"] == got["LastModified"]


def test_headers_and_metadata_are_kept(s3: S3Client) -> None:
    given: dict[str, Any] = {
        "ContentType": "text/x; charset=utf-8",
        "CacheControl": "max-age=5",
        "ContentDisposition": 'attachment; filename="x, y"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "en-GB",
        "Metadata": {"Mtime": "1.5", "other": "x y"},
    }
    s3.put_object(Bucket="bucket", Key="a", Body=b"1", **given)
    head: dict[str, Any] = dict(s3.head_object(Bucket="bucket", Key="a"))
    assert {name: head[name] for name in given} == {
        **given,
        "Metadata": {"mtime": "1.5", "other": "x y"},
    }


def test_what_is_not_there_is_said_with_the_codes_of_s3(s3: S3Client) -> None:
    asked: list[tuple[tuple[int, str], Any]] = [
        ((404, "NoSuchKey"), lambda: s3.get_object(Bucket="bucket", Key="a")),
        ((404, "404"), lambda: s3.head_object(Bucket="bucket", Key="a")),
        ((404, "NoSuchBucket"), lambda: s3.get_object(Bucket="none", Key="a")),
        ((404, "NoSuchBucket"), lambda: s3.put_object(Bucket="none", Key="a", Body=b"1")),
        ((404, "404"), lambda: s3.head_bucket(Bucket="none")),
        ((404, "NoSuchUpload"), lambda: s3.list_parts(Bucket="bucket", Key="a", UploadId="b")),
        ((404, "NoSuchTagSet"), lambda: s3.get_bucket_tagging(Bucket="bucket")),
        ((404, "NoSuchBucketPolicy"), lambda: s3.get_bucket_policy(Bucket="bucket")),
        ((501, "NotImplemented"), lambda: s3.list_object_versions(Bucket="bucket")),
        ((501, "NotImplemented"), lambda: s3.get_object_acl(Bucket="bucket", Key="a")),
        ((400, "KeyTooLongError"), lambda: s3.get_object(Bucket="bucket", Key="a" * 1025)),
        ((400, "InvalidBucketName"), lambda: s3.create_bucket(Bucket="No_Bucket")),
    ]
    for expected, ask in asked:
        with pytest.raises(ClientError) as error:
            ask()
        assert code_of(error.value) == expected
    s3.delete_object(Bucket="bucket", Key="a")


def test_buckets_come_and_go(s3: S3Client) -> None:
    s3.create_bucket(Bucket="third.one")
    assert {"bucket", "other", "third.one"} <= {one["Name"] for one in s3.list_buckets()["Buckets"]}
    assert s3.get_bucket_location(Bucket="third.one").get("LocationConstraint") is None
    assert "Status" not in s3.get_bucket_versioning(Bucket="third.one")
    assert s3.get_bucket_acl(Bucket="third.one")["Grants"][0]["Permission"] == "FULL_CONTROL"
    s3.put_object(Bucket="third.one", Key="a", Body=b"1")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket="third.one")
    s3.delete_object(Bucket="third.one", Key="a")
    s3.delete_bucket(Bucket="third.one")
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket="third.one")


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=90-", slice(90, 100)),
        ("bytes=-7", slice(93, 100)),
        ("bytes=-700", slice(0, 100)),
        ("bytes=50-5000", slice(50, 100)),
    ],
)
def test_ranges(s3: S3Client, wanted: str, part: slice) -> None:
    body = os.urandom(100)
    s3.put_object(Bucket="bucket", Key="a", Body=body)
    got = s3.get_object(Bucket="bucket", Key="a", Range=wanted)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == f"bytes {part.start}-{part.stop - 1}/100"
    assert got["Body"].read() == body[part]
    assert s3.head_object(Bucket="bucket", Key="a", Range=wanted)["ContentLength"] == len(
        body[part]
    )


def test_ranges_that_cannot_be(s3: S3Client) -> None:
    s3.put_object(Bucket="bucket", Key="a", Body=b"abc")
    for wanted in ("bytes=3-", "bytes=3-5", "bytes=-0"):
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket="bucket", Key="a", Range=wanted)
        assert code_of(error.value) == (416, "InvalidRange")
    for ignored in ("bytes=2-1", "lines=1-2", "bytes=0-0,2-2", "bytes=-", "bytes=x-1"):
        assert body_of(s3, "a", Range=ignored) == b"abc"


def test_conditions_of_writes(s3: S3Client) -> None:
    def put(body: bytes, **conditions: Any) -> None:
        s3.put_object(Bucket="bucket", Key="a", Body=body, **conditions)

    def delete(**conditions: Any) -> None:
        s3.delete_object(Bucket="bucket", Key="a", **conditions)

    def refused(expected: str, **conditions: Any) -> None:
        with pytest.raises(ClientError, match=expected):
            put(b"x", **conditions)
        # A deletion knows one condition only.
        if "IfMatch" in conditions:
            with pytest.raises(ClientError, match=expected):
                delete(**conditions)

    refused("NoSuchKey", IfMatch=etag_of(b"1"))
    refused("PreconditionFailed", IfMatch="*")
    put(b"1", IfNoneMatch="*")
    refused("PreconditionFailed", IfNoneMatch="*")
    refused("PreconditionFailed", IfNoneMatch=etag_of(b"1"))
    refused("PreconditionFailed", IfMatch=etag_of(b"2"))
    assert body_of(s3, "a") == b"1"
    put(b"2", IfMatch=etag_of(b"1"))
    put(b"3", IfMatch=etag_of(b"2").strip('"'))
    put(b"4", IfMatch="*")
    delete(IfMatch=etag_of(b"4"))
    put(b"5", IfNoneMatch="*")
    objects: Any = [{"Key": "a", "ETag": etag_of(b"1")}, {"Key": "b"}]
    wish: Any = {"Objects": objects, "Quiet": True}
    gone: dict[str, Any] = dict(s3.delete_objects(Bucket="bucket", Delete=wish))
    assert "Deleted" not in gone
    assert [(one["Key"], one["Code"]) for one in gone["Errors"]] == [("a", "PreconditionFailed")]


def test_of_writers_at_once_one_is_the_first(server: loadserver.LoadServer) -> None:
    def put(number: int) -> bool:
        headers = {"If-None-Match": "*"}
        status, _, _ = raw(server, "PUT", "/bucket/a", b"%d" % number, headers)
        assert status in (200, 412)
        return status == 200

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(put, range(64))).count(True) == 1


def test_conditions_of_reads(s3: S3Client) -> None:
    s3.put_object(Bucket="bucket", Key="a", Body=b"1")
    assert body_of(s3, "a", IfMatch=etag_of(b"1"), IfNoneMatch=etag_of(b"2")) == b"1"
    for ask in (s3.get_object, s3.head_object):
        for status, conditions in ((412, {"IfMatch": "x"}), (304, {"IfNoneMatch": etag_of(b"1")})):
            with pytest.raises(ClientError) as error:
                ask(Bucket="bucket", Key="a", **conditions)  # type: ignore[arg-type] # any of both
            assert code_of(error.value)[0] == status


def test_requests_are_counted_by_kind(s3: S3Client, server: loadserver.LoadServer) -> None:
    s3.put_object(Bucket="bucket", Key="a", Body=b"1")
    s3.get_object(Bucket="bucket", Key="a")["Body"].read()
    s3.head_object(Bucket="bucket", Key="a")
    s3.list_objects_v2(Bucket="bucket")
    s3.copy_object(Bucket="bucket", Key="b", CopySource="bucket/a")
    s3.delete_object(Bucket="bucket", Key="a")
    s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "b"}]})
    s3.head_bucket(Bucket="bucket")
    name: Any = {"Bucket": "bucket", "Key": "c"}
    name["UploadId"] = s3.create_multipart_upload(**name)["UploadId"]
    s3.upload_part(**name, PartNumber=1, Body=b"1")
    s3.abort_multipart_upload(**name)
    counts = server.counts()
    kinds = (counts.put, counts.get, counts.head, counts.list, counts.copy, counts.delete)
    assert kinds == (1, 1, 1, 1, 1, 1)
    assert (counts.delete_many, counts.create_upload, counts.upload_part) == (1, 1, 1)
    assert (counts.abort, counts.complete, counts.other) == (1, 0, 1)
    assert counts.requests == 11
    assert counts.cpu > 0
    server.reset()
    assert server.counts().requests == 0


def test_answers_are_held_back_and_keep_nobody_else_waiting() -> None:
    with loadserver.running(CACHE, latency=100.5, threads=THREADS, flags=FLAGS) as server:

        def put(number: int) -> float:
            begun = monotonic()
            assert raw(server, "PUT", f"/bucket/{number}", b"1")[0] == 200
            return monotonic() - begun

        begun = monotonic()
        with ThreadPoolExecutor(20) as threads:
            assert min(threads.map(put, range(20))) >= 0.1005
        assert monotonic() - begun < 20 * 0.1005
        # boto3 waits for leave to send a body, which is an answer as well.
        begun = monotonic()
        with closing(client_of(server)) as s3:
            s3.put_object(Bucket="bucket", Key="a", Body=b"1")
        assert monotonic() - begun >= 2 * 0.1005
        # One that goes while its answer is held back harms nobody.
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(b"GET /bucket/1 HTTP/1.1\r\n\r\n")
        assert put(1) >= 0.1005


def test_its_sources_compile_without_a_warning(tmp_path: Path) -> None:
    flags = ("-Wall", "-Wextra", "-Werror")
    assert loadserver.built(tmp_path, flags) == loadserver.built(tmp_path, flags)
    assert len(list(tmp_path.glob("loadserver-*"))) == 1


def test_it_ends_with_the_block_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loadserver.running(CACHE, flags=FLAGS) as server:
        os.kill(server.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    with (
        pytest.raises(loadserver.NotReady, match=r"no bucket can have this name: A"),
        loadserver.running(CACHE, buckets=["A"], flags=FLAGS),
    ):
        pytest.fail("it started")
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(loadserver.NotHere, match="no-such-compiler"):
        loadserver.built(tmp_path)
