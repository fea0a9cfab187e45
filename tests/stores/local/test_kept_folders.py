"""The folder that was last walked to is used again only where a walk would lead to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.errors import InvalidKey, NotFound, StorageError
from buckia.protocols import ABSENT
from buckia.stores.local import ground, kept, system
from buckia.stores.local.folders import Folder
from tests.stores.local.trees import (
    DEEDS,
    OPERATIONS,
    WRITES,
    handles,
    linked,
    looks,
    opened,
    outcome,
    planted,
)

pytestmark = pytest.mark.skipif(not system.HANDLES, reason="no folder is held open here")


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut while these tests run."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were walked to."""
    found: list[str] = []
    for name in ("walk", "walk_making"):
        real: Callable[..., Folder] = getattr(ground, name)

        def walking(
            start: Folder, segments: Sequence[str], *more: Any, real: Any = real, **how: Any
        ) -> Any:
            found.append("/".join(segments))
            return real(start, segments, *more, **how)

        monkeypatch.setattr(ground, name, walking)
    return found


def body(text: str = "new") -> BytesBody:
    return BytesBody(data=text.encode())


# It is used.


def test_the_next_key_in_the_same_folder_needs_no_walk(tmp_path: Path, walks: list[str]) -> None:
    with opened(planted(tmp_path)) as store:
        store.write("a/b/new", body())
        assert walks == ["a/b"]
        store.stat("a/b/new")
        store.read("a/b/x").close()
        store.write_if("a/b/newer", body(), expect=ABSENT)
        store.stage_unsettled("a/b/newest", body()).commit(expect=ABSENT)
        assert walks == ["a/b"]


def test_nor_does_one_in_the_root(tmp_path: Path, walks: list[str]) -> None:
    with opened(planted(tmp_path)) as store:
        store.stat("x")
        store.stat("secret")
        store.write("new", body())
        assert walks == [""]


def test_a_folder_that_was_made_for_a_key_is_kept_for_the_next(
    tmp_path: Path, walks: list[str]
) -> None:
    with opened(planted(tmp_path)) as store:
        store.write("made/for/it", body())
        store.write("made/for/this", body())
        assert walks == ["made/for"]


@pytest.mark.parametrize(
    ("most", "walked"),
    [(1, ["a/b", "a", "a/b", "b", "a/b"]), (2, ["a/b", "a", "b", "a/b"]), (3, ["a/b", "a", "b"])],
)
def test_only_the_last_ones_are_kept(
    tmp_path: Path,
    walks: list[str],
    most: int,
    walked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "MOST", most)
    with opened(planted(tmp_path)) as store:
        for key in ("a/b/x", "a/y", "a/b/x", "b/x", "b/x", "a/b/x"):
            store.stat(key)
        assert walks == walked


def test_while_one_folder_is_written_to_files_of_another_are_given_their_names(
    tmp_path: Path, walks: list[str]
) -> None:
    """As when many are written down together, before any of them is put in its place."""
    with opened(planted(tmp_path)) as store:
        staged = [store.stage(f"a/{number}", body()) for number in range(3)]
        for number, early in enumerate(staged):
            store.stage(f"b/{number}", body()).discard()
            early.commit(expect=ABSENT)
        assert walks == ["a", "b"]


# It is not used where it would lead astray.


@pytest.mark.parametrize("follow", [False, True], ids=["", "follow"])
@pytest.mark.parametrize("where", ["a/b", "a", ""], ids=["itself", "above", "root"])
@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_became_of_it_each_operation_ends_as_if_nothing_had_been_kept(
    tmp_path: Path, deed: str, where: str, follow: bool
) -> None:
    for name in OPERATIONS:
        for key in ("a/b/x", "a/b/new"):
            ends = [
                (*played(tmp_path / f"{name} {key[-1]} {forgets}", name, key, deed, where, how),)
                for forgets, how in ((one, {"forgets": one, "follow": follow}) for one in (0, 1))
            ]
            assert ends[0] == ends[1], (name, key)


def played(
    base: Path, name: str, key: str, deed: str, where: str, how: dict[str, Any]
) -> Iterator[object]:
    """What came of an operation on a folder that was kept before the deed, and what is left."""
    with opened(planted(base), **how) as store:
        store.stat("a/b/x")
        DEEDS[deed](base / "root" / where)
        before = looks(base / "outside")
        yield outcome(base, name, store, key)
        yield looks(base)
        if name in WRITES and not how["follow"]:
            assert looks(base / "outside") == before


