"""A listing is complete, in order, and taken at its word; everything else follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from buckia.protocols import Entry, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import (
    Footprint,
    coexisting,
    fill,
    get,
    listing,
    names,
    put,
    together,
    watched,
)

NEIGHBOURS = (
    *("!", "-", "0", "A", "A/a", "B", "Z", "_", "a", "a!", "a#", "a+b", "a,", "a-", "a-b", "a.b"),
    *("a.b/c", "a.txt", "a/!", "a/b", "a/b!", "a/b-c", "a/b.txt", "a/b/c", "a/b/c!", "a/b/c/d"),
    *("a/b0", "a/ba", "a0", "a0/b", "a~", "aa", "aa/b", "ab", "b", "b/a", "z", "~", "\u00e4"),
    *("a\u0308", "a\u00e4", "a/\u00e4", "\u00e9", "\u00e9/a", "\u00e9a", "\u07ff", "\u0800"),
    *("\ud7ff", "\ue000", "\uff21", "\ufffd", "\U00010000", "\U0001f600", "a\ufffd"),
    *("a\U00010000", "a/\ufffd", "a/\U00010000", "\U0001f600/a", "\U0001f600!"),
)
"""Names whose order tells code points from UTF-16, keys from folders, and text from locales."""

WILD = ("a", "A", "a%", "a%b", "a_", "a_b", "a*", "a*b", "a?b", "a[b]", "a+b", "a b", "a.b", "axb")


def close(pages: Iterator[Sequence[Entry]]) -> None:
    """As a generator is closed; an iterator of another kind is just dropped."""
    closing = getattr(pages, "close", None)
    if closing is not None:
        closing()


class Scans(Kit):
    def test_an_empty_store_lists_nothing(self, storage: Storage) -> None:
        """Services answer an empty bucket with other words than a full one."""
        assert names(storage) == []
        assert names(storage, "folder/") == []

    def test_a_scan_is_in_code_point_order(self, storage: Storage) -> None:
        """Three sorted streams are merged; one key out of place is a deletion and a new file."""
        keys = coexisting(NEIGHBOURS, storage.traits)
        for key in sorted(keys, key=lambda name: name[::-1]):
            put(storage, key, key.encode())
        assert names(storage) == keys

    def test_a_slash_sorts_between_its_neighbours(self, storage: Storage) -> None:
        """A walk folder by folder yields `a/b` before `a!`, which is wrong by one character."""
        keys = coexisting(["a!", "a-b", "a.txt", "a/b", "a0", "a", "a/b!", "a/b/c"], storage.traits)
        for key in reversed(keys):
            put(storage, key, b"")
        assert names(storage) == keys

    def test_a_scan_names_every_object_once_and_nothing_else(self, storage: Storage) -> None:
        """Folders, markers and temporary things are no objects."""
        keys = ["a/b/c/one", "a/b/two", "a/three", "four"]
        for key in keys:
            put(storage, key, b"bytes")
            put(storage, key, b"other bytes")
        assert names(storage) == keys

    def test_a_scan_prefix_is_a_plain_string_prefix(self, storage: Storage) -> None:
        """`a` means `ab` and `a/b` alike; a prefix taken for a folder hides half of them."""
        keys = coexisting(NEIGHBOURS, storage.traits)
        for key in keys:
            put(storage, key, b"")
        for prefix in ("a", "a/", "a/b", "a/b/", "a.", "a0", "A", "z", "none", "\u00e9", "a/b/c/d"):
            expected = [key for key in keys if key.startswith(prefix)]
            assert names(storage, prefix) == expected, f"prefix {prefix!r}"

    @pytest.mark.parametrize("prefix", ["a%", "a_", "a*", "a?", "a[", "a.", "a+", "a ", "A"])
    def test_a_scan_prefix_knows_no_wildcards(self, storage: Storage, prefix: str) -> None:
        """A pattern in place of a prefix brings in neighbours, which are then deleted."""
        keys = coexisting(WILD, storage.traits)
        for key in keys:
            put(storage, key, b"")
        assert names(storage, prefix) == [key for key in keys if key.startswith(prefix)]

    def test_more_than_a_thousand_objects_are_listed_in_full(self, storage: Storage) -> None:
        """Services answer in pages of a thousand; who forgets the second one deletes its files."""
        keys = self._crowd()
        fill(storage, keys)
        pages = [[entry.key for entry in page] for page in storage.scan()]
        found = [key for page in pages for key in page]
        assert len(found) == len(set(found)), "some keys are listed twice"
        assert found == keys
        assert max(map(len, pages)) <= self.largest_page
        assert names(storage, "crowd/1") == [key for key in keys if key.startswith("crowd/1")]

    def test_deletes_during_a_scan_hide_no_other_object(self, storage: Storage) -> None:
        """Pages counted by position skip as many objects as were deleted before them."""
        keys = self._crowd()
        fill(storage, keys)
        pages = storage.scan()
        first = [entry.key for entry in next(pages)]
        for key in first[:50]:
            storage.delete(key)
        rest = [entry.key for page in pages for entry in page]
        assert first + rest == keys

    def test_a_scan_holds_no_lock(self, storage: Storage) -> None:
        """While one thread walks a listing, others go on writing and reading."""
        for number in range(3):
            put(storage, f"file-{number}", b"bytes")
        pages = storage.scan()
        next(pages)

        def work() -> bytes:
            put(storage, "new", b"new")
            storage.delete("file-0")
            return get(storage, "new")

        assert together([work], seconds=30) == [b"new"]
        close(pages)

    def test_a_scan_that_is_stopped_early_leaks_nothing(self, storage: Storage) -> None:
        """A run that ends in an error leaves its listings half-way, again and again."""
        for number in range(5):
            put(storage, f"folder-{number}/file", b"bytes")
        for _ in range(2):
            self._stop_early(storage)
        before = Footprint()
        for _ in range(40):
            self._stop_early(storage)
        assert before.growth() < 20
        assert len(names(storage)) == 5

    def test_two_scans_at_once_do_not_disturb_each_other(self, storage: Storage) -> None:
        """Two pairs may share a bucket, and a cursor that is shared skips for both."""
        keys = [f"folder-{number:02}/file" for number in range(20)]
        for key in keys:
            put(storage, key, b"bytes")
        one, other = storage.scan(), storage.scan("folder-1")
        found_one = [entry.key for entry in next(one)]
        found_other = [entry.key for page in other for entry in page]
        found_one += [entry.key for page in one for entry in page]
        assert found_one == keys
        assert found_other == keys[10:]

    def test_a_scan_can_be_repeated(self, storage: Storage) -> None:
        """Each listing begins anew and shows what is there by then."""
        put(storage, "one", b"1")
        assert names(storage) == ["one"]
        put(storage, "two", b"2")
        assert names(storage) == ["one", "two"]
        storage.delete("one")
        assert names(storage) == ["two"]

    def test_a_scan_sees_all_that_rests_while_others_write(self, storage: Storage) -> None:
        """Objects that nobody touches are listed once and in order, whatever happens around."""
        resting = [f"rest-{number:02}" for number in range(20)]
        for key in resting:
            put(storage, key, b"rest")

        def disturb() -> None:
            for turn in range(20):
                put(storage, f"rest-{turn:02}-new", b"new")
                storage.delete(f"rest-{turn:02}-new")

        def look() -> None:
            found = names(storage)
            assert found == sorted(set(found))
            assert [key for key in found if not key.endswith("-new")] == resting

        watched([disturb, disturb], look)

    def test_every_page_is_a_sequence_of_entries(self, storage: Storage) -> None:
        """Pages are measured and indexed; a generator in place of a page is empty at once."""
        put(storage, "folder/file", b"bytes")
        pages = [page for page in storage.scan() if len(page)]
        assert [page[0].key for page in pages] == ["folder/file"]
        assert [entry.size for entry in listing(storage)] == [5]

    def _crowd(self) -> list[str]:
        return sorted(f"crowd/{number}" for number in range(self.many))

    def _stop_early(self, storage: Storage) -> None:
        pages = storage.scan()
        next(pages)
        close(pages)
        dropped = storage.scan("folder-")
        next(dropped)
        del dropped
