"""Objects that others go on writing: what is held of them can be read, whatever becomes of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress

import pytest

from buckia.errors import NotFound
from buckia.protocols import HoldsStill, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import get, offered, put, same

KEY = "App.sqlite"


class Holding(Kit):
    def test_what_is_held_is_read_after_the_object_was_replaced(self, storage: Storage) -> None:
        """The app goes on writing while a copy travels."""
        entry = put(storage, KEY, database("first"))
        before = get(storage, KEY)
        held = offered(storage, HoldsStill).hold(KEY, version=entry.version)
        version = entry.version if held is None else held.version
        if held is not None:
            assert held.size == len(before)
            put(storage, KEY, database("second"))
        same(get(storage, KEY, version), before)

    def test_the_latest_is_held_also_of_a_version_that_is_gone(self, storage: Storage) -> None:
        """Who planned with what he saw a moment ago gets what there is now."""
        old = put(storage, KEY, database("first"))
        put(storage, KEY, database("second"))
        held = offered(storage, HoldsStill).hold(KEY, version=old.version)
        after = get(storage, KEY)
        if held is not None:
            same(get(storage, KEY, held.version), after)

    def test_what_is_held_already_is_held_no_second_time(self, storage: Storage) -> None:
        """What was compared is what travels."""
        holding = offered(storage, HoldsStill)
        held = holding.hold(KEY, version=put(storage, KEY, database("first")).version)
        if held is not None:
            put(storage, KEY, database("second"))
            again = holding.hold(KEY, version=held.version)
            assert again is not None
            assert (again.version, again.size) == (held.version, held.size)

    def test_nothing_is_held_of_what_is_not_there(self, storage: Storage) -> None:
        """It is as if it were read."""
        holding = offered(storage, HoldsStill)
        put(storage, "other", b"bytes")
        with suppress(NotFound):
            assert holding.hold(KEY, version="1") is None
        with pytest.raises(NotFound):
            get(storage, KEY)


def database(word: str) -> bytes:
    """The bytes of one with that word in it."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT)")
        made.executemany("INSERT INTO words (word) VALUES (?)", [(word,)] * 100)
        made.commit()
        return made.serialize()
