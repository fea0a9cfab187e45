"""Folders that are listed in no order become keys in order, and few are held in memory."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia.errors import Unavailable
from buckia.model import BasicEntry
from buckia_bunny import walking
from buckia_bunny.walking import AHEAD, Listed, pages

PATIENCE = 20.0
NAMES = st.text("ab-/.0ä", min_size=1, max_size=12).map(
    lambda text: "/".join(part for part in text.split("/") if part) or "x"
)


class Tree:
    """A zone that is a set of keys, and counts who looks at it."""

    def __init__(self, keys: set[str]) -> None:
        self.keys = keys
        self.asked: list[str] = []
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, folder: str) -> Listed:
        with self._lock:
            self.asked.append(folder)
            self.inside += 1
            self.most = max(self.most, self.inside)
        below = [key.removeprefix(folder) for key in self.keys if key.startswith(folder)]
        files = [
            BasicEntry(key=f"{folder}{name}", size=1, version="v")
            for name in below
            if "/" not in name
        ]
        folders = list({f"{folder}{name.split('/')[0]}/" for name in below if "/" in name})
        random.Random(len(below)).shuffle(files)
        with self._lock:
            self.inside -= 1
        return Listed(files, folders)


def keys_of(look: walking.List, prefix: str = "", width: int = 5) -> list[str]:
    return [entry.key for page in pages(look, prefix, width=width) for entry in page]


def without_clashes(keys: set[str]) -> set[str]:
    """A file and a folder of one name cannot both be."""
    return {key for key in keys if not any(other.startswith(f"{key}/") for other in keys)}


@settings(max_examples=200, deadline=None)
@given(st.sets(NAMES, max_size=30), st.text("ab/", max_size=3))
def test_all_keys_with_the_prefix_come_once_and_in_order(keys: set[str], prefix: str) -> None:
    tree = Tree(without_clashes(keys))
    assert keys_of(tree, prefix) == sorted(key for key in tree.keys if key.startswith(prefix))


def test_a_folder_stands_where_its_keys_belong() -> None:
    tree = Tree({"a-b", "a/c", "a0", "a.txt"})
    assert keys_of(tree) == ["a-b", "a.txt", "a/c", "a0"]


def test_only_folders_that_can_hold_such_keys_are_listed() -> None:
    tree = Tree({"a/b/c", "a/d/e", "f/g", "a/bc/d"})
    assert keys_of(tree, "a/b") == ["a/b/c", "a/bc/d"]
    assert sorted(tree.asked) == ["a/", "a/b/", "a/bc/"]


def test_an_empty_zone_is_an_empty_listing_without_pages() -> None:
    assert list(pages(Tree(set()), "", width=5)) == []


def test_pages_hold_no_more_than_a_page() -> None:
    tree = Tree({f"d{n % 3}/{n:05}" for n in range(2_500)} | {f"{n:05}" for n in range(1_500)})
    sizes = [len(page) for page in pages(tree, "", width=5)]
    assert sizes == [1_000, 1_000, 1_000, 1_000]


def test_several_folders_are_listed_at_once_and_no_more_than_may() -> None:
    together = threading.Barrier(5, timeout=PATIENCE)
    tree = Tree({f"d{n:02}/x" for n in range(20)})

    def look(folder: str) -> Listed:
        if folder:
            # Nobody comes through before five of them are there.
            together.wait()
        return tree(folder)

    assert len(keys_of(look)) == 20
    assert tree.most <= 5


def test_a_walk_that_is_left_early_lists_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "PAGE", 1)
    tree = Tree({f"d{n:04}/x" for n in range(500)})
    walk = pages(tree, "", width=5)
    next(walk)
    walk.close()  # type: ignore[attr-defined]  # a generator
    assert len(tree.asked) <= 2 + 2 * AHEAD


def test_a_folder_that_cannot_be_listed_ends_the_walk_behind_what_was_seen() -> None:
    tree = Tree({"a", "b/x", "c/x", "d"})

    def look(folder: str) -> Listed:
        if folder == "c/":
            raise Unavailable("away")
        return tree(folder)

    seen = []
    with pytest.raises(Unavailable):
        for page in pages(look, "", width=5):
            seen += [entry.key for entry in page]
    assert seen == []
