"""Secrets are planted, services repeat them, everything is logged: nothing of them is found."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from buckia_bunny.testing import FakeAccount, FakeBunny
from tests.s3.servers.access import client
from tests.s3.servers.moto import Moto
from tests.security.desk import PLANTED, Desk, Done, hidden
from tests.security.listening import Heard, Listening, Said

WORDS = (
    ("sync",),
    ("sync", "--json"),
    ("doctor", "--json"),
    ("put", "a.txt"),
    ("get", "a.txt", "b.txt", "--json"),
)
ACCOUNT = {
    "bunny": (("bunny", "zones"), ("bunny", "stats", "--json"), ("bunny", "purge", "a.txt")),
    "linode": (("linode", "keys", "list"), ("linode", "buckets", "list", "--json")),
}


def repeating(heard: Heard) -> Said:
    """A refusal that tells the client all that it has sent, in the notation of each service."""
    said = f"you sent: {heard.whole}"
    if heard.header("AccessKey") is not None:
        return Said(400, json.dumps({"HttpCode": 400, "Message": said}).encode())
    if "/v4/" in heard.target:
        return Said(400, json.dumps({"errors": [{"reason": said}]}).encode())
    text = f"<Error><Code>MalformedPolicy</Code><Message>{escape(said)}</Message></Error>"
    return Said(400, text.encode(), (("Content-Type", "application/xml"),))


@pytest.fixture(params=PLANTED)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def addresses(provider: str, url: str) -> dict[str, str]:
    more = {
        "bunny": {"account_url": url, "pull_zone": "7"},
        "linode": {"api_url": f"{url}/v4"},
    }
    return {"endpoint_url": url, **more.get(provider, {})}


def searched(desk: Desk, done: list[Done], secrets: set[str]) -> str:
    """All that was shown, logged and kept; none of it holds a secret."""
    told = "\n".join(one.told for one in done)
    for path, data in desk.kept().items():
        told += f"\n{path}\n{data.decode(errors='replace')}"
    found = {one for one in secrets if one in told}
    assert not found, [line for line in told.splitlines() if any(one in line for one in found)]
    return told


def test_a_service_that_repeats_them_makes_nobody_show_them(provider: str, tmp_path: Path) -> None:
    with Listening(repeating) as server:
        desk = Desk(tmp_path, provider, **addresses(provider, server.endpoint))
        words = (*WORDS, *ACCOUNT.get(provider, ()))
        done = [desk.debugged(*one) for one in words]
        assert all(one.code for one in done), "or nothing was refused"
        sent = "\n".join(one.whole for one in server.heard)
    told = searched(desk, done, hidden(provider))
    assert "you sent" in told
    assert "***" in told
    assert any(one in sent for one in PLANTED[provider].values()), "or nothing was there to hide"


def test_what_a_program_logs_through_the_client_has_none(
    provider: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of ours: what the SDKs log is in the hands of who turns that on."""
    with Listening(repeating) as server, caplog.at_level(logging.DEBUG, "buckia"):
        desk = Desk(tmp_path, provider, **addresses(provider, server.endpoint))
        desk.type("sync")
    text = "\n".join(one.getMessage() for one in caplog.records if one.name == "buckia")
    assert not any(one in text for one in hidden(provider))


# Everything goes well


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with Moto() as server:
        yield server


def test_a_whole_life_with_s3_leaves_none_of_them_anywhere(moto: Moto, tmp_path: Path) -> None:
    client(moto.access).create_bucket(Bucket="ann-notes")
    desk = Desk(tmp_path, "s3", endpoint_url=moto.endpoint)
    done = [desk.debugged(*one) for one in (*WORDS, ("s3", "metadata", "get", "a.txt"))]
    assert done[0].code == 0, done[0].told
    told = searched(desk, done, hidden("s3"))
    assert "CanonicalRequest" in told, "or the SDK would not have been heard"
    assert "x-amz-security-token:***" in told


def test_a_whole_life_with_bunny_leaves_none_of_them_anywhere(tmp_path: Path) -> None:
    planted = PLANTED["bunny"]
    with (
        FakeBunny(zone="ann-notes", password=planted["storage_api_key"]) as fake,
        FakeAccount(planted["api_key"], zones=[fake]) as account,
    ):
        account.add_pull_zone("ann", fake)
        keys = {"endpoint_url": fake.endpoint, "account_url": account.endpoint, "pull_zone": "ann"}
        desk = Desk(tmp_path, "bunny", **keys)
        words = (*WORDS, *ACCOUNT["bunny"], ("bunny", "pullzones", "--json"))
        done = [desk.debugged(*one) for one in words]
        assert done[0].code == 0, done[0].told
        # Those, too, that nobody has planted: the account has told them.
        told_by_account = (
            {fake.read_only_password} if hasattr(fake, "read_only_password") else set()
        )
    searched(desk, done, hidden("bunny") | told_by_account)


# Credentials that Buckia itself never sees


def of_profile(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    file = folder / "credentials"
    file.write_text(text)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "none"))


PROFILE = """\
[work]
aws_access_key_id = AKIAOFTHEPROFILE0001
aws_secret_access_key = secret/of+the/profile=0002
aws_session_token = token/of+the/profile==0003
"""


def test_the_token_of_a_profile_is_not_logged(
    moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_profile(tmp_path, monkeypatch, PROFILE)
    desk = Desk(tmp_path, "s3", endpoint_url=moto.endpoint, profile="work", bucket_name="profiled")
    client(moto.access).create_bucket(Bucket="profiled")
    desk.environ.clear()
    done = [desk.debugged(*one) for one in (("sync",), ("url", "a.txt", "--expires", "1h"))]
    assert [one.code for one in done] == [0, 0], done
    log = desk.log.read_text()
    assert "CanonicalRequest" in log
    for one in ("token/of+the/profile==0003", "token%2Fof%2Bthe%2Fprofile%3D%3D0003", "secret/of+"):
        assert one not in log


ASSUMED = b"""\
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIAASSUMED000000001</AccessKeyId>
<SecretAccessKey>assumed/secret+0002</SecretAccessKey>
<SessionToken>assumed/token+0003</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""
ROLE = (
    PROFILE
    + """\
[role]
role_arn = arn:aws:iam::123456789012:role/ann
source_profile = work
"""
)


def test_the_credentials_of_an_assumed_role_are_not_logged(
    moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_profile(tmp_path, monkeypatch, ROLE)
    with Listening(lambda _heard: Said(200, ASSUMED, (("Content-Type", "text/xml"),))) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.endpoint)
        desk = Desk(tmp_path, "s3", endpoint_url=moto.endpoint, profile="role")
        desk.environ.clear()
        desk.debugged("status")
        assert sts.heard, "or no role was assumed"
    log = desk.log.read_text()
    assert "AssumeRole" in log
    for one in ("assumed/secret+0002", "assumed/token+0003", "token/of+the/profile==0003"):
        assert one not in log
