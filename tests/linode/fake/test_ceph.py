"""A fake that acts on a real gateway: its buckets are there, and its keys open what they should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pytest
from botocore.exceptions import ClientError

from buckia_linode.testing import FakeLinode
from tests.linode.ceph import OWNER, CephBackend
from tests.linode.fake.asking import Asking
from tests.s3.servers.access import client
from tests.s3.servers.ceph import Cluster

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BODY = b"12345"
REGION = "us-ord"
EVERYBODY = "uri=http://acs.amazonaws.com/groups/global/AllUsers"

pytestmark = pytest.mark.slow


@pytest.fixture
def real(backend: CephBackend) -> Iterator[Asking]:
    """Somebody who asks a fake that acts on the gateway; at the end nothing is left there."""
    with FakeLinode(endpoints=[backend.endpoint(REGION)], backend=backend) as fake:
        ask = Asking(fake)
        yield ask
        for key in ask.get("/keys").rows:
            assert ask("DELETE", f"/keys/{key['id']}").found == {}
        for bucket in fake.buckets:
            for one in backend.objects(bucket):
                backend._s3.delete_object(Bucket=bucket.label, Key=one.name)
            assert ask("DELETE", f"/buckets/{REGION}/{bucket.label}").found == {}
        ask.connection.close()


@pytest.fixture
def owner(gateway: Cluster) -> S3Client:
    return client(gateway.access)


@pytest.fixture
def opened(gateway: Cluster) -> Callable[[Any], S3Client]:
    """Makes a client of a key as the API tells it."""

    def of(key: Any) -> S3Client:
        access = msgspec.structs.replace(
            gateway.access, access_key=key["access_key"], secret_key=key["secret_key"]
        )
        return client(access)

    return of


@pytest.fixture
def two(real: Asking, owner: S3Client) -> Asking:
    """Two buckets with an object in each."""
    for label in ("photos", "music"):
        real.make(label, REGION)
        owner.put_object(Bucket=label, Key="a", Body=BODY)
    return real


def denied(act: Callable[..., Any], **what: Any) -> str:
    """Why it is not allowed."""
    with pytest.raises(ClientError) as found:
        act(**what)
    assert found.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return found.value.response["Error"]["Code"]


def written(s3: S3Client, label: str) -> list[Callable[..., Any]]:
    """All ways to change something in a bucket."""
    return [
        lambda: s3.put_object(Bucket=label, Key="new", Body=b"x"),
        lambda: s3.put_object(Bucket=label, Key="a", Body=b"x"),
        lambda: s3.delete_object(Bucket=label, Key="a"),
        lambda: s3.copy_object(Bucket=label, Key="b", CopySource={"Bucket": label, "Key": "a"}),
        lambda: s3.create_multipart_upload(Bucket=label, Key="new"),
        lambda: s3.put_bucket_policy(Bucket=label, Policy="{}"),
        lambda: s3.delete_bucket_policy(Bucket=label),
        lambda: s3.delete_bucket(Bucket=label),
    ]


def all_denied(s3: S3Client, label: str) -> None:
    """Neither what is in this bucket nor that there is one."""
    denied(s3.list_objects_v2, Bucket=label)
    denied(s3.head_bucket, Bucket=label)
    denied(s3.get_object, Bucket=label, Key="a")
    denied(s3.get_object, Bucket=label, Key="nothing")
    for act in written(s3, label):
        denied(act)


def test_a_key_to_read_one_bucket_reads_it_and_no_more_until_it_is_revoked(
    two: Asking, opened: Callable[[Any], S3Client], owner: S3Client
) -> None:
    key = two.allow("photos", permissions="read_only", region=REGION)
    s3 = opened(key)
    assert s3.get_object(Bucket="photos", Key="a")["Body"].read() == BODY
    assert [row["Key"] for row in s3.list_objects_v2(Bucket="photos")["Contents"]] == ["a"]
    assert s3.head_bucket(Bucket="photos")
    for act in written(s3, "photos"):
        assert denied(act) == "AccessDenied"
    all_denied(s3, "music")
    assert s3.list_buckets()["Buckets"] == []
    assert two("DELETE", f"/keys/{key['id']}").found == {}
    for label in ("photos", "music"):
        all_denied(s3, label)
    assert denied(s3.list_buckets) == "InvalidAccessKeyId"
    for label in ("photos", "music"):
        assert owner.get_object(Bucket=label, Key="a")["Body"].read() == BODY
        with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
            owner.get_bucket_policy(Bucket=label)


def test_a_key_to_write_does_all_that_a_sync_does(
    two: Asking, opened: Callable[[Any], S3Client], owner: S3Client
) -> None:
    s3 = opened(two.allow("photos", region=REGION))
    s3.put_object(Bucket="photos", Key="b", Body=b"67")
    s3.copy_object(Bucket="photos", Key="c", CopySource={"Bucket": "photos", "Key": "b"})
    s3.delete_object(Bucket="photos", Key="a")
    upload = s3.create_multipart_upload(Bucket="photos", Key="d")["UploadId"]
    under_way = s3.list_multipart_uploads(Bucket="photos")["Uploads"]
    assert [row["UploadId"] for row in under_way] == [upload]
    tag = s3.upload_part(Bucket="photos", Key="d", UploadId=upload, PartNumber=1, Body=b"part")[
        "ETag"
    ]
    assert len(s3.list_parts(Bucket="photos", Key="d", UploadId=upload)["Parts"]) == 1
    s3.complete_multipart_upload(
        Bucket="photos",
        Key="d",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]},
    )
    other = s3.create_multipart_upload(Bucket="photos", Key="e")["UploadId"]
    s3.abort_multipart_upload(Bucket="photos", Key="e", UploadId=other)
    found = {
        row["Key"]: s3.get_object(Bucket="photos", Key=row["Key"])["Body"].read()
        for row in owner.list_objects_v2(Bucket="photos")["Contents"]
    }
    assert found == {"b": b"67", "c": b"67", "d": b"part"}
    told = two.get(f"/buckets/{REGION}/photos").found
    assert (told["objects"], told["size"]) == (3, 8)
    all_denied(s3, "music")
    denied(s3.delete_bucket, Bucket="photos")
    denied(s3.create_bucket, Bucket="another")


def test_several_keys_of_a_bucket_do_not_touch_each_other(
    two: Asking, opened: Callable[[Any], S3Client]
) -> None:
    reader = two.allow("photos", permissions="read_only", region=REGION)
    writer = two.allow("photos", "music", region=REGION)
    third = two.allow("photos", permissions="read_only", region=REGION)
    opened(writer).put_object(Bucket="photos", Key="b", Body=b"x")
    for key in (reader, third):
        assert opened(key).get_object(Bucket="photos", Key="b")
        denied(opened(key).put_object, Bucket="photos", Key="b", Body=b"y")
    assert two("DELETE", f"/keys/{writer['id']}").found == {}
    for label in ("photos", "music"):
        all_denied(opened(writer), label)
    assert two("DELETE", f"/keys/{reader['id']}").found == {}
    all_denied(opened(reader), "photos")
    assert opened(third).get_object(Bucket="photos", Key="a")["Body"].read() == BODY


def test_what_somebody_else_put_into_a_policy_stays(
    two: Asking, opened: Callable[[Any], S3Client], owner: S3Client
) -> None:
    everybody = (
        '{"Version": "2012-10-17", "Statement": [{"Sid": "theirs", "Effect": "Allow",'
        ' "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}]}'
    )
    owner.put_bucket_policy(Bucket="photos", Policy=everybody)
    key = two.allow("photos", permissions="read_only", region=REGION)
    assert opened(key).list_objects_v2(Bucket="photos")["KeyCount"] == 1
    assert two("DELETE", f"/keys/{key['id']}").found == {}
    policy = owner.get_bucket_policy(Bucket="photos")["Policy"]
    assert "theirs" in policy
    assert key["access_key"] not in policy


def test_an_unlimited_key_opens_everything_until_it_is_revoked(
    two: Asking, opened: Callable[[Any], S3Client]
) -> None:
    key = two("POST", "/keys", {"label": "all", "regions": [REGION]}).found
    s3 = opened(key)
    two.make("later", REGION)
    for label in ("photos", "music", "later"):
        s3.put_object(Bucket=label, Key="b", Body=b"x")
    assert {"photos", "music"} <= {row["Name"] for row in s3.list_buckets()["Buckets"]}
    changed = two("PUT", f"/keys/{key['id']}", {"regions": [REGION]}).found
    assert changed["access_key"] == key["access_key"]
    assert s3.head_object(Bucket="later", Key="b")["ContentLength"] == 1
    assert two("DELETE", f"/keys/{key['id']}").found == {}
    for label in ("photos", "music", "later"):
        all_denied(s3, label)


def test_a_key_is_revoked_also_after_its_bucket_is_gone(
    real: Asking, opened: Callable[[Any], S3Client]
) -> None:
    real.make("photos", REGION)
    key = real.allow("photos", region=REGION)
    assert real("DELETE", f"/buckets/{REGION}/photos").found == {}
    assert real("DELETE", f"/keys/{key['id']}").found == {}
    assert denied(opened(key).list_buckets) == "InvalidAccessKeyId"


def test_buckets_come_and_go_with_the_api(two: Asking, owner: S3Client) -> None:
    assert two("DELETE", f"/buckets/{REGION}/photos").refused == (400, None)
    assert owner.get_object(Bucket="photos", Key="a")["Body"].read() == BODY
    owner.delete_object(Bucket="photos", Key="a")
    assert two("DELETE", f"/buckets/{REGION}/photos").found == {}
    with pytest.raises(ClientError, match="404"):
        owner.head_bucket(Bucket="photos")
    wish = {"label": "theirs", "region": REGION}
    owner.create_bucket(Bucket="theirs")
    try:
        assert two("POST", "/buckets", wish).refused == (400, "label")
    finally:
        owner.delete_bucket(Bucket="theirs")
    assert two.make("theirs", REGION)["objects"] == 0


def test_objects_are_told_as_the_gateway_has_them(two: Asking, owner: S3Client) -> None:
    owner.put_object(Bucket="photos", Key="b/c", Body=b"67")
    path = f"/buckets/{REGION}/photos"
    rows = two.get(f"{path}/object-list", delimiter="/").rows
    assert [(row["name"], row["size"]) for row in rows] == [("a", 5), ("b/", None)]
    assert rows[0]["etag"] == owner.head_object(Bucket="photos", Key="a")["ETag"].strip('"')
    assert rows[0]["owner"] == "buckia"
    usage = two.get(f"/quotas/obj-bytes-{host(two)}/usage").found
    assert usage["usage"] == 12


def test_who_may_read_is_what_the_gateway_says(two: Asking, owner: S3Client) -> None:
    path = f"/buckets/{REGION}/photos"
    found = two.get(f"{path}/access").found
    assert (found["acl"], found["cors_enabled"]) == ("private", True)
    assert owner.get_bucket_cors(Bucket="photos")["CORSRules"]
    for acl in ("public-read", "authenticated-read", "public-read-write", "private"):
        wish = {"acl": acl, "cors_enabled": acl == "private"}
        assert two("PUT", f"{path}/access", wish).found == {}
        found = two.get(f"{path}/access").found
        assert (found["acl"], found["cors_enabled"]) == (acl, acl == "private")
        assert two("PUT", f"{path}/object-acl", {"name": "a", "acl": acl}).found == {}
        assert two.get(f"{path}/object-acl", name="a").found["acl"] == acl
    owner.put_bucket_acl(Bucket="photos", GrantFullControl=f"id={OWNER}", GrantReadACP=EVERYBODY)
    assert two.get(f"{path}/access").found["acl"] == "custom"


def test_an_address_opens_one_object_to_whoever_has_it(two: Asking, owner: S3Client) -> None:
    path = f"/buckets/{REGION}/photos/object-url"
    found = two("POST", path, {"name": "a", "method": "GET"}).found
    assert found["exists"] is True
    assert sent("GET", found["url"]) == (200, BODY)
    assert sent("GET", found["url"].replace("/photos/", "/music/"))[0] == 403
    wish = {"name": "new", "method": "PUT", "content_type": "text/plain"}
    found = two("POST", path, wish).found
    assert found["exists"] is False
    assert sent("PUT", found["url"], b"more", "text/html")[0] == 403
    assert sent("PUT", found["url"], b"more", "text/plain") == (200, b"")
    assert owner.get_object(Bucket="photos", Key="new")["Body"].read() == b"more"
    gone = two("POST", path, {"name": "new", "method": "DELETE"}).found
    assert gone["exists"] is True
    assert sent("DELETE", gone["url"]) == (204, b"")
    assert two("POST", path, {"name": "new", "method": "GET"}).found["exists"] is False


def sent(method: str, url: str, body: bytes | None = None, kind: str = "") -> tuple[int, bytes]:
    """What an address answers to somebody without a key."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        target = url.removeprefix(f"http://{urlsplit(url).netloc}")
        connection.request(method, target, body, {"Content-Type": kind} if kind else {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def host(ask: Asking) -> str:
    return ask.fake.endpoints[0].host
