"""The moods about conditions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.s3.servers.access import client
from tests.s3.servers.answering import LosesAnswer
from tests.s3.servers.asking import BODY, BUCKET, TOLERANT, got, held, put, refused, uploaded
from tests.s3.servers.bodies import ChecksBodies
from tests.s3.servers.conditions import (
    BareIfMatch,
    EnforcesConditions,
    IgnoresConditions,
    RefusesConditions,
)
from tests.s3.servers.moods import Mood
from tests.s3.servers.proxy import Proxy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FAILED = (412, "PreconditionFailed")
ABSENT = (404, "NoSuchKey")
STALE = f'"{"0" * 32}"'


def test_an_etag_with_quotes_never_matches_for_ceph_16(proxy: Proxy, through: S3Client) -> None:
    etag = put(through, "a", b"1")
    proxy.moods = (Mood(BareIfMatch()),)
    change = {"Key": "a", "Body": b"2"}
    assert refused(through.put_object, **change, IfMatch=etag) == FAILED
    assert refused(through.put_object, **change, IfMatch=STALE.strip('"')) == FAILED
    assert refused(through.put_object, Key="none", IfMatch=etag.strip('"')) == FAILED
    assert got(through, "a") == b"1"
    put(through, "a", b"2", IfMatch=etag.strip('"'))
    put(through, "b", b"3")
    assert (got(through, "a"), got(through, "b")) == (b"2", b"3")


def test_conditions_are_ignored_where_they_are_told_to_be(proxy: Proxy, through: S3Client) -> None:
    put(through, "a", b"1")
    proxy.moods = (Mood(IgnoresConditions(), on="PutObject CompleteMultipartUpload"),)
    put(through, "a", b"2", IfMatch=STALE)
    put(through, "a", b"3", IfNoneMatch="*")
    assert got(through, "a") == b"3"
    made = uploaded(through, "a")
    through.complete_multipart_upload(Bucket=BUCKET, **made, IfNoneMatch="*")
    assert got(through, "a") == BODY
    assert refused(through.delete_object, Key="a", IfMatch=STALE) == FAILED


def test_conditions_of_copies_and_deletions_are_ignored_before_one_that_enforces(
    proxy: Proxy, through: S3Client, direct: S3Client
) -> None:
    proxy.moods = (Mood(IgnoresConditions()), Mood(EnforcesConditions()))
    put(through, "a")
    copy: dict[str, Any] = {"Bucket": BUCKET, "Key": "b", "CopySource": f"{BUCKET}/a"}
    through.copy_object(**copy, CopySourceIfMatch=STALE)
    through.copy_object(**copy, IfNoneMatch="*")
    wanted: Any = {"Objects": [{"Key": "a", "ETag": STALE}, {"Key": "b", "ETag": STALE}]}
    assert "Errors" not in through.delete_objects(Bucket=BUCKET, Delete=wanted)
    assert held(direct) == []


def test_conditions_are_refused_and_plain_requests_are_not(proxy: Proxy, through: S3Client) -> None:
    put(through, "a")
    proxy.moods = (Mood(RefusesConditions()),)
    missing = (501, "NotImplemented")
    assert refused(through.put_object, Key="b", IfNoneMatch="*") == missing
    copy = {"Key": "b", "CopySource": f"{BUCKET}/a"}
    assert refused(through.copy_object, **copy, CopySourceIfMatch=STALE) == missing
    one = {"Key": "a", "ETag": STALE}
    assert refused(through.delete_objects, Delete={"Objects": [one]}) == missing
    through.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a")
    through.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a"}]})
    assert got(through, "b") == BODY


@pytest.fixture
def strict(proxy: Proxy) -> S3Client:
    """Through a proxy that looks like AWS."""
    proxy.moods = (Mood(ChecksBodies()), Mood(EnforcesConditions()))
    return client(proxy.access, **TOLERANT)


def test_a_put_is_conditional(strict: S3Client) -> None:
    put(strict, "a", b"1", IfNoneMatch="*")
    assert refused(strict.put_object, Key="a", IfNoneMatch="*") == FAILED
    assert refused(strict.put_object, Key="a", IfNoneMatch=STALE) == (501, "NotImplemented")
    assert refused(strict.put_object, Key="a", IfMatch=STALE) == FAILED
    assert refused(strict.put_object, Key="none", IfMatch=STALE) == ABSENT
    assert refused(strict.put_object, Key="none", IfMatch="*") == FAILED
    etag = put(strict, "a", b"2", IfMatch="*")
    put(strict, "a", b"3", IfMatch=etag)
    assert got(strict, "a") == b"3"


def test_a_completion_is_conditional(strict: S3Client) -> None:
    complete = strict.complete_multipart_upload
    assert refused(complete, **uploaded(strict, "a"), IfMatch=STALE) == ABSENT
    etag = put(strict, "a", b"1")
    assert refused(complete, **uploaded(strict, "a"), IfMatch=STALE) == FAILED
    assert refused(complete, **uploaded(strict, "a"), IfNoneMatch="*") == FAILED
    assert got(strict, "a") == b"1"
    complete(Bucket=BUCKET, **uploaded(strict, "a"), IfMatch=etag)
    assert got(strict, "a") == BODY


def test_the_source_of_a_copy_is_conditional(strict: S3Client, direct: S3Client) -> None:
    etag = put(strict, "ä b", b"1")
    source = {"Bucket": BUCKET, "Key": "ä b"}
    copy: dict[str, Any] = {"Key": "c", "CopySource": source}
    assert refused(strict.copy_object, **copy, CopySourceIfMatch=STALE) == FAILED
    assert refused(strict.copy_object, **copy, CopySourceIfNoneMatch=etag) == FAILED
    upload = strict.create_multipart_upload(Bucket=BUCKET, Key="c")["UploadId"]
    part = {**copy, "UploadId": upload, "PartNumber": 1, "CopySourceIfMatch": STALE}
    assert refused(strict.upload_part_copy, **part) == FAILED
    absent = {"Key": "c", "CopySource": f"{BUCKET}/none", "CopySourceIfMatch": STALE}
    assert refused(strict.copy_object, **absent) == ABSENT
    assert held(direct) == ["ä b"]
    strict.copy_object(Bucket=BUCKET, **copy, CopySourceIfMatch=etag)
    assert got(strict, "c") == b"1"


def test_a_version_as_a_source_is_the_one_that_is_compared(strict: S3Client) -> None:
    strict.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = strict.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    put(strict, "a", b"2")
    source: Any = {"Bucket": BUCKET, "Key": "a", "VersionId": first["VersionId"]}
    strict.copy_object(Bucket=BUCKET, Key="b", CopySource=source, CopySourceIfMatch=first["ETag"])
    assert got(strict, "b") == b"1"


def test_the_target_of_a_copy_is_conditional(strict: S3Client) -> None:
    put(strict, "a", b"1")
    copy: dict[str, Any] = {"Key": "b", "CopySource": f"{BUCKET}/a"}
    assert refused(strict.copy_object, **copy, IfMatch=STALE) == ABSENT
    strict.copy_object(Bucket=BUCKET, **copy, IfNoneMatch="*")
    put(strict, "a", b"2")
    assert refused(strict.copy_object, **copy, IfNoneMatch="*") == FAILED
    assert refused(strict.copy_object, **copy, IfMatch=STALE) == FAILED
    assert got(strict, "b") == b"1"


def test_a_deletion_is_conditional(strict: S3Client, direct: S3Client) -> None:
    etag = put(strict, "a")
    assert refused(strict.delete_object, Key="a", IfMatch=STALE) == FAILED
    assert refused(strict.delete_object, Key="none", IfMatch=STALE) == ABSENT
    assert held(direct) == ["a"]
    strict.delete_object(Bucket=BUCKET, Key="a", IfMatch=etag)
    assert held(direct) == []


def test_each_of_many_deletions_is_conditional(strict: S3Client, direct: S3Client) -> None:
    etags = {key: put(strict, key, key.encode()) for key in "abc"}
    wanted: Any = [
        {"Key": "a", "ETag": etags["a"]},
        {"Key": "b", "ETag": STALE},
        {"Key": "c"},
        {"Key": "none", "ETag": STALE},
    ]
    told = strict.delete_objects(Bucket=BUCKET, Delete={"Objects": wanted})
    assert {(one["Key"], one["Code"]) for one in told["Errors"]} == {
        ("b", "PreconditionFailed"),
        ("none", "NoSuchKey"),
    }
    assert {one["Key"] for one in told["Deleted"]} == {"a", "c"}
    told = strict.delete_objects(Bucket=BUCKET, Delete={"Objects": wanted[1:2]})
    assert [one["Key"] for one in told["Errors"]] == ["b"]
    assert held(direct) == ["b"]


def test_of_many_who_expect_the_same_one_wins(strict: S3Client) -> None:
    etag = put(strict, "b", b"before")
    for number in range(8):
        put(strict, f"source-{number}", b"%d" % number)

    def attempt(number: int) -> str:
        try:
            strict.copy_object(
                Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/source-{number}", IfMatch=etag
            )
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "won"

    with ThreadPoolExecutor(8) as pool:
        ended = sorted(pool.map(attempt, range(8)))
    assert ended == ["PreconditionFailed"] * 7 + ["won"]


def test_what_a_mood_asks_is_not_met_by_other_moods(
    proxy: Proxy, through: S3Client, direct: S3Client
) -> None:
    proxy.moods = (Mood(EnforcesConditions()), Mood(LosesAnswer()))
    with pytest.raises(ConnectionClosedError):
        put(through, "a", IfNoneMatch="*")
    # What got lost was the answer to this and not to a question of the mood before it.
    assert held(direct) == ["a"]
    assert proxy.called("HeadObject") == []
