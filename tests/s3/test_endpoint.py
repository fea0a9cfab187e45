"""From a configuration to an address; what cannot be right is refused before any request."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from buckia.errors import BuckiaError, ConfigError, Unavailable
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_s3.connection import Connection
from buckia_s3.endpoint import Endpoint, endpoint
from buckia_s3.options import Options
from tests.s3.servers.certificate import issue

HERE = Path("/nowhere")
KEYS = {"access_key": Secret("AK"), "secret_key": Secret("SK")}
GOOD = "https://s3.example.com"


def context(**more: Any) -> Context:
    return Context(**{"bucket_name": "bucket", "base": HERE, **more})


def connection(options: dict[str, Any], **more: Any) -> Connection:
    return Connection(Options(**options), context(**more), width=4)


def refused(options: dict[str, Any], **more: Any) -> ConfigError:
    """The error with which a configuration is refused, without any request."""
    with pytest.raises(ConfigError) as caught:
        connection(options, **more)
    assert caught.value.exit_code == 2
    assert "SK" not in str(caught.value)
    return caught.value


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any AWS settings."""
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


def resolved(made: Connection) -> str:
    """The address that an object gets, without asking anybody."""
    bucket = {"Bucket": made.bucket, "Key": "a/b"}
    return made.client.generate_presigned_url("get_object", Params=bucket).partition("?")[0]


@pytest.mark.parametrize(
    ("options", "where", "expected"),
    [
        ({}, {}, Endpoint(None, None, "virtual")),
        ({}, {"region": "eu-west-1"}, Endpoint(None, "eu-west-1", "virtual")),
        ({"addressing": "path"}, {}, Endpoint(None, None, "path")),
        ({"addressing": "host"}, {}, Endpoint(None, None, "virtual")),
        ({}, {"endpoint_url": GOOD}, Endpoint(GOOD, "us-east-1", "path")),
        ({}, {"endpoint_url": GOOD, "region": "garage"}, Endpoint(GOOD, "garage", "path")),
        ({"addressing": "host"}, {"endpoint_url": GOOD}, Endpoint(GOOD, "us-east-1", "virtual")),
        ({"addressing": "auto"}, {"endpoint_url": GOOD}, Endpoint(GOOD, "us-east-1", "path")),
        ({}, {"domain": "s3.example.com"}, Endpoint(GOOD, "us-east-1", "path")),
    ],
)
def test_a_configuration_says_where_and_how_a_bucket_is_asked_for(
    options: dict[str, Any], where: dict[str, Any], expected: Endpoint
) -> None:
    assert endpoint(Options(**options), context(**where)) == expected


@pytest.mark.parametrize(
    ("address", "is_aws"),
    [
        ("https://s3.eu-west-1.amazonaws.com", True),
        ("https://s3.cn-north-1.amazonaws.com.cn", True),
        ("https://S3.EU-WEST-1.AMAZONAWS.COM:443/", True),
        ("https://amazonaws.com.example.com", False),
        ("https://notamazonaws.com", False),
        ("https://amazonaws.com.evil.cn", False),
        ("https://example.com/amazonaws.com", False),
        ("http://127.0.0.1:9000", False),
        ("http://[::1]:9000", False),
    ],
)
def test_aws_is_told_from_others_by_its_name_alone(address: str, is_aws: bool) -> None:
    found = endpoint(Options(), context(endpoint_url=address))
    assert found.url == address
    assert (found.style, found.region) == (("virtual", None) if is_aws else ("path", "us-east-1"))


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ({}, "AWS"),
        ({"region": "eu-west-1"}, "AWS (eu-west-1)"),
        ({"endpoint_url": GOOD, "region": "x"}, GOOD),
        ({"domain": "s3.example.com"}, GOOD),
    ],
)
def test_an_endpoint_has_a_name_for_people(where: dict[str, Any], name: str) -> None:
    assert endpoint(Options(), context(**where)).name == name
    assert connection(KEYS, **where).where.endpoint == name


