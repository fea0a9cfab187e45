"""After a change visitors see it: the edge forgets what it kept, or it is told that it does not."""

from __future__ import annotations

import pytest

from buckia.body import BytesBody
from buckia.errors import ConfigError, Interrupted
from buckia.protocols import Publishes, ability
from buckia.standins.wire import Reply
from buckia_bunny.cdn.purging import EXACT_BURST
from buckia_bunny.store import BunnyStore
from buckia_bunny.testing import Fails, Fault
from buckia_bunny.testing.storage.asked import Forward, Request
from tests.bunny.delivery.world import HOST, World

ROOT = f"https://{HOST}/"


@pytest.fixture
def site(world: World) -> World:
    """A pull zone, which keeps what it has once delivered."""
    world.pull_zone()
    return world


def put(store: BunnyStore, key: str, text: str) -> None:
    store.write(key, BytesBody(data=text.encode()))


def seen(world: World, *keys: str) -> list[bytes | int]:
    return [world.visit(f"{ROOT}{key}") for key in keys]


def test_what_was_changed_is_seen_and_nothing_else_is_cleared(site: World) -> None:
    store = site.store()
    for key in "abc":
        put(store, key, "old")
    assert list(store.publish(site.pause)) == []
    assert seen(site, "a", "b", "c") == [b"old"] * 3
    site.account.forget()
    put(store, "a", "new")
    store.delete("b")
    assert seen(site, "a", "b") == [b"old"] * 2, "or there is nothing to be cleared"
    assert list(store.publish(site.pause)) == []
    assert seen(site, "a", "b", "c") == [b"new", 404, b"old"]
    assert site.purges() == [f"{ROOT}a", f"{ROOT}b"]
    assert site.waited == []


def test_names_are_cleared_as_they_are_delivered(site: World) -> None:
    store = site.store()
    key = "b c/q?x#ä%.txt"
    put(store, key, "old")
    url = store.url(key)
    assert site.visit(url) == b"old"
    put(store, key, "new")
    assert list(store.publish(site.pause)) == []
    assert site.visit(url) == b"new"


def test_nothing_is_asked_where_nothing_was_changed(site: World) -> None:
    store = site.store()
    put(store, "a", "1")
    store.publish(site.pause)
    site.account.forget()
    list(store.scan())
    store.read("a").close()
    assert list(store.publish(site.pause)) == []
    assert site.account.requests == []


def test_more_than_is_taken_at_once_is_cleared_by_its_folder(site: World) -> None:
    store = site.store()
    many = [f"photos/{number}" for number in range(EXACT_BURST + 1)]
    put(store, "rest", "old")
    for key in many:
        put(store, key, "old")
    assert seen(site, many[0], "rest") == [b"old"] * 2
    for key in many:
        put(store, key, "new")
    store.publish(site.pause)
    assert [purge.rsplit("/")[-1] for purge in site.purges()] == ["purgeCache"]
    site.account.forget()
    for key in many:
        put(store, key, "newer")
    assert list(store.publish(site.pause)) == []
    assert site.purges() == [f"{ROOT}photos/"]
    assert seen(site, many[0]) == [b"newer"]


def test_the_whole_zone_is_cleared_where_that_is_wished(site: World) -> None:
    store = site.store(purge="zone")
    put(store, "a", "old")
    put(store, "b", "old")
    seen(site, "a", "b")
    site.fake.tree.put("b", b"of a stranger")
    put(store, "a", "new")
    assert list(store.publish(site.pause)) == []
    assert seen(site, "a", "b") == [b"new", b"of a stranger"]
    [purge] = site.purges()
    assert purge.endswith("/purgeCache")


def test_switched_off_nothing_is_cleared_and_nothing_noted(site: World) -> None:
    store = site.store(purge="off")
    assert ability(store, Publishes) is None
    put(store, "a", "1")
    assert not site.notes.exists()
    assert list(store.publish(site.pause)) == []
    assert site.account.requests == []


def test_it_is_switched_on_by_itself_where_it_is_possible(site: World) -> None:
    for more, can in (
        ({}, True),
        ({"api_key": None}, False),
        ({"pull_zone": None}, False),
        ({"purge": "changed"}, True),
    ):
        store = site.store(**more)
        assert (ability(store, Publishes) is not None) is can


@pytest.mark.parametrize("lacking", ["api_key", "pull_zone"])
@pytest.mark.parametrize("wish", ["changed", "zone"])
def test_a_wish_that_cannot_be_met_is_refused(site: World, wish: str, lacking: str) -> None:
    with pytest.raises(ConfigError, match=lacking):
        site.store(purge=wish, **{lacking: None})


