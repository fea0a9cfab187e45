"""Who may do what."""

from __future__ import annotations

import pytest

from buckia_bunny.testing import FakeBunny
from tests.bunny.fake.asking import Asking

READS = [("GET", "a"), ("GET", ""), ("DESCRIBE", "a")]
WRITES = [("PUT", "b"), ("PUT", "b/"), ("DELETE", "a"), ("DELETE", "f/")]


@pytest.fixture
def stored(fake: FakeBunny) -> dict[str, bytes]:
    fake.tree.put("a", b"body")
    fake.tree.put("f/b", b"body")
    return fake.tree.files()


@pytest.mark.parametrize(("method", "key"), [*READS, *WRITES])
@pytest.mark.parametrize("password", ["wrong", "", "SECRET"])
def test_a_wrong_password_opens_nothing(
    fake: FakeBunny, ask: Asking, stored: object, method: str, key: str, password: str
) -> None:
    body = b"a body that has to be read" if method == "PUT" else None
    assert ask(method, key, body, {"AccessKey": password}).told == (401, "Unauthorized")
    assert fake.tree.files() == stored
    assert ask("GET", "a").body == b"body"


def test_no_password_opens_nothing(fake: FakeBunny, ask: Asking, stored: object) -> None:
    ask.connection.request("GET", "/zone/a")
    assert ask.connection.getresponse().status == 401


@pytest.mark.parametrize(("method", "key"), READS)
def test_the_read_only_password_reads(
    fake: FakeBunny, ask: Asking, stored: object, method: str, key: str
) -> None:
    assert ask(method, key, headers={"AccessKey": fake.read_only_password}).status == 200


@pytest.mark.parametrize(("method", "key"), WRITES)
def test_the_read_only_password_changes_nothing(
    fake: FakeBunny, ask: Asking, stored: object, method: str, key: str
) -> None:
    assert ask(method, key, headers={"AccessKey": fake.read_only_password}).status == 401
    assert fake.tree.files() == stored
    assert fake.tree.folders() == ["f"]


@pytest.mark.parametrize("target", ["/other/a", "/", "/ZONE/a", "/zone2/a", "/a"])
def test_another_zone_is_closed(ask: Asking, stored: object, target: str) -> None:
    assert ask.at("GET", target).status == 401


def test_names_and_passwords_can_be_chosen() -> None:
    with FakeBunny("photos", "one", "two") as fake:
        asking = Asking(fake)
        assert (fake.zone, fake.password, fake.read_only_password) == ("photos", "one", "two")
        assert asking.at("PUT", "/photos/a", b"body", {"AccessKey": "one"}).status == 201
        assert asking.at("GET", "/photos/a", headers={"AccessKey": "two"}).body == b"body"
        assert asking.item("a")["StorageZoneName"] == "photos"
        asking.connection.close()