@pytest.mark.parametrize(
    "name",
    ["abc", "my-bucket", "my.bucket.1", "Old_Bucket", "a" * 63, "x" * 255, "0ab", "192.168.0.1"],
)
def test_names_that_buckets_have_somewhere_are_taken(name: str) -> None:
    assert connection(KEYS, bucket_name=name, endpoint_url=GOOD).bucket == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "a", "ab", "-ab", "ab-", ".ab", "_ab", "a b", "a/b", "bücket", "a\n", "abc\n"),
        *("x" * 256, "a?b", "a%b", "..", "arn:aws:s3:::bucket", "\u0661\u0662\u0663"),
    ],
)
def test_what_can_be_no_bucket_is_refused(name: str) -> None:
    error = refused(KEYS, bucket_name=name)
    assert repr(name) in error.message
    assert "bucket names" in error.hint


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "s3.example.com",
            "ftp://s3.example.com",
            "https://",
            "https:///x",
            "//s3.x",
            "file:///x",
        ),
        *("http://[::1", "https://s3.exa mple.com", " https://s3.example.com", "https://s3.x.com "),
        *("https://s3.x.com:99999", "https://s3.x.com:port", "https://s3.x.com?a=b"),
        *("https://s3.x.com#a", "https://-x-", "https://ä.example.com", "https://a_b.example.com"),
    ],
)
def test_what_is_no_address_is_refused_with_an_example(address: str) -> None:
    error = refused(KEYS, endpoint_url=address)
    assert "endpoint_url" in error.message
    assert error.hint


@pytest.mark.parametrize("domain", ["foo bar", "https://s3.x.com", "s3.x.com/path", "a_b.x", "x:y"])
def test_what_is_no_domain_is_refused(domain: str) -> None:
    error = refused(KEYS, domain=domain)
    assert "domain" in error.message
    assert error.hint


def test_a_password_in_an_address_is_shown_to_nobody() -> None:
    shown = []
    try:
        shown.append(endpoint(Options(), context(endpoint_url="https://me:pw-1234@x.com")).name)
    except ConfigError as error:
        shown += [error.message, error.hint]
    assert "pw-1234" not in " ".join(shown)


@pytest.mark.parametrize("region", ["eu west 1", "-a", "a-", "a_b", "1", "eu/west", "x" * 70, "é"])
def test_what_is_no_region_is_refused(region: str) -> None:
    error = refused(KEYS, region=region)
    assert region in error.message
    assert "region" in f"{error.message} {error.hint}"


@pytest.mark.parametrize(
    ("options", "where", "words"),
    [
        ({}, {"domain": "x.com", "endpoint_url": GOOD}, "domain endpoint_url"),
        ({"accelerate": True}, {"endpoint_url": GOOD}, "accelerate endpoint_url"),
        ({"dualstack": True}, {"endpoint_url": GOOD}, "dualstack endpoint_url"),
        ({"dualstack": True}, {"domain": "x.com"}, "dualstack"),
        ({"accelerate": True}, {"bucket_name": "my.bucket"}, "accelerate dot"),
        ({"accelerate": True}, {"bucket_name": "My_Bucket"}, "accelerate"),
        ({"accelerate": True}, {"bucket_name": "b" * 64}, "accelerate"),
        ({"accelerate": True, "addressing": "path"}, {}, "accelerate addressing"),
        ({"addressing": "host"}, {"bucket_name": "My_Bucket"}, "addressing"),
        ({"addressing": "host"}, {"bucket_name": "b" * 64}, "addressing"),
        ({"addressing": "host"}, {"bucket_name": "my.bucket"}, "addressing"),
        ({"addressing": "host"}, {"bucket_name": "my.bucket", "domain": "x.com"}, "addressing"),
        ({"addressing": "host"}, {"endpoint_url": "http://127.0.0.1:9000"}, "addressing"),
    ],
    ids=str,
)
def test_settings_that_contradict_each_other_are_refused(
    options: dict[str, Any], where: dict[str, Any], words: str
) -> None:
    error = refused({**KEYS, **options}, **where)
    assert all(word in f"{error.message} {error.hint}" for word in words.split())


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"access_key": Secret("SK")}, "there is an access_key but no secret_key", "secret_key"),
        ({"secret_key": Secret("SK")}, "there is a secret_key but no access_key", "access_key"),
        ({"session_token": Secret("SK")}, "session_token belongs to an access_key", "access_key"),
        ({**KEYS, "profile": "me"}, "access_key and profile contradict each other", "one way"),
        ({**KEYS, "anonymous": True}, "access_key and anonymous contradict", "one way"),
        ({"profile": "me", "anonymous": True}, "profile and anonymous contradict", "one way"),
        (
            {**KEYS, "profile": "me", "anonymous": True},
            "access_key and profile and anonymous contradict",
            "one way",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_credentials_that_are_half_there_or_twice_are_refused(
    options: dict[str, Any], message: str, hint: str
) -> None:
    error = refused(options)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    "options",
    [
        KEYS,
        {**KEYS, "session_token": Secret("T")},
        {"profile": "me"},
        {"anonymous": True},
        {},
    ],
    ids=",".join,
)
def test_each_single_way_to_sign_is_taken(options: dict[str, Any]) -> None:
    assert connection(options).endpoint == Endpoint(None, None, "virtual")


