"""Whoever cannot show that it is the service is told nothing, by any client of any provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from buckia.errors import ConfigError, StorageError
from buckia_bunny.cdn.api import CoreApi
from buckia_linode.api.client import LinodeApi
from tests.s3.servers.access import client
from tests.s3.servers.certificate import Certificate, issue
from tests.s3.servers.moto import Moto
from tests.security.desk import PLANTED, Desk
from tests.security.listening import Heard, Listening, Said

ELSEWHERE = (x509.DNSName("storage.example.com"),)


def refusing(_heard: Heard) -> Said:
    return Said(403)


WAYS: dict[str, tuple[str, dict[str, Any], Callable[[str], dict[str, Any]]]] = {
    "s3": ("s3", {}, lambda url: {"endpoint_url": url}),
    "bunny": ("bunny", {}, lambda url: {"endpoint_url": url}),
    "bunny, its account": (
        "bunny",
        {"endpoint_url": "https://127.0.0.1:9", "pull_zone": "7"},
        lambda url: {"account_url": url},
    ),
    "linode": ("linode", {}, lambda url: {"endpoint_url": url}),
    "linode, its API": ("linode", {"region": "us-ord"}, lambda url: {"api_url": url}),
}
"""Each client that a provider has: its other keys, and the key that says where it asks."""
COMMANDS = {"bunny, its account": ("bunny", "zones")}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def asked(folder: Path, way: str, url: str, **keys: Any) -> tuple[Desk, tuple[str, ...]]:
    provider, others, where = WAYS[way]
    # Five tries, as usual, so that a storm would be one.
    desk = Desk(folder, provider, **{**others, **where(url), "retries": 5, **keys})
    return desk, COMMANDS.get(way, ("status",))


@pytest.fixture(
    params=["a stranger's", "expired", "for another host"], ids=lambda name: name.replace(" ", "-")
)
def untrusted(
    request: pytest.FixtureRequest, tmp_path: Path, certificate: Certificate
) -> Iterator[tuple[Listening, dict[str, str]]]:
    """A server that is not to be trusted, and the keys with which it is asked."""
    trusting: dict[str, str] = {}
    shown = certificate
    if request.param != "a stranger's":
        # Its maker is trusted, so that nothing but its own fault stands in its way.
        made = {"hosts": ELSEWHERE} if "host" in request.param else {"lasting": -timedelta(hours=1)}
        shown = issue(tmp_path, **made)
        trusting = {"ca_bundle": str(shown.chain)}
    with Listening(refusing, shown) as server:
        yield server, trusting


def test_no_client_tells_a_secret_to_a_server_that_is_not_to_be_trusted(
    way: str, untrusted: tuple[Listening, dict[str, str]], tmp_path: Path
) -> None:
    server, trusting = untrusted
    desk, command = asked(tmp_path, way, server.endpoint, **trusting)
    done = desk.type(*command)
    assert done.code == 4, done.told
    assert server.heard == []
    assert "no secure connection to" in done.err
    assert re.search("certificate|verify", done.err), done.err
    assert "Hint: check" in done.err
    assert server.calls == 1, "nothing is to be gained by asking again"


def test_every_client_trusts_the_bundle_that_it_is_told_to(
    way: str, certificate: Certificate, tmp_path: Path
) -> None:
    with Listening(refusing, certificate) as server:
        desk, command = asked(
            tmp_path, way, server.endpoint, ca_bundle=str(certificate.chain), retries=1
        )
        desk.type(*command, "--log-file", str(desk.log))
        assert server.heard
    assert f"only servers that {certificate.chain} vouches for are trusted" in desk.log.read_text()


def test_with_a_bundle_the_certificates_of_this_machine_are_not_trusted(
    way: str, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = issue(tmp_path)
    for name in ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificate.chain))
    with Listening(refusing, certificate) as server:
        desk, command = asked(tmp_path, way, server.endpoint, ca_bundle=str(other.chain))
        assert desk.type(*command).code == 4
        assert server.heard == []


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_variable_of_the_environment_adds_trust_where_the_manual_says_so(
    way: str,
    name: str,
    certificate: Certificate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, str(certificate.chain))
    by_sdk = way in {"s3", "linode"}
    with Listening(refusing, certificate) as server:
        desk, command = asked(tmp_path, way, server.endpoint, retries=1)
        desk.type(*command)
        assert bool(server.heard) == (by_sdk == (name != "SSL_CERT_FILE"))


@pytest.mark.parametrize("value", ["", " ", "0", "false", __file__])
def test_no_variable_of_the_environment_turns_the_proof_off(
    way: str,
    value: str,
    certificate: Certificate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PYTHONHTTPSVERIFY", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SSL_CERT_FILE", "")
    with Listening(refusing, certificate) as server:
        desk, command = asked(tmp_path, way, server.endpoint, retries=1)
        assert desk.type(*command).code == 4
        assert server.heard == []


@pytest.mark.parametrize("bundle", ["nowhere.pem", "a.txt"])
@pytest.mark.parametrize("provider", PLANTED)
def test_a_bundle_that_is_none_is_an_error_of_the_configuration(
    provider: str, bundle: str, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, provider, endpoint_url="https://127.0.0.1:9", ca_bundle=bundle)
    done = desk.type("status")
    assert done.code == 2, done.told
    assert "Hint: check ca_bundle" in done.err


# Without TLS


@pytest.mark.parametrize("host", ["storage.example.com", "10.0.0.7", "[2001:db8::7]:9000"])
def test_where_a_password_itself_is_sent_it_takes_tls(host: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path, "bunny", endpoint_url=f"http://{host}")
    done = desk.type("sync")
    assert done.code == 2
    assert "would get the password without TLS" in done.err
    for made in (
        lambda: CoreApi("a-key", endpoint=f"http://{host}"),
        lambda: LinodeApi("a-token", address=f"http://{host}/v4"),
    ):
        with pytest.raises(ConfigError, match="without TLS"):
            made()


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:9", "[::1]:9", "bunny.localhost:9"])
def test_on_this_machine_it_does_not(host: str) -> None:
    CoreApi("a-key", endpoint=f"http://{host}").close()
    LinodeApi("a-token", address=f"http://{host}/v4").close()


def test_where_requests_are_signed_it_is_a_warning(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "s3", endpoint_url="http://minio.invalid:9000", timeout=1)
    done = desk.type("status")
    assert done.err.count("without TLS everybody on the way can read what is sent") == 1
    near = desk.config.read_text().replace("minio.invalid:9000", "127.0.0.1:9")
    desk.config.write_text(near)
    assert "TLS" not in desk.type("status").err


def test_the_package_of_bunny_is_no_way_around(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("BunnyCDN")
    from buckia.body import BytesBody
    from buckia.provider import Context
    from buckia.secrets import Secret
    from buckia_bunny.opening import opened
    from buckia_bunny.options import Options

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.chain))
    other = issue(tmp_path)
    with Listening(refusing, certificate) as server:
        options = Options(
            storage_api_key=Secret("a-password"),
            client="bunnycdnpython",
            ca_bundle=str(other.chain),
        )
        context = Context(bucket_name="ann-notes", base=tmp_path, endpoint_url=server.endpoint)
        store = opened(options, context)
        with pytest.raises(StorageError, match="no secure connection") as caught:
            store._zone.service.put("a.txt", "a.txt", BytesBody(data=b"x"), "00")
        assert caught.value.exit_code == 4
        assert server.heard == []
        store.close()


def test_doctor_names_the_bundle(certificate: Certificate, tmp_path: Path) -> None:
    from buckia_bunny.testing import FakeBunny

    with FakeBunny(zone="ann-notes", password=PLANTED["bunny"]["storage_api_key"]) as fake:
        keys = {"endpoint_url": fake.endpoint, "ca_bundle": str(certificate.chain)}
        done = Desk(tmp_path, "bunny", **keys).type("doctor")
    assert (
        f"certificates: only servers that {certificate.chain} vouches for are trusted" in done.out
    )
    with Moto() as moto:
        client(moto.access).create_bucket(Bucket="ann-notes")
        folder = tmp_path / "other"
        folder.mkdir()
        keys = {"endpoint_url": moto.endpoint, "ca_bundle": str(certificate.chain)}
        done = Desk(folder, "s3", **keys).type("doctor")
    assert (
        f"certificates: only servers that {certificate.chain} vouches for are trusted" in done.out
    )
