"""Listings that are late, and deletions that are."""

from __future__ import annotations

from buckia_bunny.testing import FakeBunny, LateDelete, StaleListing
from tests.bunny.fake.asking import Asking


def test_listings_may_show_a_folder_as_it_was(fake: FakeBunny, ask: Asking) -> None:
    old = fake.tree.put("f/a", b"old")
    fake.faults = (StaleListing(requests=2),)
    assert ask.names("f/") == ["a"]
    ask("PUT", "f/b", b"body")
    ask("PUT", "f/a", b"new")
    for _ in range(2):
        assert ask.names("f/") == ["a"]
        # Other folders have stale listings of their own, and files have none.
        assert ask.names() == ["f"]
    assert ask("DESCRIBE", "f/a").document["Checksum"] != old.sha256
    assert ask.names("f/") == ["a", "b"]


def test_a_stale_listing_shows_the_old_file(fake: FakeBunny, ask: Asking) -> None:
    old = fake.tree.put("a", b"old")
    fake.faults = (StaleListing(),)
    ask("PUT", "a", b"new")
    assert ask.item("a")["Checksum"] == old.sha256
    assert ask.item("a")["Checksum"] != old.sha256


def test_a_stale_listing_still_shows_what_was_deleted(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", b"body")
    fake.faults = (StaleListing(),)
    ask("DELETE", "a")
    assert ask("GET", "a").status == 404
    assert ask.names() == ["a"]
    assert ask.names() == []


def test_a_new_folder_is_seen_late_too(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (StaleListing(),)
    ask("PUT", "f/g/a", b"body")
    assert (ask.names(), ask.names("f/"), ask.names("f/g/")) == ([], [], [])
    assert (ask.names(), ask.names("f/"), ask.names("f/g/")) == (["f"], ["g"], ["a"])


def test_changes_by_the_test_are_seen_late_as_well(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (StaleListing(),)
    fake.tree.put("a", b"body")
    assert ask.names() == []
    fake.tree.remove("a")
    assert ask.names() == ["a"]
    assert ask.names() == []


def test_staleness_may_be_for_some_folders_and_listings(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (StaleListing(key="f/", nth=range(2, 9)),)
    fake.tree.put("f/a", b"body")
    fake.tree.put("g/a", b"body")
    assert ask.names() == ["f", "g"]
    assert ask.names("g/") == ["a"]
    assert [ask.names("f/") for _ in range(3)] == [["a"], [], ["a"]]


def test_without_the_fault_listings_are_right_at_once(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (StaleListing(requests=5),)
    ask("PUT", "a", b"body")
    assert ask.names() == []
    fake.faults = ()
    assert ask.names() == ["a"]
    fake.faults = (StaleListing(requests=5),)
    assert ask.names() == ["a"]


def test_a_late_deletion_is_seen_after_some_looks(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("f/a", b"body")
    fake.faults = (LateDelete(requests=3),)
    assert ask("DELETE", "f/a").told == (200, "File deleted successfuly.")
    assert ask("GET", "f/a").body == b"body"
    assert ask.names("f/") == ["a"]
    assert ask.names() == ["f"]
    assert ask("DESCRIBE", "f/a").status == 200
    assert fake.tree.files() == {"f/a": b"body"}
    assert ask("DESCRIBE", "f/a").status == 404
    assert fake.tree.files() == {}


def test_a_listing_is_a_look_as_well(fake: FakeBunny, ask: Asking) -> None:
    for key in ("a", "b"):
        fake.tree.put(key, b"body")
    fake.faults = (LateDelete(key="a"),)
    ask("DELETE", "a")
    ask("DELETE", "b")
    assert ask.names() == ["a"]
    assert ask.names() == []


def test_a_second_deletion_takes_effect_at_once(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", b"body")
    fake.faults = (LateDelete(requests=100),)
    assert ask("DELETE", "a").status == 200
    assert ask("DELETE", "a").status == 200
    assert fake.tree.files() == {}
    assert ask("DELETE", "a").status == 404


def test_an_upload_after_a_late_deletion_stays(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", b"old")
    fake.faults = (LateDelete(),)
    ask("DELETE", "a")
    ask("PUT", "a", b"new")
    assert [ask("GET", "a").body for _ in range(3)] == [b"new"] * 3
    # And the next deletion is a first one again.
    ask("DELETE", "a")
    assert ask("GET", "a").body == b"new"
    assert ask("GET", "a").status == 404


def test_a_late_deletion_comes_true_when_other_faults_are_set(fake: FakeBunny, ask: Asking) -> None:
    for key in ("a", "b", "c"):
        fake.tree.put(key, b"old")
    fake.faults = (LateDelete(requests=100), StaleListing(requests=100))
    for key in ("a", "b", "c"):
        ask("DELETE", key)
    fake.tree.put("b", b"new")
    fake.tree.remove("c")
    fake.faults = ()
    assert fake.tree.files() == {"b": b"new"}
    assert ask.names() == ["b"]


def test_folders_are_deleted_at_once(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("f/a", b"body")
    fake.faults = (LateDelete(requests=100),)
    ask("DELETE", "f/a")
    assert ask("DELETE", "f/").status == 200
    assert (fake.tree.files(), fake.tree.folders()) == ({}, [])
