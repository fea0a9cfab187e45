"""Signed addresses are an answer to who asked for them, and nobody else's to see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from buckia_bunny.testing import FakeAccount, FakeBunny
from tests.s3.servers.access import client
from tests.s3.servers.moto import Moto
from tests.security.desk import PLANTED, Desk
from tests.security.listening import Heard, Listening, Said

SIGNED = (
    "https://b.example.com/a?X-Amz-Credential=AKID%2F2026&X-Amz-Security-Token=sess-0001"
    "&X-Amz-Signature=5165-0002 and https://a.b-cdn.net/a?token=HS256-0003&expires=1"
    " and https://a.b-cdn.net/bcdn_token=HS256-0004&expires=1/a and https://ann:0005@example.com/"
)
SECRETS = ("sess-0001", "5165-0002", "HS256-0003", "HS256-0004", "ann:0005", "AKID%2F2026")


def signature(url: str) -> str:
    found = re.search(r"(?:X-Amz-Signature|Signature|token)=([^&\s]{16,})", url)
    assert found, url
    return found[1]


def signing(heard: Heard) -> Said:
    """As Linode's API: the account has one bucket, and signs whatever it is asked to."""
    if heard.target.endswith("/object-url"):
        signed = "https://b.example.com/a?AWSAccessKeyId=A&Expires=1&Signature=0123456789abcdefABC"
        return Said(200, json.dumps({"url": signed, "exists": True}).encode())
    bucket = {"label": "ann-notes", "region": "us-ord"}
    return Said(200, json.dumps({"data": [bucket], "page": 1, "pages": 1, "results": 1}).encode())


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with Moto() as server:
        yield server


def told_once(desk: Desk, *words: str) -> None:
    """The command prints the address, and no log, error or file has what makes it work."""
    done = desk.debugged(*words)
    assert done.code == 0, done.told
    secret = signature(done.out)
    assert secret not in done.err
    assert not [path for path, data in desk.kept().items() if secret.encode() in data]


def test_s3_tells_a_signed_address_to_who_asks_for_it(moto: Moto, tmp_path: Path) -> None:
    client(moto.access).create_bucket(Bucket="ann-notes")
    desk = Desk(tmp_path, "s3", endpoint_url=moto.endpoint)
    told_once(desk, "url", "a.txt", "--expires", "7d")
    told_once(desk, "url", "a.txt", "--expires", "7d", "--json")
    assert "CanonicalRequest" in desk.log.read_text(), "or the SDK would not have been heard"


def test_bunny_tells_a_signed_address_to_who_asks_for_it(tmp_path: Path) -> None:
    planted = PLANTED["bunny"]
    with (
        FakeBunny(zone="ann-notes", password=planted["storage_api_key"]) as fake,
        FakeAccount(planted["api_key"], zones=[fake]) as account,
    ):
        account.add_pull_zone("ann", fake)
        keys = {"endpoint_url": fake.endpoint, "account_url": account.endpoint, "pull_zone": "ann"}
        desk = Desk(tmp_path, "bunny", **keys)
        told_once(desk, "url", "a.txt", "--expires", "1h")
        told_once(desk, "bunny", "sign", "a.txt", "--expires", "1h", "--as-directory")


def test_linode_tells_a_signed_address_to_who_asks_for_it(tmp_path: Path) -> None:
    with Listening(signing) as api:
        desk = Desk(tmp_path, "linode", region="us-ord", api_url=f"{api.endpoint}/v4")
        told_once(desk, "linode", "url", "a.txt", "--expires", "1h")


@pytest.mark.parametrize("provider", PLANTED)
def test_a_service_that_repeats_signed_addresses_makes_nobody_show_them(
    provider: str, tmp_path: Path
) -> None:
    body = f"<Error><Code>Odd</Code><Message>{escape(SIGNED)}</Message></Error>"
    if provider == "bunny":
        body = json.dumps({"HttpCode": 400, "Message": SIGNED})
    with Listening(lambda _heard: Said(400, body.encode())) as server:
        desk = Desk(tmp_path, provider, endpoint_url=server.endpoint)
        done = [
            desk.debugged(*one) for one in (("sync",), ("sync", "--json"), ("doctor", "--json"))
        ]
    told = "".join(one.told for one in done) + desk.log.read_text()
    assert "b.example.com" in told
    assert not [one for one in SECRETS if one in told]
