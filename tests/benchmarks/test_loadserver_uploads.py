"""Uploads in parts, copies and tags of the load server."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from benchmarks import loadserver
from tests.benchmarks.asking import MIB, body_of, etag_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_an_upload_in_parts(s3: S3Client, server: loadserver.LoadServer) -> None:
    parts = {2: os.urandom(MIB), 5: os.urandom(6 * MIB), 9: b"end"}
    begun = s3.create_multipart_upload(
        Bucket="bucket", Key="a", ContentType="x/y", Metadata={"m": "1"}, Tagging="t=1&u=2"
    )
    name: Any = {"Bucket": "bucket", "Key": "a", "UploadId": begun["UploadId"]}
    etags = {}
    for number, body in reversed(parts.items()):
        etags[number] = s3.upload_part(**name, PartNumber=number, Body=body)["ETag"]
        assert etags[number] == etag_of(body)
    pages = s3.get_paginator("list_parts").paginate(**name, PaginationConfig={"PageSize": 2})
    listed = [part for page in pages for part in page["Parts"]]
    assert [(one["PartNumber"], one["ETag"], one["Size"]) for one in listed] == [
        (number, etag_of(body), len(body)) for number, body in parts.items()
    ]
    uploads = s3.list_multipart_uploads(Bucket="bucket", Prefix="a")["Uploads"]
    assert [(one["Key"], one["UploadId"]) for one in uploads] == [("a", begun["UploadId"])]

    def complete(*numbers: int, **conditions: Any) -> Any:
        chosen: Any = [
            {"PartNumber": number, "ETag": etags.get(number, '"0"')} for number in numbers
        ]
        return s3.complete_multipart_upload(**name, MultipartUpload={"Parts": chosen}, **conditions)

    for code, numbers, condition in (
        ("InvalidPart", (2, 3), {}),
        ("InvalidPartOrder", (5, 2), {}),
        ("NoSuchKey", (2,), {"IfMatch": etag_of(b"")}),
    ):
        with pytest.raises(ClientError, match=code):
            complete(*numbers, **condition)
    whole = b"".join(parts.values())
    digests = b"".join(hashlib.md5(body).digest() for body in parts.values())
    done = complete(2, 5, 9, IfNoneMatch="*")
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    got = s3.get_object(Bucket="bucket", Key="a")
    assert (got["Body"].read(), got["ETag"]) == (whole, done["ETag"])
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("x/y", {"m": "1"}, 2)
    around = slice(MIB - 3, 7 * MIB + 2)
    wanted = f"bytes={around.start}-{around.stop - 1}"
    assert body_of(s3, "a", Range=wanted) == whole[around]
    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.abort_multipart_upload(**name)


def test_an_upload_that_is_given_up(s3: S3Client) -> None:
    for number in range(5):
        s3.create_multipart_upload(Bucket="bucket", Key=f"k{number // 2}")
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket="bucket", PaginationConfig={"PageSize": 2}
    )
    found = [(one["Key"], one["UploadId"]) for page in pages for one in page["Uploads"]]
    assert [key for key, _ in found] == ["k0", "k0", "k1", "k1", "k2"]
    for key, upload in found:
        s3.upload_part(Bucket="bucket", Key=key, UploadId=upload, PartNumber=1, Body=b"1")
        s3.abort_multipart_upload(Bucket="bucket", Key=key, UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bucket")


def test_transfers_of_boto3_in_threads(s3: S3Client, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(os.urandom(40 * MIB + 5))
    settings = TransferConfig(multipart_threshold=MIB, multipart_chunksize=5 * MIB)
    s3.upload_file(str(tmp_path / "up"), "bucket", "a", Config=settings)
    s3.download_file("bucket", "a", str(tmp_path / "down"), Config=settings)
    assert (tmp_path / "down").read_bytes() == (tmp_path / "up").read_bytes()


def test_copies(s3: S3Client) -> None:
    body = os.urandom(100)
    s3.put_object(
        Bucket="bucket",
        Key="ä +b",
        Body=body,
        Metadata={"m": "1"},
        Tagging="t=1",
        ContentType="a/b",
    )
    source: Any = {"Bucket": "bucket", "Key": "ä +b"}
    made = s3.copy_object(Bucket="other", Key="c", CopySource=source)
    assert made["CopyObjectResult"]["ETag"] == etag_of(body)
    got = s3.get_object(Bucket="other", Key="c")
    assert (got["Body"].read(), got["Metadata"], got["TagCount"]) == (body, {"m": "1"}, 1)
    s3.copy_object(
        Bucket="bucket", Key="ä +b", CopySource=source, MetadataDirective="REPLACE",
        Metadata={"n": "2"}, TaggingDirective="REPLACE", Tagging="",
        CopySourceIfMatch=etag_of(body),
    )  # fmt: skip
    told: dict[str, Any] = dict(s3.get_object(Bucket="bucket", Key="ä +b"))
    assert (told["Metadata"], told["ContentType"]) == ({"n": "2"}, "binary/octet-stream")
    assert "TagCount" not in told
    conditions: list[Any] = [
        {"CopySourceIfMatch": '"x"'},
        {"CopySourceIfNoneMatch": etag_of(body)},
        {"IfNoneMatch": "*"},
    ]
    for condition in conditions:
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.copy_object(Bucket="other", Key="c", CopySource=source, **condition)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.copy_object(Bucket="other", Key="c", CopySource="bucket/none")


def test_a_body_is_held_against_the_md5_that_comes_with_it(s3: S3Client) -> None:
    """Services do that, and clients that rely on it compute nothing themselves."""

    def told(body: bytes) -> str:
        return base64.b64encode(hashlib.md5(body).digest()).decode()

    upload = s3.create_multipart_upload(Bucket="bucket", Key="a")["UploadId"]
    part: dict[str, Any] = {"Bucket": "bucket", "Key": "a", "UploadId": upload, "PartNumber": 1}
    for body in (b"", b"x", b"some more", os.urandom(MIB)):
        s3.put_object(Bucket="bucket", Key="a", Body=body, ContentMD5=told(body))
        s3.upload_part(**part, Body=body, ContentMD5=told(body))
        with pytest.raises(ClientError, match="BadDigest"):
            s3.put_object(Bucket="bucket", Key="a", Body=body + b"x", ContentMD5=told(body))
        with pytest.raises(ClientError, match="BadDigest"):
            s3.upload_part(**part, Body=body + b"x", ContentMD5=told(body))
        assert s3.get_object(Bucket="bucket", Key="a")["Body"].read() == body
        parts = s3.list_parts(Bucket="bucket", Key="a", UploadId=upload)["Parts"]
        assert [one["ETag"] for one in parts] == [etag_of(body)]


def test_parts_that_are_copied(s3: S3Client) -> None:
    first, second = os.urandom(MIB), os.urandom(MIB)
    s3.put_object(Bucket="bucket", Key="s", Body=first + second)
    begun = s3.create_multipart_upload(Bucket="other", Key="a")
    name: Any = {"Bucket": "other", "Key": "a", "UploadId": begun["UploadId"]}
    parts: Any = []
    ranges: list[Any] = [{"CopySourceRange": f"bytes={MIB}-{2 * MIB - 1}"}, {}]
    for number, given in enumerate(ranges, 1):
        made = s3.upload_part_copy(**name, PartNumber=number, CopySource="bucket/s", **given)
        parts.append({"PartNumber": number, "ETag": made["CopyPartResult"]["ETag"]})
    assert [one["ETag"] for one in parts] == [etag_of(second), etag_of(first + second)]
    s3.complete_multipart_upload(**name, MultipartUpload={"Parts": parts})
    s3.delete_object(Bucket="bucket", Key="s")
    assert s3.get_object(Bucket="other", Key="a")["Body"].read() == second + first + second
    # A copy of it is one whole.
    made_whole = s3.copy_object(Bucket="bucket", Key="b", CopySource="other/a")
    assert made_whole["CopyObjectResult"]["ETag"] == etag_of(second + first + second)


def test_tags(s3: S3Client) -> None:
    def tags() -> dict[str, str]:
        found = s3.get_object_tagging(Bucket="bucket", Key="a")["TagSet"]
        return {one["Key"]: one["Value"] for one in found}

    s3.put_object(Bucket="bucket", Key="a", Body=b"1", Tagging="a=1%262&b+c=&%C3%A4=%3D")
    assert tags() == {"a": "1&2", "b c": "", "ä": "="}
    before = s3.head_object(Bucket="bucket", Key="a")
    new: Any = {"TagSet": [{"Key": "<x>", "Value": "a&b"}, {"Key": "ö ö", "Value": ""}]}
    s3.put_object_tagging(Bucket="bucket", Key="a", Tagging=new)
    assert tags() == {"<x>": "a&b", "ö ö": ""}
    assert s3.head_object(Bucket="bucket", Key="a")["LastModified"] == before["LastModified"]
    s3.delete_object_tagging(Bucket="bucket", Key="a")
    assert tags() == {}
    assert body_of(s3, "a") == b"1"
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object_tagging(Bucket="bucket", Key="none")
