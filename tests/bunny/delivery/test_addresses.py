"""Addresses of objects: what the edge serves for them is what was stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from buckia.body import BytesBody
from buckia.errors import ConfigError, NotFound, StorageError
from buckia.protocols import GivesUrls, ability
from buckia.secrets import Secret
from buckia_bunny.cdn.signing import Options as Bounds
from tests.bunny.delivery.world import HOST, World

KEYS = ["a.txt", "b c/ä.jpg", "q?x#y%z.txt", "it's (1)+2&3=4,5;6@7$8!*.bin", "~t/..x"]
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("key", KEYS)
def test_at_its_address_everybody_finds_the_object(world: World, key: str) -> None:
    world.pull_zone()
    store = world.store()
    store.write(key, BytesBody(data=key.encode()))
    url = store.url(key)
    assert url.startswith(f"https://{HOST}/")
    assert world.visit(url) == key.encode()


@pytest.mark.parametrize("scheme", ["hmac-sha256", "sha256", "md5"])
@pytest.mark.parametrize("key", KEYS)
def test_a_signed_address_is_served_until_its_time(world: World, key: str, scheme: str) -> None:
    world.pull_zone(secured=True)
    store = world.store(signing=scheme)
    store.write(key, BytesBody(data=key.encode()))
    url = store.url(key, expires=HOUR)
    assert world.visit(url) == key.encode()
    world.now += 3599
    assert world.visit(url) == key.encode()
    world.now += 2
    assert world.visit(url) == 403


def test_a_plain_address_that_would_be_refused_is_not_given(world: World) -> None:
    world.pull_zone(secured=True)
    store = world.store()
    with pytest.raises(StorageError, match="signed addresses only") as caught:
        store.url("a.txt")
    assert "--expires" in caught.value.hint


def test_who_has_only_the_security_key_signs_without_the_account(world: World) -> None:
    world.pull_zone(secured=True)
    store = world.store(api_key=None, security_key=Secret("security-key-4711"))
    store.write("a.txt", BytesBody(data=b"bytes"))
    assert world.visit(store.url("a.txt", expires=HOUR)) == b"bytes"
    assert world.account.requests == []


def test_a_bound_address_holds_for_its_folder(world: World) -> None:
    world.pull_zone(secured=True)
    store = world.store()
    store.write("v/list.m3u8", BytesBody(data=b"list"))
    store.write("v/1.ts", BytesBody(data=b"part"))
    front = store._delivery.front
    assert front is not None
    bounds = Bounds(token_path="/v/", as_directory=True)
    url = front.signed_url("v/list.m3u8", HOUR, bounds)
    assert world.visit(url) == b"list"
    assert world.visit(url.replace("list.m3u8", "1.ts")) == b"part"


@pytest.mark.parametrize("wanted", ["site", "number", "SITE.b-cdn.net", "own.example.com"])
def test_a_pull_zone_is_found_by_its_name_its_number_and_its_hosts(
    world: World, wanted: str
) -> None:
    world.pull_zone(hostnames=("site.b-cdn.net", "own.example.com"))
    zone = world.account.pull_zones.only()
    assert zone is not None
    named: list[str | int] = [zone.id, str(zone.id)] if wanted == "number" else [wanted]
    for name in named:
        host = world.store(pull_zone=name).url("a").split("/")[2]
        assert host == (wanted if "." in wanted else HOST)


def test_without_the_account_a_name_and_a_host_are_enough(world: World) -> None:
    for wanted, host in (("site", HOST), ("cdn.example.com", "cdn.example.com")):
        store = world.store(api_key=None, pull_zone=wanted)
        assert store.url("a") == f"https://{host}/a"
    store = world.store(api_key=None, pull_zone=4711)
    with pytest.raises(StorageError, match="number"):
        store.url("a")


def test_a_pull_zone_that_the_account_does_not_have_is_told(world: World) -> None:
    world.pull_zone()
    store = world.store(pull_zone="other")
    with pytest.raises(NotFound, match="no pull zone other"):
        store.url("a")


def test_without_a_key_nothing_is_signed(world: World) -> None:
    store = world.store(api_key=None)
    with pytest.raises(StorageError) as caught:
        store.url("a", expires=HOUR)
    assert "security_key" in caught.value.hint
    for odd in (timedelta(0), timedelta(seconds=-1)):
        with pytest.raises(StorageError):
            world.store(api_key=None, security_key=Secret("x")).url("a", expires=odd)


def test_a_zone_without_a_pull_zone_gives_no_addresses(world: World) -> None:
    store = world.store(pull_zone=None)
    assert ability(store, GivesUrls) is None
    with pytest.raises(ConfigError) as caught:
        store.url("a")
    assert "pull_zone" in caught.value.hint


@pytest.mark.parametrize("wanted", ["a b", "-", "https://x", "a/b", ""])
def test_what_can_be_no_pull_zone_is_refused(world: World, wanted: str) -> None:
    with pytest.raises(ConfigError):
        world.store(pull_zone=wanted)


def test_the_doctor_tells_of_it(world: World) -> None:
    world.pull_zone(secured=True)
    store = world.store()
    [check] = store.probe("", anew=True)
    assert check.ok
    assert HOST in check.message
    assert "signed addresses only" in check.message
    store = world.store(pull_zone="other", purge="off")
    assert [check.ok for check in store.probe("")] == [None]
    assert len(world.account.requests) == 1, "no run asks the account for that"
    [check] = store.probe("", anew=True)
    assert (check.ok, "pullzones" in check.hint) == (False, True)
    store = world.store(api_key=None)
    [check] = store.probe("")
    assert "api_key" in check.message
