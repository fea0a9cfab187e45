"""The tree, as a test uses it directly."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from buckia_bunny.testing import Refused, Tree

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 123_456, tzinfo=UTC)


def test_files_are_told_in_order_without_folders() -> None:
    tree = Tree()
    for path in ("b", "a/c", "a/b/d"):
        tree.put(path, path.encode())
    tree.make_folder("a/empty")
    assert list(tree.files().items()) == [("a/b/d", b"a/b/d"), ("a/c", b"a/c"), ("b", b"b")]
    assert tree.folders() == ["a", "a/b", "a/empty"]


def test_an_entry_is_what_was_put() -> None:
    tree = Tree()
    entry = tree.put("a/b", b"body")
    assert tree.entry("a/b") is entry
    assert (entry.name, entry.folder, entry.data) == ("b", "a", b"body")
    assert entry.sha256 == hashlib.sha256(b"body").hexdigest().upper()
    assert entry.created == entry.changed
    folder = tree.entry("a")
    assert folder is not None
    assert folder.is_folder
    assert tree.entry("missing") is tree.entry("a/b/c") is tree.entry("") is None


def test_facts_override_what_would_be_told() -> None:
    entry = Tree().put("a", b"body", sha256="F" * 64, guid="mine", content_type="text/plain")
    assert (entry.sha256, entry.guid, entry.content_type) == ("F" * 64, "mine", "text/plain")


def test_dates_are_utc_to_the_millisecond() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5)))
    entry = Tree().put("a", b"", changed=elsewhere, created=MOMENT)
    expected = MOMENT.replace(microsecond=123_000)
    assert (entry.changed, entry.created) == (expected, expected)
    assert entry.changed.tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        Tree().put("a", b"", changed=MOMENT.replace(tzinfo=None))


def test_a_replaced_entry_stays_whole_for_whoever_has_it() -> None:
    tree = Tree()
    old = tree.put("a", b"old", created=MOMENT)
    new = tree.put("a", b"new")
    assert (old.data, new.data) == (b"old", b"new")
    assert (new.guid, new.created) == (old.guid, old.created)
    assert new.etag != old.etag
    tree.remove("a")
    assert tree.put("a", b"again").created > old.created


def test_removing_is_of_files_that_are_there() -> None:
    tree = Tree()
    tree.put("a/b", b"body")
    for path in ("a", "c", "a/b/c", ""):
        with pytest.raises(KeyError):
            tree.remove(path)
    tree.remove("a/b")
    assert (tree.files(), tree.folders()) == ({}, ["a"])
    with pytest.raises(KeyError):
        tree.remove_folder("c")


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", ".", "a/../b", " a", "a ", "f", "a/b/c"])
def test_what_the_tree_cannot_hold_changes_nothing(path: str) -> None:
    tree = Tree()
    tree.put("a/b", b"body")
    tree.make_folder("f")
    with pytest.raises(Refused):
        tree.put(path, b"new")
    assert (tree.files(), tree.folders()) == ({"a/b": b"body"}, ["a", "f"])


@pytest.mark.parametrize("path", ["", "a", "a/b", "a/b/c"])
def test_a_folder_is_made_where_nothing_is(path: str) -> None:
    tree = Tree()
    tree.put("a/b", b"body")
    with pytest.raises(Refused):
        tree.make_folder(path)
    assert (tree.files(), tree.folders()) == ({"a/b": b"body"}, ["a"])
