"""The moods about whether and what is answered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ResponseStreamingError,
)

from tests.s3.servers.access import client
from tests.s3.servers.answering import (
    Answers,
    CutsConnection,
    LosesAnswer,
    RefusesTrailers,
    SendsErrorIn200,
)
from tests.s3.servers.asking import (
    BODY,
    BUCKET,
    TOLERANT,
    got,
    held,
    put,
    refused,
    uploaded,
)
from tests.s3.servers.certificate import issue
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_answers_are_s3_errors_with_headers_and_elements(proxy: Proxy, through: S3Client) -> None:
    proxy.moods = (
        Mood(Answers(503, "SlowDown", {"Retry-After": "7"}), key="slow"),
        Mood(Answers(400, "Malformed", elements={"Region": "eu-north-1"}), key="moved"),
    )
    with pytest.raises(ClientError, match="SlowDown") as slow:
        got(through, "slow")
    assert slow.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7"
    with pytest.raises(ClientError) as moved:
        got(through, "moved")
    assert moved.value.response["Error"]["Region"] == "eu-north-1"  # type: ignore[typeddict-item]  # the stub knows four elements
    assert refused(through.head_object, Key="slow") == (503, "503")


def test_a_lost_answer_is_of_something_done(
    proxy: Proxy, through: S3Client, direct: S3Client
) -> None:
    proxy.moods = (Mood(LosesAnswer(), on="PutObject", nth=1),)
    with pytest.raises(ConnectionClosedError):
        put(through, "a")
    assert held(direct) == ["a"]
    put(through, "b")


def test_a_request_that_is_cut_off_never_arrives(
    proxy: Proxy, through: S3Client, direct: S3Client
) -> None:
    proxy.moods = (Mood(CutsConnection(after=1000, of="request"), on="PutObject"),)
    with pytest.raises(HTTPClientError):
        put(through, "a")
    assert held(direct) == []
    assert [one.size for one in proxy.requests] == [1000]


@pytest.mark.parametrize("after", [0, 1000])
def test_an_answer_that_is_cut_off_is_noticed(proxy: Proxy, after: int, direct: S3Client) -> None:
    put(direct, "a")
    proxy.moods = (Mood(CutsConnection(after=after, of="answer")),)
    with Proxy(proxy.access) as outer:
        # A second proxy hands on what it got, and where it ended.
        for server in (proxy, outer):
            body = client(server.access).get_object(Bucket=BUCKET, Key="a")["Body"]
            assert body.read(after) == BODY[:after]
            with pytest.raises(ResponseStreamingError):
                body.read()


@pytest.mark.parametrize("done", [False, True])
def test_an_error_may_come_with_200(
    proxy: Proxy, through: S3Client, direct: S3Client, done: bool
) -> None:
    put(direct, "a")
    proxy.moods = (Mood(SendsErrorIn200(done=done)),)
    # The client knows such answers and makes 500 of them.
    copy = {"Key": "copy", "CopySource": f"{BUCKET}/a"}
    assert refused(through.copy_object, **copy) == (500, "InternalError")
    made = uploaded(direct, "parts")
    assert refused(through.complete_multipart_upload, **made) == (500, "InternalError")
    assert held(direct) == (["a", "copy", "parts"] if done else ["a"])


def test_trailers_are_refused_and_plain_bodies_are_not(moto: Moto, tmp_path: Path) -> None:
    with Proxy(moto.access, issue(tmp_path)) as proxy:
        proxy.moods = (Mood(RefusesTrailers()),)
        assert refused(client(proxy.access).put_object, Key="a", Body=BODY) == (
            411,
            "MissingContentLength",
        )
        put(client(proxy.access, **TOLERANT), "a")
