"""The proxy is faithful without moods, and has them when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError, HTTPClientError, SSLError

from tests.s3.servers.access import Access, client
from tests.s3.servers.answering import (
    Answers,
    LosesAnswer,
)
from tests.s3.servers.asking import (
    BODY,
    BUCKET,
    got,
    held,
    port_of,
    put,
    refused,
    uploaded,
)
from tests.s3.servers.bodies import CorruptsBody, TruncatesBody
from tests.s3.servers.certificate import issue
from tests.s3.servers.listings import RepeatsPage, UnorderedPages
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.processes import listens
from tests.s3.servers.proxy import Proxy
from tests.s3.servers.wire import Answer, Request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_the_proxy_passes_everything_on_and_keeps_a_log(
    proxy: Proxy, through: S3Client, direct: S3Client
) -> None:
    etag = put(through, "ä/b c", Metadata={"some": "thing"})
    assert etag == f'"{md5(BODY).hexdigest()}"'
    assert got(direct, "ä/b c") == got(through, "ä/b c") == BODY
    head = through.head_object(Bucket=BUCKET, Key="ä/b c")
    assert (head["ContentLength"], head["Metadata"]) == (len(BODY), {"some": "thing"})
    assert refused(through.get_object, Key="none") == (404, "NoSuchKey")
    assert proxy.called("GetObject") == ["ä/b c", "none"]
    [seen] = (one for one in proxy.requests if one.operation == "PutObject")
    assert (seen.method, seen.path, seen.size) == ("PUT", "/mooded/%C3%A4/b%20c", len(BODY))
    assert seen.headers["x-amz-meta-some"] == "thing"
    proxy.forget()
    through.list_objects_v2(Bucket=BUCKET, Prefix="ä/")
    [seen] = proxy.requests
    assert (seen.operation, seen.query["prefix"], seen.key) == ("ListObjectsV2", "ä/", "")


OPERATIONS = (
    "CreateMultipartUpload UploadPart CompleteMultipartUpload CopyObject CreateMultipartUpload"
    " UploadPartCopy ListParts AbortMultipartUpload ListMultipartUploads DeleteObject"
    " DeleteObjects Other"
)


def test_the_proxy_tells_all_operations_apart(proxy: Proxy, through: S3Client) -> None:
    through.complete_multipart_upload(Bucket=BUCKET, **uploaded(through, "a"))
    through.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a")
    other = through.create_multipart_upload(Bucket=BUCKET, Key="c")["UploadId"]
    named: dict[str, Any] = {"Bucket": BUCKET, "Key": "c", "UploadId": other}
    through.upload_part_copy(**named, PartNumber=1, CopySource=f"{BUCKET}/a")
    through.list_parts(**named)
    through.abort_multipart_upload(**named)
    through.list_multipart_uploads(Bucket=BUCKET)
    through.delete_object(Bucket=BUCKET, Key="a")
    through.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "b"}]})
    through.get_bucket_acl(Bucket=BUCKET)
    assert [one.operation for one in proxy.requests] == OPERATIONS.split()


def test_connections_are_kept_on_both_sides(proxy: Proxy) -> None:
    with Proxy(proxy.access) as outer:
        to = client(outer.access)
        for number in range(5):
            put(to, str(number))
        assert {one.connection for one in outer.requests} == {1}
        assert {one.connection for one in proxy.requests} == {1}


def test_many_connections_are_served_at_once(proxy: Proxy, direct: S3Client) -> None:
    to = client(proxy.access, max_pool_connections=16)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: put(to, f"{number:03}"), range(100)))
    assert held(direct) == [f"{number:03}" for number in range(100)]
    assert len({one.connection for one in proxy.requests}) > 1


def test_https_reaches_the_server_and_trailers_too(moto: Moto, tmp_path: Path) -> None:
    with Proxy(moto.access, issue(tmp_path)) as inner, Proxy(inner.access) as outer:
        put(client(inner.access), "a")
        assert got(client(outer.access), "a") == BODY
        [seen] = (one for one in inner.requests if one.operation == "PutObject")
        assert seen.headers["x-amz-trailer"] == "x-amz-checksum-crc32"
        with pytest.raises(SSLError):
            got(client(Access(endpoint=inner.endpoint)), "a")


def test_a_stopped_proxy_has_closed_its_port_and_all_connections(moto: Moto) -> None:
    proxy = Proxy(moto.access)
    to = client(proxy.access)
    put(to, "a")
    proxy.stop()
    proxy.stop()
    with pytest.raises(EndpointConnectionError):
        put(to, "b")
    assert not listens(port_of(proxy.access))


def test_a_mood_is_for_its_operations_keys_and_times(proxy: Proxy, through: S3Client) -> None:
    mood = Mood(Answers(503, "SlowDown"), on="PutObject GetObject", key="a*", nth=range(2, 4))
    proxy.moods = (mood,)
    put(through, "a/1")
    put(through, "b")
    assert refused(through.get_object, Key="a/1") == (503, "SlowDown")
    through.head_object(Bucket=BUCKET, Key="a/1")
    assert refused(through.put_object, Key="a/2") == (503, "SlowDown")
    put(through, "a/3")
    assert proxy.applied(mood) == 2
    proxy.moods = (Mood(Answers(503, "SlowDown"), nth=1),)
    assert refused(through.get_object, Key="b") == (503, "SlowDown")
    assert got(through, "b") == BODY


def test_moods_stand_around_each_other_in_their_order(proxy: Proxy, through: S3Client) -> None:
    proxy.moods = (Mood(CorruptsBody()), Mood(TruncatesBody(3)))
    put(through, "a", b"12345")
    assert got(through, "a") == b"133"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Mood(LosesAnswer(), on="PutObjects"),
        lambda: Mood(UnorderedPages(), on="GetObject"),
        lambda: Mood(RepeatsPage(), nth=1),
    ],
)
def test_a_mood_that_could_never_come_is_refused(make: Callable[[], Mood]) -> None:
    with pytest.raises(ValueError, match=r"no such|no difference|some requests"):
        make()


def test_a_mood_that_breaks_is_no_lost_connection_but_an_error(moto: Moto) -> None:
    class Breaks(LosesAnswer, frozen=True):
        def __call__(self, _request: Request, _forward: object, /) -> Answer:
            raise ZeroDivisionError

    proxy = Proxy(moto.access)
    proxy.moods = (Mood(Breaks()),)
    with pytest.raises(HTTPClientError):
        put(client(proxy.access), "a")
    with pytest.raises(ExceptionGroup) as caught:
        proxy.stop()
    assert caught.group_contains(ZeroDivisionError)