@pytest.mark.parametrize("bundle", ["missing.pem", "folder"])
def test_a_bundle_of_certificates_that_is_no_file_is_refused(tmp_path: Path, bundle: str) -> None:
    (tmp_path / "folder").mkdir()
    error = refused({**KEYS, "ca_bundle": bundle}, base=tmp_path)
    assert str(tmp_path / bundle) in error.message
    assert "ca_bundle" in error.hint


def test_a_bundle_is_looked_for_beside_the_configuration_or_where_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    issue(tmp_path).chain.rename(tmp_path / "ca.pem")
    (tmp_path / "deep").mkdir()
    for given in ("../ca.pem", str(tmp_path / "ca.pem"), "~/ca.pem"):
        made = connection({**KEYS, "ca_bundle": given}, base=tmp_path / "deep")
        assert made.trust is not None
        assert Path(made.trust).samefile(tmp_path / "ca.pem")


# Where an object is asked for

URLS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "https://bucket.s3.amazonaws.com/a/b"),
    ({"addressing": "host"}, {}, "https://bucket.s3.amazonaws.com/a/b"),
    ({"addressing": "path"}, {}, "https://s3.amazonaws.com/bucket/a/b"),
    ({}, {"bucket_name": "my.bucket"}, "https://s3.amazonaws.com/my.bucket/a/b"),
    ({"dualstack": True}, {}, "https://bucket.s3.dualstack.us-east-1.amazonaws.com/a/b"),
    ({"accelerate": True}, {}, "https://bucket.s3-accelerate.amazonaws.com/a/b"),
    (
        {"accelerate": True, "dualstack": True},
        {},
        "https://bucket.s3-accelerate.dualstack.amazonaws.com/a/b",
    ),
    ({}, {"region": "cn-north-1"}, "https://bucket.s3.cn-north-1.amazonaws.com.cn/a/b"),
    ({}, {"domain": "s3.x.com"}, "https://s3.x.com/bucket/a/b"),
    ({}, {"endpoint_url": "https://s3.x.com:81"}, "https://s3.x.com:81/bucket/a/b"),
    ({"addressing": "host"}, {"domain": "s3.x.com"}, "https://bucket.s3.x.com/a/b"),
    (
        {"addressing": "host"},
        {"bucket_name": "my.bucket", "endpoint_url": "http://s3.x.com"},
        "http://my.bucket.s3.x.com/a/b",
    ),
]


@pytest.mark.parametrize(("options", "where", "url"), URLS)
def test_an_object_is_asked_for_at_this_address(
    options: dict[str, Any], where: dict[str, Any], url: str
) -> None:
    assert resolved(connection({**KEYS, **options}, **where)) == url


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_no_variable_sends_requests_to_another_service(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert resolved(connection(KEYS)) == "https://bucket.s3.amazonaws.com/a/b"


def test_the_region_is_that_of_the_configuration_before_that_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    assert connection(KEYS).client.meta.region_name == "eu-west-3"
    assert connection(KEYS, region="eu-west-1").client.meta.region_name == "eu-west-1"
    assert connection(KEYS, domain="x.com").client.meta.region_name == "us-east-1"


# The client


@pytest.mark.parametrize(("timeout", "connecting"), [(5.0, 5.0), (60.0, 20.0), (600.0, 20.0)])
def test_timeouts_are_those_of_the_configuration(timeout: float, connecting: float) -> None:
    config: Any = connection(KEYS, timeout=timeout).client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (connecting, timeout)
    assert config.max_pool_connections == 4
    assert config.tcp_keepalive


@pytest.mark.parametrize("text", ["garbage [[[", "[profile me]\nrole_arn = x\nsource_profile = me"])
def test_settings_of_the_machine_that_are_broken_are_no_outage(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(BuckiaError) as caught:
        connection({"profile": "me"}).call("list_objects_v2")
    assert not isinstance(caught.value, Unavailable)


def test_a_closed_connection_opens_anew_and_closing_may_be_repeated() -> None:
    made = connection(KEYS)
    made.close()
    first = made.client
    assert made.client is first
    made.close()
    made.close()
    assert made.client is not first


def test_a_service_that_nobody_finds_at_its_address_may_come_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        connection(KEYS, endpoint_url=address).call("get_object", "a")
    assert (caught.value.key, caught.value.exit_code) == ("a", 4)
