"""Traits and entries are believed without a second look, so they must be true."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pytest

from buckia import layers, pieces, protocols
from buckia.model import Traits
from buckia.protocols import Entry, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import body, content, described_body, listed, listing, put

WHOLE = 1_600_000_000_000_000_000
FINE = 1_234_567_890_123_456_789


def abilities() -> dict[str, type]:
    """All that a store may offer besides the methods of `Storage`, by name."""
    return {
        name: kind
        for name, kind in [*vars(protocols).items(), *vars(pieces).items(), *vars(layers).items()]
        if isinstance(kind, type)
        and getattr(kind, "_is_runtime_protocol", False)
        and kind is not Storage
    }


class Facts(Kit):
    def test_the_store_is_a_storage(self, storage: Storage) -> None:
        """A method that is missing shows here, before a run needs it."""
        assert isinstance(storage, Storage)
        assert isinstance(storage.traits, Traits)

    def test_traits_stay_as_they_are(self, storage: Storage) -> None:
        """A run is planned by them once."""
        before = storage.traits
        put(storage, "folder/file", b"bytes")
        listing(storage)
        assert storage.traits == before

    def test_what_the_store_lacks_is_an_ability(self, storage: Storage) -> None:
        """A slip in a name leaves the ability offered where the endpoint does not honour it."""
        assert storage.traits.lacks <= abilities().keys()

    def test_at_least_one_transfer_at_a_time_is_useful(self, storage: Storage) -> None:
        """It is the number of threads that a run starts."""
        assert storage.traits.concurrency >= 1

    def test_digests_that_traits_promise_are_listed(self, storage: Storage) -> None:
        """A first sync of two equal trees compares by them, without a transfer."""
        self._some_objects(storage)
        for entry in listing(storage):
            assert entry.digests.keys() >= storage.traits.digests

    def test_every_digest_is_right(self, storage: Storage) -> None:
        """A wrong digest proves two different files to be the same, or hides corruption."""
        for key, data in self._some_objects(storage).items():
            for entry in self._tellings(storage, key):
                assert_digests_are_of(entry, data)

    def test_digests_follow_an_overwrite(self, storage: Storage) -> None:
        """A digest from an earlier upload must not stay with the object."""
        put(storage, "file", b"old bytes")
        put(storage, "file", b"new bytes")
        for entry in self._tellings(storage, "file"):
            assert_digests_are_of(entry, b"new bytes")

    def test_hints_that_are_equal_mean_equal_bytes(self, storage: Storage) -> None:
        """A hint may be silent, but it is never equal for two contents."""
        put(storage, "one", content(5_000, 1))
        put(storage, "other", content(5_000, 2))
        for one, other in zip(
            self._tellings(storage, "one"), self._tellings(storage, "other"), strict=True
        ):
            for name in one.hints.keys() & other.hints.keys():
                assert one.hints[name] != other.hints[name]

    @pytest.mark.parametrize("mtime_ns", [WHOLE, FINE, 1_000_000_000])
    def test_the_time_of_a_file_is_kept_where_traits_say_so(
        self, storage: Storage, mtime_ns: int
    ) -> None:
        """`newest_wins` compares these times, and a download sets them; a microsecond is fine."""
        if not storage.traits.keeps_mtime:
            pytest.skip("the traits say that no mtime is kept")
        written = storage.write("file", body(b"bytes", mtime_ns))
        for kept in (written.mtime_ns, storage.stat("file").mtime_ns):
            assert kept is not None
            assert abs(kept - mtime_ns) < 1_000
        with storage.read("file") as reading:
            assert reading.entry.mtime_ns == storage.stat("file").mtime_ns
        assert listed(storage, "file").mtime_ns in (None, storage.stat("file").mtime_ns)

    def test_no_time_is_made_up(self, storage: Storage) -> None:
        """The time of an upload taken for the file's own lets the older edit win."""
        if storage.traits.keeps_mtime:
            pytest.skip("the traits say that the mtime is kept")
        storage.write("file", body(b"bytes", WHOLE))
        assert {entry.mtime_ns for entry in self._tellings(storage, "file")} == {None}

    def test_the_time_follows_an_overwrite(self, storage: Storage) -> None:
        """A time that stays with the key says that the new bytes are old ones."""
        if not storage.traits.keeps_mtime:
            pytest.skip("the traits say that no mtime is kept")
        storage.write("file", body(b"old", WHOLE))
        storage.write("file", body(b"new", WHOLE + 5_000_000_000))
        assert storage.stat("file").mtime_ns == WHOLE + 5_000_000_000

    def test_the_stores_own_time_has_a_zone(self, storage: Storage) -> None:
        """A naive time is read in the zone of whoever looks."""
        put(storage, "file", b"bytes")
        for entry in self._tellings(storage, "file"):
            assert entry.changed is None or entry.changed.tzinfo is not None

    def test_metadata_and_content_type_are_kept_where_traits_say_so(self, storage: Storage) -> None:
        """Others write metadata that means something to them."""
        storage.write("page", described_body(b"first", {"colour": "green", "owner": "anna"}))
        assert self.description(storage, "page") == (
            "text/x-special",
            {"colour": "green", "owner": "anna"},
        )

    def test_metadata_follows_an_overwrite(self, storage: Storage) -> None:
        """What described the old bytes does not describe the new ones."""
        storage.write("page", described_body(b"first", {"colour": "green", "owner": "anna"}))
        storage.write("page", described_body(b"second", {"colour": "red"}))
        assert self.description(storage, "page")[1] == {"colour": "red"}

    def _some_objects(self, storage: Storage) -> dict[str, bytes]:
        objects = {"empty": b"", "small": b"bytes", "folder/larger": content(300_000)}
        for key, data in objects.items():
            put(storage, key, data)
        return objects

    def _tellings(self, storage: Storage, key: str) -> list[Entry]:
        """The entry of a key in all ways that a store tells it."""
        with storage.read(key) as reading:
            return [listed(storage, key), storage.stat(key), reading.entry]


def assert_digests_are_of(entry: Entry, data: bytes) -> None:
    """Every digest that hashlib can compute; others nobody could use."""
    for name in known(entry.digests):
        right = hashlib.new(name, data, usedforsecurity=False).hexdigest()
        assert entry.digests[name] == right, f"{name} of {entry.key}"


def known(names: Iterable[str]) -> list[str]:
    return sorted(set(names) & hashlib.algorithms_available)