@pytest.mark.parametrize("where", ["a/b", "a"])
@pytest.mark.parametrize(
    "deed",
    [deed for deed in DEEDS if deed not in ("left alone", "moved away and back")],
)
def test_what_was_in_it_is_not_found_in_its_place_any_more(
    tmp_path: Path, deed: str, where: str
) -> None:
    base = planted(tmp_path)
    with opened(base) as store:
        store.stat("a/b/x")
        DEEDS[deed](base / "root" / where)
        if deed == "another" and where == "a/b":
            assert store.read("a/b/x").read() == b"another x"
            return
        if deed == "another":
            assert store.read("a/b/x").read() == b"outside a/b/x"
            return
        for look in (store.stat, store.read):
            with pytest.raises(NotFound) as raised:
                look("a/b/x")
            assert raised.value.key == "a/b/x"


@pytest.mark.parametrize("where", ["a/b", "a"])
@pytest.mark.parametrize("deed", ["a link to itself", "a link elsewhere"])
def test_nothing_is_written_through_a_link_that_took_its_place(
    tmp_path: Path, deed: str, where: str
) -> None:
    base = planted(tmp_path)
    with opened(base) as store:
        store.write("a/b/kept", body())
        DEEDS[deed](base / "root" / where)
        before = looks(base)
        for write in (store.write, store.stage, store.stage_unsettled):
            with pytest.raises(InvalidKey, match="symbolic link"):
                write("a/b/new", body())
        store.delete("a/b/kept")
        assert looks(base) == before


def test_a_write_that_was_begun_there_does_not_follow_it_out_of_the_root(tmp_path: Path) -> None:
    base = planted(tmp_path)
    with opened(base) as store:
        staged = store.stage("a/b/new", body())
        store.stat("a/b/x")
        linked(base / "root/a")
        before = {**looks(base / "away")}
        with pytest.raises(StorageError):
            staged.commit(expect=ABSENT)
        left = {name for name in before if not name.startswith("b/.buckia-tmp")}
        assert set(looks(base / "away")) == left


def test_a_link_that_is_followed_leads_where_it_leads_now(tmp_path: Path) -> None:
    base = planted(tmp_path)
    (base / "root/way").symlink_to(base / "root/a/b")
    with opened(base, follow=True) as store:
        assert store.read("way/x").read() == b"root a/b/x"
        (base / "root/way").unlink()
        (base / "root/way").symlink_to(base / "outside/b")
        assert store.read("way/x").read() == b"outside b/x"
        store.write("way/new", body())
    assert (base / "outside/b/new").read_text() == "new"
    assert not (base / "root/a/b/new").exists()


# Changes while it is looked at.


@contextmanager
def just_before(name: Path, deed: Callable[[], object]) -> Iterator[None]:
    """Do it when somebody looks at this path, without following links, for the first time."""
    real, done = os.stat, Event()

    def stat(path: Any, *more: Any, **how: Any) -> os.stat_result:
        if path == str(name) and how.get("follow_symlinks") is False and not done.is_set():
            done.set()
            deed()
        return real(path, *more, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "stat", stat)
        yield
    assert done.is_set()


def test_a_way_of_which_a_part_was_gone_when_it_was_looked_at_is_not_trusted(
    tmp_path: Path,
) -> None:
    """Else a link that takes the place of that part later would never be looked at."""
    base = planted(tmp_path)
    above = base / "root/a"
    with opened(base) as store:
        with just_before(above, lambda: above.rename(base / "away")):
            store.read("a/b/x").close()
        above.symlink_to(base / "away")
        before = looks(base)
        with pytest.raises(InvalidKey, match="symbolic link"):
            store.write("a/b/new", body())
        with pytest.raises(NotFound, match="symbolic link"):
            store.read("a/b/x")
        assert looks(base) == before


@pytest.mark.usefixtures("proc")
def test_a_way_that_cannot_be_looked_at_is_no_error_and_leaves_nothing_open(
    tmp_path: Path,
) -> None:
    base = planted(tmp_path)
    above = base / "root/a"

    def exchange() -> None:
        above.rename(base / "away")
        above.write_text("a file")

    before = handles()
    with opened(base) as store, just_before(above / "b", exchange):
        # It was opened on the way, as it would be without anything kept.
        assert store.read("a/b/x").read() == b"root a/b/x"
    assert handles() == before


@pytest.mark.usefixtures("proc")
def test_a_key_may_be_longer_than_a_path_and_leaves_nothing_open(tmp_path: Path) -> None:
    key = "/".join(["d" * 200] * 30)
    before = handles()
    with opened(planted(tmp_path)) as store:
        for number in range(3):
            store.write(f"{key}/{number}", body())
            assert store.read(f"{key}/{number}").read() == b"new"
            assert handles() <= before + 1 + kept.MOST
    assert handles() == before
