"""Where requests go and who signs them: what is written down is what the SDK would do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from buckia.secrets import Secret
from buckia_s3.endpoint import endpoint
from buckia_s3.lane.address import Address, is_proxied, learned, written_down
from buckia_s3.options import Options
from tests.s3.lane.worlds import BUCKET, KEYS, context, made


@pytest.fixture(autouse=True)
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any AWS settings; returns the file in which they may be written."""
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path / "config"


def both(
    options: Mapping[str, Any], url: str | None, **more: Any
) -> tuple[Address | None, Address | None]:
    asked = context(url, **more)
    given = Options(**options)
    plain = written_down(given, endpoint(given, asked), BUCKET, None)
    return plain, learned(made(options, url=url, **more), BUCKET)


URLS = [
    "http://127.0.0.1:9000",
    "https://s3.example.com",
    "https://S3.Example.com:443",
    "http://s3.example.com:80/",
    "https://s3.example.com:8443/base/",
    "http://[::1]:9000",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    ("options", "more"),
    [
        (KEYS, {}),
        (KEYS, {"region": "eu-west-3"}),
        ({**KEYS, "session_token": Secret("T")}, {}),
        ({"anonymous": True}, {}),
    ],
    ids=["keys", "a region", "a token", "nobody"],
)
def test_both_are_the_same(url: str, options: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    plain, theirs = both(options, url, **more)
    assert plain is not None
    assert theirs is not None
    assert plain.keys() == theirs.keys()
    assert plain._replace(keys=theirs.keys) == theirs
    assert plain.host == theirs.host


@pytest.mark.parametrize("url", ["https://s3.example.com", "https://s3.example.com:8443"])
def test_the_bucket_may_stand_in_the_host(url: str) -> None:
    plain, theirs = both({**KEYS, "addressing": "host"}, url)
    assert plain is not None
    assert theirs is not None
    assert plain._replace(keys=theirs.keys) == theirs
    assert plain.place.host == f"{BUCKET}.s3.example.com"


@pytest.mark.parametrize("region", ["eu-west-3", "us-east-1", "cn-north-1"])
def test_where_it_is_at_aws_only_the_sdk_knows(region: str) -> None:
    plain, theirs = both(KEYS, None, region=region)
    assert plain is None
    assert theirs is not None
    assert theirs.region == region
    assert theirs.place.scheme == "https"
    assert theirs.place.host.startswith(f"{BUCKET}.s3")
    assert (theirs.path, theirs.keys()) == ("", ("AK", "SK", None))


def test_a_file_of_aws_settings_may_say_anything(aws: Path) -> None:
    aws.write_text("[default]\nca_bundle = /my/own.pem\n")
    plain, theirs = both(KEYS, "https://s3.example.com")
    assert plain is None
    assert theirs is not None
    assert theirs.place.certificates == "/my/own.pem"


def test_keys_of_the_environment_are_found_by_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AK-ENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SK-ENV")
    plain, theirs = both({}, "https://s3.example.com")
    assert plain is None
    assert theirs is not None
    assert theirs.keys() == ("AK-ENV", "SK-ENV", None)


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_certificates_of_the_environment_are_trusted_by_both(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/other.pem")
    plain, theirs = both(KEYS, "https://s3.example.com")
    assert plain is not None
    assert theirs is not None
    assert plain.place.certificates == theirs.place.certificates == "/other.pem"


@pytest.mark.parametrize(
    ("environ", "url", "expected"),
    [
        ({"https_proxy": "http://p:1"}, "https://s3.example.com", True),
        ({"HTTPS_PROXY": "http://p:1"}, "https://s3.example.com", True),
        ({"https_proxy": "http://p:1"}, "http://s3.example.com", False),
        ({"https_proxy": "http://p:1", "no_proxy": "example.com"}, "https://s3.example.com", False),
        ({"https_proxy": "http://p:1", "no_proxy": "*"}, "https://s3.example.com", False),
        ({"http_proxy": "http://p:1"}, "http://127.0.0.1:9000", True),
        ({"http_proxy": "http://p:1", "no_proxy": "127.0.0.1"}, "http://127.0.0.1:9000", False),
        ({}, "https://s3.example.com", False),
    ],
)
def test_who_goes_by_a_proxy_goes_with_the_sdk(
    monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str], url: str, expected: bool
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert is_proxied(url) is expected
    plain, theirs = both(KEYS, url)
    assert (plain is None, theirs is None) == (expected, expected)
