"""Whoever a service points to gets no request of ours, and so no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.errors import BuckiaError
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.opening import opened
from buckia_bunny.options import Options
from buckia_linode.api.client import LinodeApi
from tests.security.desk import PLANTED, Desk, forms
from tests.security.listening import Heard, Listening, Said

STATUSES = (301, 302, 303, 307, 308)
WORDS = (("status",), ("get", "a.txt", "b.txt"), ("put", "a.txt"))


def welcoming(_heard: Heard) -> Said:
    return Said(200, b"[]")


class Pointing:
    """Answers everything with the address of another server."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.to = ""

    def __call__(self, heard: Heard) -> Said:
        target = heard.target.partition("?")[0]
        return Said(self.status, b"<Error/>", (("Location", f"{self.to}{target}"),))


# An SDK leaves the closed socket of such an answer to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize("provider", PLANTED)
def test_nobody_is_sent_anywhere_with_credentials(
    provider: str, status: int, tmp_path: Path
) -> None:
    pointing = Pointing(status)
    with Listening(welcoming) as other, Listening(pointing) as first:
        pointing.to = other.endpoint
        desk = Desk(tmp_path, provider, endpoint_url=first.endpoint)
        for words in WORDS:
            assert desk.type(*words).code != 0
        assert len(first.heard) >= len(WORDS), "or nothing would be tested"
        assert other.calls == 0


@pytest.mark.parametrize("status", STATUSES)
def test_the_apis_of_accounts_are_followed_nowhere(status: int) -> None:
    pointing = Pointing(status)
    with Listening(welcoming) as other, Listening(pointing) as first:
        pointing.to = other.endpoint
        bunny = CoreApi("a-key", endpoint=first.endpoint)
        linode = LinodeApi("a-token", address=f"{first.endpoint}/v4")
        with bunny, linode:
            for ask in (
                bunny.storage_zones,
                lambda: bunny.purge_url("https://a.b-cdn.net/a", exact=True),
                linode.buckets,
                linode.keys,
                lambda: linode.revoke_key(7),
            ):
                with pytest.raises(BuckiaError):
                    ask()
        assert len(first.heard) == 5
        assert other.calls == 0


@pytest.mark.parametrize("status", STATUSES)
def test_nor_is_the_package_of_bunny(status: int, tmp_path: Path) -> None:
    pytest.importorskip("BunnyCDN")
    pointing = Pointing(status)
    with Listening(welcoming) as other, Listening(pointing) as first:
        pointing.to = other.endpoint
        options = Options(storage_api_key=Secret("a-password"), client="bunnycdnpython")
        context = Context(bucket_name="ann-notes", base=tmp_path, endpoint_url=first.endpoint)
        store = opened(options, context)
        for ask in (
            lambda: store._zone.service.put("a", "a", BytesBody(data=b"x"), "00"),
            lambda: store._zone.service.delete("a", "a"),
            lambda: store._zone.service.open("a", "a").__enter__(),
        ):
            with pytest.raises(BuckiaError):
                ask()
        store.close()
        assert len(first.heard) == 3
        assert other.calls == 0


def test_the_package_of_bunny_takes_no_password_from_a_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("BunnyCDN")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password of-another-service\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Listening(welcoming) as server:
        options = Options(storage_api_key=Secret("a-password"), client="bunnycdnpython")
        context = Context(bucket_name="ann-notes", base=tmp_path, endpoint_url=server.endpoint)
        store = opened(options, context)
        store._zone.service.delete("a", "a")
        store.close()
        [heard] = server.heard
        assert heard.header("AccessKey") == "a-password"
        assert heard.header("Authorization") is None


@pytest.mark.parametrize("provider", PLANTED)
def test_a_secret_itself_is_sent_to_its_own_service_only(provider: str, tmp_path: Path) -> None:
    """The storage never sees the account's key or the token, whoever answers there."""
    with Listening(lambda _heard: Said(500)) as account, Listening(welcoming) as storage:
        where = {"bunny": "account_url", "linode": "api_url"}.get(provider)
        desk = Desk(
            tmp_path,
            provider,
            endpoint_url=storage.endpoint,
            **({where: account.endpoint} if where else {}),
        )
        for words in WORDS:
            desk.type(*words)
        assert storage.heard
        sent = "\n".join(one.whole for one in storage.heard)
        kept = {"secret_key", "api_key", "security_key", "token"} & PLANTED[provider].keys()
        for name in kept:
            assert not any(form in sent for form in forms(PLANTED[provider][name])), name


@pytest.mark.parametrize(
    ("provider", "key"),
    [
        ("s3", "endpoint_url"),
        ("bunny", "endpoint_url"),
        ("bunny", "account_url"),
        ("linode", "endpoint_url"),
        ("linode", "api_url"),
    ],
)
def test_an_address_with_a_password_in_it_is_refused_and_not_shown(
    provider: str, key: str, tmp_path: Path
) -> None:
    where = {"endpoint_url": "http://127.0.0.1:9", key: "https://ann:opensesame@127.0.0.1:9"}
    desk = Desk(tmp_path, provider, **where)
    for words in (("sync",), ("sync", "--json"), ("doctor",)):
        done = desk.debugged(*words)
        assert done.code in {1, 2}, done.told
        assert "opensesame" not in done.told
    assert "opensesame" not in desk.log.read_text()
    assert not any(b"opensesame" in data for data in desk.kept().values())
