"""A deletion takes one object, all of it, and nothing beside it."""

from __future__ import annotations

import contextlib

import pytest

from buckia.errors import InvalidKey, NotFound
from buckia.protocols import Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import coexisting, get, is_absent, listing, names, put


class Deletes(Kit):
    def test_a_deleted_object_is_gone_everywhere(self, storage: Storage) -> None:
        """A listing that still names it brings it back on the other side."""
        put(storage, "folder/file", b"bytes")
        storage.delete("folder/file")
        assert names(storage) == []
        with pytest.raises(NotFound):
            storage.stat("folder/file")
        with pytest.raises(NotFound):
            get(storage, "folder/file")

    def test_deleting_what_is_absent_is_fine(self, storage: Storage) -> None:
        """A retry after a lost answer finds nothing to delete, and has succeeded."""
        storage.delete("never-was")
        storage.delete("no/such/folder/file")
        put(storage, "file", b"bytes")
        storage.delete("file")
        storage.delete("file")
        assert names(storage) == []

    def test_deleting_a_folders_name_leaves_its_contents(self, storage: Storage) -> None:
        """A key that another client turned into a folder must not take the folder along."""
        put(storage, "a/b/c", b"bytes")
        put(storage, "a/d", b"bytes")
        for name in ("a", "a/b", "a/", "a/b/"):
            # Nothing has that name; a store may say so or be content.
            with contextlib.suppress(InvalidKey):
                storage.delete(name)
        assert names(storage) == ["a/b/c", "a/d"]
        assert get(storage, "a/b/c") == b"bytes"

    def test_a_delete_spares_all_that_begins_alike(self, storage: Storage) -> None:
        """Prefix neighbours go when a delete is done by prefix."""
        keys = ["a", "a!", "a-b", "a.txt", "a0", "aa", "ab/c"]
        for key in keys:
            put(storage, key, b"bytes")
        storage.delete("a")
        assert names(storage) == keys[1:]

    def test_a_delete_knows_no_wildcards(self, storage: Storage) -> None:
        """A file may really be called `*`."""
        keys = coexisting(["%", "*", "?", "_", "a", "a%", "a*", "a_", "ab", "[a]"], storage.traits)
        for key in keys:
            put(storage, key, b"bytes")
        for key in ("%", "*", "?", "_", "[a]", "a%", "a*", "a_"):
            with contextlib.suppress(InvalidKey):
                storage.delete(key)
        assert names(storage) == ["a", "ab"]

    def test_deleting_below_an_object_leaves_it(self, storage: Storage) -> None:
        """`a/b` cannot be there while `a` is a file in a tree; asking must do no harm."""
        put(storage, "a", b"bytes")
        storage.delete("a/b")
        storage.delete("a/b/c")
        assert get(storage, "a") == b"bytes"

    def test_a_delete_ignores_the_case_only_where_names_fold(self, storage: Storage) -> None:
        """`README` and `readme` may be two files, and one of them was meant."""
        if storage.traits.folds_case:
            pytest.skip("names fold by case here")
        put(storage, "README", b"bytes")
        storage.delete("readme")
        assert names(storage) == ["README"]

    def test_a_deleted_key_can_be_written_again(self, storage: Storage) -> None:
        """Delete markers and tombstones must not outlive the next write."""
        put(storage, "file", b"first")
        storage.delete("file")
        put(storage, "file", b"second")
        assert get(storage, "file") == b"second"
        assert [entry.size for entry in listing(storage)] == [6]

    def test_a_name_that_deletes_have_freed_can_be_a_file(self, storage: Storage) -> None:
        """A folder that was emptied leaves nothing behind that holds its name."""
        if storage.traits.keeps_folders:
            pytest.skip("the traits say that empty folders stay")
        put(storage, "a/b/c", b"below")
        storage.delete("a/b/c")
        put(storage, "a", b"file")
        assert names(storage) == ["a"]
        storage.delete("a")
        put(storage, "a/b", b"below")
        assert names(storage) == ["a/b"]

    def test_an_empty_object_can_be_deleted(self, storage: Storage) -> None:
        """No bytes is not the same as no object."""
        put(storage, "empty", b"")
        assert storage.stat("empty").size == 0
        storage.delete("empty")
        assert is_absent(storage, "empty")