def test_what_a_killed_run_has_changed_is_cleared_by_the_next(site: World) -> None:
    killed = site.store()
    for key in ("a", "b"):
        put(killed, key, "old")
    killed.publish(site.pause)
    seen(site, "a", "b")
    put(killed, "a", "new")
    killed.delete("b")
    killed.close()
    assert seen(site, "a", "b") == [b"old"] * 2
    after = site.store()
    assert list(after.publish(site.pause)) == []
    assert seen(site, "a", "b") == [b"new", 404]
    assert [one for one in site.notes.rglob("*") if one.is_file()] == []


def test_what_is_cleared_while_it_is_written_is_cleared_once_more(site: World) -> None:
    """Another thread, with a file of its own, may be done in the middle of ours."""
    store = site.store()
    put(store, "a", "old")
    store.publish(site.pause)
    seen(site, "a")

    class Meanwhile(Fault, frozen=True):
        def __call__(self, request: Request, forward: Forward) -> Reply:
            assert list(store.publish(site.pause)) == []
            assert site.visit(f"{ROOT}a") == b"old"
            return forward(request)

    site.fake.faults = (Meanwhile(on="put"),)
    put(store, "a", "new")
    site.fake.faults = ()
    assert list(store.publish(site.pause)) == []
    assert seen(site, "a") == [b"new"]


def test_notes_that_cannot_be_written_keep_nobody_from_uploading(site: World) -> None:
    site.notes.write_text("no folder")
    store = site.store()
    put(store, "a", "1")
    assert list(store.publish(site.pause)) == []
    assert site.purges() == [f"{ROOT}a"]


def test_what_another_pull_zone_has_to_clear_is_left_to_it(site: World) -> None:
    """Several buckets of one file share a folder for their notes."""
    site.account.add_pull_zone("other", site.fake)
    first, second = site.store(), site.store(pull_zone="other")
    put(first, "a", "1")
    assert list(second.publish(site.pause)) == []
    assert site.purges() == []
    assert list(first.publish(site.pause)) == []
    assert site.purges() == [f"{ROOT}a"]


def test_a_failure_is_told_and_made_good_by_the_next_run(site: World) -> None:
    store = site.store()
    for key in ("a", "b"):
        put(store, key, "old")
    store.publish(site.pause)
    seen(site, "a", "b")
    for key in ("a", "b"):
        put(store, key, "new")
    site.account.faults = (Fails(on="POST /purge", status=500, nth=range(2, 100)),)
    [failure] = store.publish(site.pause)
    assert (failure.path, failure.error) == (f"{ROOT}b", "Unavailable")
    assert "edge" in failure.message
    site.account.faults = ()
    site.account.forget()
    after = site.store()
    assert list(after.publish(site.pause)) == []
    assert site.purges() == [f"{ROOT}b"]
    assert seen(site, "a", "b") == [b"new"] * 2


def test_a_key_that_the_account_refuses_costs_no_bytes_and_is_told(site: World) -> None:
    store = site.store()
    site.account.faults = (Fails(status=401),)
    put(store, "a", "1")
    [failure] = store.publish(site.pause)
    assert (failure.path, failure.error) == ("site", "AccessDenied")
    assert site.fake.tree.files() == {"a": b"1"}
    site.account.faults = ()
    assert list(store.publish(site.pause)) == []
    assert site.purges() == [f"{ROOT}a"]


def test_an_account_that_does_not_answer_at_once_is_asked_again(site: World) -> None:
    store = site.store()
    site.account.faults = (Fails(on="GET /pullzone", status=503, nth=range(1, 3)),)
    put(store, "a", "1")
    assert list(store.publish(site.pause)) == []
    assert len(site.waited) == 2


def test_the_pace_of_the_service_is_kept(site: World) -> None:
    """Others use the same account: what it refuses is asked again when it says so."""
    site.account.exact_purges.change(1, 0.5)
    store = site.store()
    for key in "abc":
        put(store, key, "1")
    assert list(store.publish(site.pause)) == []
    assert site.waited
    assert max(site.waited) <= 4


def test_who_wants_to_stop_is_heard_and_nothing_is_forgotten(site: World) -> None:
    def stop(_seconds: float) -> None:
        raise Interrupted("enough")

    store = site.store()
    put(store, "a", "1")
    site.account.faults = (Fails(on="POST /purge", status=429),)
    with pytest.raises(Interrupted):
        store.publish(stop)
    site.account.faults = ()
    after = site.store()
    assert list(after.publish(site.pause)) == []
    assert site.purges()[-1] == f"{ROOT}a"


def test_without_a_folder_for_notes_it_is_remembered_as_long_as_the_store(site: World) -> None:
    store = site.store(notes=None)
    put(store, "a", "1")
    site.account.faults = (Fails(on="POST /purge", status=400),)
    assert len(store.publish(site.pause)) == 1
    site.account.faults = ()
    assert list(store.publish(site.pause)) == []
    assert list(store.publish(site.pause)) == []
    assert len(site.purges()) == 2
