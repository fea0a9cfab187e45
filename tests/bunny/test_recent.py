"""What was done a moment ago is known for a moment."""

from __future__ import annotations

import pytest

from buckia.body import BytesBody
from buckia.errors import Unavailable
from buckia_bunny import zone
from buckia_bunny.recent import Recent
from buckia_bunny.testing import Answers, FakeBunny, StaleListing
from tests.bunny.stores import store_on


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_last_state_of_each_key_is_known_by_its_folder() -> None:
    recent = Recent(Clock())
    recent.note("a/b/c", "1")
    recent.note("a/b/c", "2")
    recent.note("a/d", None)
    recent.note("e", "3")
    assert recent.files("") == {"e": "3"}
    assert recent.files("a/") == {"a/d": None}
    assert recent.files("a/b/") == {"a/b/c": "2"}
    assert recent.folders("") == {"a/"}
    assert recent.folders("a/") == {"a/b/"}
    assert recent.folders("a/b/") == frozenset()


def test_after_a_moment_it_is_forgotten() -> None:
    clock = Clock()
    recent = Recent(clock)
    recent.note("a/b", "1")
    clock.now += 50
    recent.note("a/c", "2")
    clock.now += 20
    assert recent.files("a/") == {"a/c": "2"}
    clock.now += 70
    assert recent.files("a/") == {}
    assert recent.folders("") == frozenset()


def test_a_listing_that_is_older_than_our_last_deeds_is_set_right(fake: FakeBunny) -> None:
    store = store_on(fake)
    for key in ("gone", "old", "d/kept"):
        store.write(key, BytesBody(data=b"1"))
    fake.faults = (StaleListing(requests=9),)
    store.delete("gone")
    store.write("old", BytesBody(data=b"2"))
    store.write("new/deep/file", BytesBody(data=b"3"))
    found = {entry.key: entry.version for page in store.scan() for entry in page}
    assert sorted(found) == ["d/kept", "new/deep/file", "old"]
    assert found["old"] == store.stat("old").version
    store.close()


def test_what_somebody_else_did_since_is_believed(fake: FakeBunny) -> None:
    store = store_on(fake)
    store.write("a", BytesBody(data=b"ours"))
    store.write("b", BytesBody(data=b"ours"))
    fake.tree.put("a", b"theirs")
    fake.tree.remove("b")
    [[entry]] = list(store.scan())
    assert (entry.key, entry.size) == ("a", 6)
    store.close()


def test_a_folder_is_tried_again_and_not_for_ever(fake: FakeBunny) -> None:
    store = store_on(fake)
    fake.tree.put("d/a", b"x")
    fake.faults = (Answers(503, on="list", key="d/", nth=range(1, 1 + len(zone._PAUSES))),)
    assert [entry.key for page in store.scan() for entry in page] == ["d/a"]
    fake.faults = (Answers(503, on="list", key="d/"),)
    fake.forget()
    with pytest.raises(Unavailable):
        list(store.scan())
    assert [seen.key for seen in fake.requests].count("d/") == 1 + len(zone._PAUSES)
    store.close()
