"""The account's key finds the zone and its password, and is not needed where they are told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from buckia.body import BytesBody
from buckia.errors import AccessDenied, Unavailable
from buckia.secrets import Secret
from buckia_bunny.account import ByAccount
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.entrance import Way
from buckia_bunny.store import BunnyStore
from buckia_bunny.testing import Fails
from tests.bunny.delivery.world import World

BODY = BytesBody(data=b"bytes")
CLIENTS = ["direct", "bunnycdnpython"]


def by_account(world: World, **more: object) -> BunnyStore:
    """Without a word of the zone's own password."""
    return world.store(**{"storage_api_key": None, "pull_zone": None, **more})


@pytest.mark.parametrize("client", CLIENTS)
def test_it_alone_opens_the_zone_and_is_asked_once(world: World, client: str) -> None:
    store = by_account(world, client=client)
    store.write("a", BODY)
    store.write("b", BODY)
    assert [entry.key for page in store.scan() for entry in page] == ["a", "b"]
    assert [asked.path for asked in world.account.requests] == ["/storagezone"]
    assert world.fake.tree.files() == {"a": b"bytes", "b": b"bytes"}


def test_threads_that_are_all_refused_ask_once(world: World) -> None:
    store = by_account(world)
    world.fake.latency = 0.05
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.write(f"{number}", BODY), range(8)))
    assert len(world.fake.tree.files()) == 8
    assert len(world.account.requests) == 1


@pytest.mark.parametrize("name", ["storage_api_key", "password"])
def test_where_the_password_is_told_nobody_asks_the_account(world: World, name: str) -> None:
    store = by_account(world, **{name: Secret(world.fake.password)})
    store.write("a", BODY)
    assert world.account.requests == []


def test_it_may_be_the_password_itself(world: World) -> None:
    store = by_account(world, api_key=Secret(world.fake.password))
    store.write("a", BODY)
    assert world.account.requests == []


@pytest.mark.parametrize("client", CLIENTS)
def test_a_key_of_neither_is_refused_as_a_password_is(world: World, client: str) -> None:
    store = by_account(world, api_key=Secret("nobody-4711"), client=client)
    for _ in range(2):
        with pytest.raises(AccessDenied) as caught:
            store.stat("a")
        assert "region" in caught.value.hint
        assert "4711" not in f"{caught.value} {caught.value.hint}"
    assert len(world.account.requests) == 1, "what was refused once need not be asked again"


def test_a_zone_that_is_not_of_the_account_is_told_so(world: World) -> None:
    store = by_account(world, storage_zone="elsewhere")
    with pytest.raises(AccessDenied, match="no zone of that name"):
        store.stat("a")


def test_a_wrong_password_beside_the_right_account_says_what_to_do(world: World) -> None:
    store = by_account(world, storage_api_key=Secret("wrong"))
    with pytest.raises(AccessDenied) as caught:
        store.stat("a")
    assert "remove storage_api_key" in caught.value.hint


def test_an_account_that_does_not_answer_is_asked_the_next_time(world: World) -> None:
    world.account.faults = (Fails(status=503, nth=1),)
    store = by_account(world)
    with pytest.raises(Unavailable):
        store.write("a", BODY)
    store.write("a", BODY)
    assert world.fake.tree.files() == {"a": b"bytes"}


def entrance(world: World, *, has_place: bool, has_password: bool) -> ByAccount:
    return ByAccount(
        Way("https://storage.bunnycdn.com", Secret("given")),
        "zone",
        world.keep(CoreApi(world.account.key, endpoint=world.account.endpoint)),
        has_place=has_place,
        has_password=has_password,
    )


def test_it_tells_the_host_where_none_is_configured(world: World) -> None:
    found = entrance(world, has_place=False, has_password=True)
    host = world.fake.endpoint.removeprefix("http://")
    assert found.another(found.way()) == Way(f"https://{host}", Secret("given"))
    assert found.way().endpoint == f"https://{host}"


def test_a_configured_place_that_is_wrong_is_kept_and_told(world: World) -> None:
    found = entrance(world, has_place=True, has_password=True)
    host = world.fake.endpoint.removeprefix("http://")
    with pytest.raises(AccessDenied) as caught:
        found.another(found.way())
    assert f"it is at {host}, and not at storage.bunnycdn.com" in caught.value.hint
