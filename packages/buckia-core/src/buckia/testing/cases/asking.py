"""Reads that are under way while whoever asked for them does something else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.errors import NotFound, StorageError, VersionMismatch
from buckia.protocols import BeginsReads, Begun, Reading, Storage
from buckia.testing.cases.sending import ABANDONED, ORDERS, STALE, in_any_order
from buckia.testing.cases.traits import assert_digests_are_of
from buckia.testing.kit import Kit
from buckia.testing.steps import (
    Footprint,
    all_of,
    begun_by,
    content,
    get,
    is_still,
    listed,
    names,
    offered,
    put,
    raised,
    same,
    together,
)


class BegunReads(Kit):
    @pytest.mark.parametrize("size", [0, 5, 700_000])
    def test_a_begun_read_gives_exactly_its_bytes(self, storage: Storage, size: int) -> None:
        """And the entry of these bytes, which is recorded for the download."""
        beginning = offered(storage, BeginsReads)
        put(storage, "a/file", b"before")
        version = put(storage, "a/file", content(size)).version
        for wanted in (version, listed(storage, "a/file").version, None):
            begun = begun_by(beginning.begin_read("a/file", version=wanted))
            _gives(storage, begun.end(), "a/file", content(size))

    @in_any_order
    def test_reads_that_are_under_way_together_give_each_their_own(
        self, storage: Storage, order: str
    ) -> None:
        """One thread asks for many small files; which answer it hears first says nothing."""
        asked, begun = _asked(storage, self.racers)
        for at in ORDERS[order](range(len(asked))):
            _gives(storage, begun[at].end(), *asked[at])

    def test_a_begun_read_may_be_ended_by_another_thread(self, storage: Storage) -> None:
        """What takes long is left to a thread of its own."""
        asked, begun = _asked(storage, self.racers)

        def reader(at: int) -> Callable[[], None]:
            return lambda: _gives(storage, begun[at].end(), *asked[at])

        for error in raised(together([reader(at) for at in range(len(asked))])):
            raise error

    def test_calls_are_answered_while_reads_are_under_way(self, storage: Storage) -> None:
        """Other threads go on, and so does the one that asked; nobody waits for the other."""
        asked, begun = _asked(storage, self.racers)

        def work() -> None:
            key, data = asked[0]
            same(get(storage, key), data)
            assert storage.stat(key).size == len(data)
            assert key in names(storage)

        work()
        put(storage, "another", b"meanwhile")
        for error in raised(together([work, work])):
            raise error
        for at, one in enumerate(begun):
            _gives(storage, one.end(), *asked[at])

    def test_a_begun_read_of_another_version_is_refused_at_its_end(self, storage: Storage) -> None:
        """A store that ignores the version gives whatever is there now."""
        beginning = offered(storage, BeginsReads)
        old = put(storage, "file", b"old bytes").version
        put(storage, "file", b"new bytes")
        begun = begun_by(beginning.begin_read("file", version=STALE))
        with pytest.raises(VersionMismatch) as caught:
            all_of(begun.end())
        begun.close()
        assert caught.value.key == "file"
        begun = begun_by(beginning.begin_read("file", version=old))
        try:
            data = all_of(begun.end())
        except VersionMismatch:
            return
        # A store that keeps versions may still have it.
        assert data == b"old bytes"

    @pytest.mark.parametrize("version", [None, STALE], ids=["of any version", "of one"])
    def test_a_begun_read_of_what_is_absent_is_not_found_at_its_end(
        self, storage: Storage, version: str | None
    ) -> None:
        """Deleted since the listing; no other file's read suffers from it."""
        beginning = offered(storage, BeginsReads)
        put(storage, "a/b", b"bytes")
        put(storage, "gone", b"bytes")
        storage.delete("gone")
        for key in ("no/such/file", "a", "gone"):
            begun = begun_by(beginning.begin_read(key, version=version))
            with pytest.raises(NotFound) as caught:
                begun.end()
            begun.close()
            assert caught.value.key == key
        assert names(storage) == ["a/b"]

    @pytest.mark.parametrize("pinned", [True, False], ids=["of one version", "of any"])
    def test_a_begun_read_is_never_a_mixture_of_two_versions(
        self, storage: Storage, pinned: bool
    ) -> None:
        """Somebody overwrites the object while the answer is on its way."""
        beginning = offered(storage, BeginsReads)
        old, new = content(60_000, 1), content(70_000, 2)
        version = put(storage, "file", old).version
        begun = begun_by(beginning.begin_read("file", version=version if pinned else None))
        put(storage, "file", new)
        try:
            reading = begun.end()
            data = all_of(reading)
        except StorageError:
            # An honest error is fine; a head of one version with a tail of another is not.
            return
        assert reading.entry.size == len(data)
        same(data, old if pinned or len(data) == len(old) else new)

    def test_reads_that_nobody_waits_for_hold_nothing_up(self, storage: Storage) -> None:
        """A run that is broken off hears no more answers, and reads none to its end."""
        beginning = offered(storage, BeginsReads)
        put(storage, "file", content(600_000))

        def abandon() -> None:
            begun = begun_by(beginning.begin_read("file"))
            begun.close()
            begun.close()
            begun = begun_by(beginning.begin_read("file"))
            reading = begun.end()
            reading.read(10)
            begun.close()
            reading.close()

        abandon()
        before = Footprint()
        for _ in range(ABANDONED):
            abandon()
        same(all_of(begun_by(beginning.begin_read("file")).end()), content(600_000))
        same(get(storage, "file"), content(600_000))
        assert before.growth() < 20

    def test_closing_a_begun_read_leaves_all_others_alone(self, storage: Storage) -> None:
        """They may share a connection, but not their fate."""
        asked, begun = _asked(storage, self.racers)
        for one in begun[::2]:
            one.close()
        for at in range(1, len(asked), 2):
            _gives(storage, begun[at].end(), *asked[at])

    def test_a_reading_outlives_the_request_that_brought_it(self, storage: Storage) -> None:
        """The request is closed on all paths, and what served it may serve another by then."""
        beginning = offered(storage, BeginsReads)
        for key in ("first", "second"):
            put(storage, key, key.encode() * 60_000)
        first = begun_by(beginning.begin_read("first"))
        reading = first.end()
        first.close()
        second = begun_by(beginning.begin_read("second"))
        first.close()
        _gives(storage, reading, "first", b"first" * 60_000)
        _gives(storage, second.end(), "second", b"second" * 60_000)


def _asked(storage: Storage, count: int) -> tuple[list[tuple[str, bytes]], list[Begun[Reading]]]:
    """Objects with their bytes, all of them asked for and none heard of."""
    beginning = offered(storage, BeginsReads)
    kept = [(f"a/{number:02}", content(1_000 + number, number)) for number in range(count)]
    versions = [put(storage, key, data).version for key, data in kept]
    return kept, [
        begun_by(beginning.begin_read(key, version=version))
        for (key, _), version in zip(kept, versions, strict=True)
    ]


def _gives(storage: Storage, reading: Reading, key: str, data: bytes) -> None:
    """The reading is of these very bytes, and its entry too."""
    entry = reading.entry
    assert (entry.key, entry.size) == (key, len(data))
    assert_digests_are_of(entry, data)
    same(all_of(reading), data)
    assert is_still(storage, key, entry.version)
