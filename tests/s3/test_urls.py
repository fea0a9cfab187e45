"""Addresses that work, for as long as they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import urlopen

import pytest

from buckia.errors import AccessDenied, InvalidKey
from tests.s3.acting import Stage, failure, on_stage
from tests.s3.servers.moto import Moto

KEYS = ["a", "a/b c", "ä+b", "a%20b", "a?b=c&d", "a#b", "~a", "a'b\"", "\U0001f600", "ab:c@d"]


@pytest.fixture
def stage(moto: Moto, tmp_path: Path) -> Iterator[Stage]:
    with on_stage(moto, tmp_path) as stage:
        yield stage


def fetched(url: str) -> bytes:
    with urlopen(url, timeout=20) as answer:
        found: bytes = answer.read()
    return found


@pytest.mark.parametrize("key", KEYS)
def test_an_address_leads_to_its_object(stage: Stage, key: str) -> None:
    stage.put(key, key.encode(), ACL="public-read")
    store = stage.opened()
    plain, signed = store.url(key), store.url(key, expires=timedelta(hours=1))
    assert stage.operations() == []
    assert fetched(plain) == fetched(signed) == key.encode()
    assert stage.proxy.called("GetObject") == [key, key]


def test_a_plain_address_says_nothing_of_who_gave_it(stage: Stage) -> None:
    url = stage.opened().url("a/b c")
    assert url == f"{stage.proxy.endpoint}/{stage.name}/a/b%20c"


def test_a_signed_address_lasts_as_long_as_asked_for(stage: Stage) -> None:
    url = stage.opened().url("a b", expires=timedelta(minutes=5))
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Signature"]
    assert unquote(urlsplit(url).path) == f"/{stage.name}/a b"
    assert stage.bucket.server.access.secret_key not in url


@pytest.mark.parametrize(
    "expires", [timedelta(0), timedelta(seconds=-5), timedelta(milliseconds=999), timedelta(days=8)]
)
def test_a_time_that_no_service_signs_for_is_refused(stage: Stage, expires: timedelta) -> None:
    error = failure(stage.opened().url, "a", expires=expires)
    assert "7 days" in error.message
    assert error.key == "a"


@pytest.mark.parametrize("expires", [timedelta(seconds=1), timedelta(days=7)])
def test_the_shortest_and_the_longest_are_signed(stage: Stage, expires: timedelta) -> None:
    assert f"X-Amz-Expires={int(expires.total_seconds())}&" in stage.opened().url(
        "a", expires=expires
    )


def test_a_plain_address_needs_no_credentials(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(stage.folder / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(stage.folder / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    store = stage.opened(access_key=None, secret_key=None)
    assert store.url("a/b") == f"{stage.proxy.endpoint}/{stage.name}/a/b"
    error = failure(store.url, "a", expires=timedelta(hours=1))
    assert type(error) is AccessDenied


def test_nobody_can_sign_without_credentials(stage: Stage) -> None:
    store = stage.opened(access_key=None, secret_key=None, anonymous=True)
    error = failure(store.url, "a", expires=timedelta(hours=1))
    assert error.key == "a"
    assert "anonymous" in error.hint


@pytest.mark.parametrize(
    ("bucket", "region", "start"),
    [
        ("assets", "eu-central-1", "https://assets.s3.eu-central-1.amazonaws.com/"),
        ("assets", "us-east-1", "https://assets.s3.amazonaws.com/"),
        ("a.b.c", "eu-central-1", "https://s3.eu-central-1.amazonaws.com/a.b.c/"),
    ],
)
def test_an_address_at_aws_names_the_region(
    stage: Stage, bucket: str, region: str, start: str
) -> None:
    store = stage.opened(endpoint_url=None, region=region, bucket_name=bucket)
    assert store.url("a/b") == f"{start}a/b"
    assert store.url("a/b", expires=timedelta(hours=1)).startswith(f"{start}a/b?")


@pytest.mark.parametrize("key", ["", "../a", "/a", "a\x00"])
def test_there_is_no_address_of_a_key_that_nobody_can_keep(stage: Stage, key: str) -> None:
    store = stage.opened()
    assert type(failure(store.url, key)) is InvalidKey
    assert type(failure(store.url, key, expires=timedelta(hours=1))) is InvalidKey


def test_where_the_name_stands_in_the_host_it_stands_there_in_addresses_too(
    stage: Stage,
) -> None:
    there: dict[str, Any] = {"endpoint_url": "https://s3.example.com", "bucket_name": "assets"}
    assert stage.opened(addressing="host", **there).url("a b") == (
        "https://assets.s3.example.com/a%20b"
    )
    assert stage.opened(addressing="path", **there).url("a b") == (
        "https://s3.example.com/assets/a%20b"
    )


def test_who_signs_nothing_still_has_plain_addresses(stage: Stage) -> None:
    nobody: dict[str, Any] = {"access_key": None, "secret_key": None, "anonymous": True}
    url = stage.opened(**nobody).url("a/b c")
    assert url == f"{stage.proxy.endpoint}/{stage.name}/a/b%20c"
