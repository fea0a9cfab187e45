"""A store that keeps folders against one that walks to each key, over random histories.

Both have a tree of their own, in which others move, link and remove at random; whatever is asked
of them comes to the same end, and leaves the same behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from buckia.stores.local import LocalStore, ground, kept, system
from tests.stores.local.trees import OPERATIONS, handles, looks, opened, outcome, planted, put

pytestmark = pytest.mark.skipif(not system.HANDLES, reason="no folder is held open here")

keys = st.sampled_from(["a/b/x", "a/b/y", "a/x", "a/y", "b/x", "x", "a/b/c/x", "b/a/x"])
folders = st.sampled_from(["root/a", "root/b", "root/a/b", "root/a/b/c", "root/b/a"])
places = st.one_of(folders, st.sampled_from(["outside", "outside/a", "outside/b", "aside", "root"]))
goals = st.one_of(places, st.just("nowhere"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut while these tests run, and what fails once will fail again: all are here."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    monkeypatch.setattr(ground, "_PATIENCE", 0.0)


class Twins(RuleBasedStateMachine):
    @initialize(follow=st.booleans())
    def plant(self, follow: bool) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.before = handles()
        self.bases = [self.folder / "keeps", self.folder / "walks"]
        self.opened = [
            opened(planted(base), follow=follow, forgets=base.name == "walks")
            for base in self.bases
        ]
        self.stores: list[LocalStore] = [one.__enter__() for one in self.opened]
        self.follow = follow
        self.ask(self.both(lambda store, base: outcome(base, "stat", store, "a/b/x")))

    def both(self, do: Callable[[LocalStore, Path], object]) -> list[object]:
        return [do(store, base) for store, base in zip(self.stores, self.bases, strict=True)]

    def ask(self, ends: list[object]) -> None:
        assert ends[0] == ends[1]

    def others(self, do: Callable[[Path], object]) -> None:
        """What somebody does in both trees, if it can be done."""
        for base in self.bases:
            with suppress(OSError, shutil.Error):
                do(base)

    @rule(name=st.sampled_from(sorted(OPERATIONS)), key=keys)
    def operate(self, name: str, key: str) -> None:
        self.ask(self.both(lambda store, base: outcome(base, name, store, key)))

    @rule(key=keys)
    def write_two(self, key: str) -> None:
        """The second of them goes where the first one went."""
        self.operate("write", key)
        self.operate("write new", key + "-beside")

    @rule(place=places)
    def make(self, place: str) -> None:
        self.others(lambda base: (base / place).mkdir(parents=True))

    @rule(key=keys)
    def put(self, key: str) -> None:
        self.others(lambda base: put(base / "root" / key, "put there"))

    @rule(source=places, goal=places)
    def rename(self, source: str, goal: str) -> None:
        self.others(lambda base: (base / source).rename(base / goal))

    @rule(place=places, goal=goals)
    def link(self, place: str, goal: str) -> None:
        self.others(lambda base: (base / place).symlink_to(base / goal))

    @rule(source=folders, away=st.sampled_from(["aside", "outside/a", "root/b/a"]))
    def link_where_it_was(self, source: str, away: str) -> None:
        def exchange(base: Path) -> None:
            (base / source).rename(base / away)
            (base / source).symlink_to(base / away)

        self.others(exchange)

    @rule(place=places)
    def remove(self, place: str) -> None:
        def removed(base: Path) -> None:
            path = base / place
            path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path)

        self.others(removed)

    @rule()
    def close(self) -> None:
        for store in self.stores:
            store.close()
        assert handles() == self.before

    @invariant()
    def the_trees_are_alike(self) -> None:
        if not hasattr(self, "bases"):
            return
        assert looks(self.bases[0]) == looks(self.bases[1])
        # Each has its root open, and one of them a few folders.
        assert handles() <= self.before + 2 + kept.MOST

    def teardown(self) -> None:
        if not hasattr(self, "bases"):
            return
        for one in self.opened:
            one.__exit__(None, None, None)
        shutil.rmtree(self.folder)
        assert handles() == self.before


TestTwins = Twins.TestCase
TestTwins.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
