"""The folder that is kept belongs to all who use it, and to nobody once they are done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.protocols import ABSENT
from buckia.stores.local import LocalStore, kept, system
from buckia.stores.local.folders import Folder
from buckia.stores.local.kept import MOST
from tests.stores.local.trees import (
    DEEDS,
    OPERATIONS,
    handles,
    looks,
    opened,
    outcome,
    planted,
    put,
)

pytestmark = pytest.mark.skipif(not system.HANDLES, reason="no folder is held open here")
PATIENCE = 30
"""Seconds after which what never comes is a failure; nobody waits for so long."""


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut while these tests run."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


def body(text: str = "new") -> BytesBody:
    return BytesBody(data=text.encode())


# Handles.


@pytest.mark.usefixtures("proc")
@pytest.mark.parametrize("follow", [False, True], ids=["", "follow"])
def test_no_more_is_held_open_than_the_root_and_a_few_folders(tmp_path: Path, follow: bool) -> None:
    base = planted(tmp_path)
    before = handles()
    with opened(base, follow=follow) as store:
        for number in range(3):
            for name in OPERATIONS:
                for key in ("a/b/x", "a/y", "b/x", "x", f"deep/{number}/{name}", "no/where", "x/y"):
                    outcome(base, name, store, key)
                    assert handles() <= before + 1 + MOST, (name, key)
    assert handles() == before


@pytest.mark.usefixtures("proc")
@pytest.mark.parametrize("where", ["a/b", "a", ""], ids=["itself", "above", "root"])
@pytest.mark.parametrize("deed", DEEDS)
def test_what_is_of_no_use_any_more_is_let_go(tmp_path: Path, deed: str, where: str) -> None:
    base = planted(tmp_path)
    before = handles()
    with opened(base) as store:
        store.stat("a/b/x")
        DEEDS[deed](base / "root" / where)
        for name in OPERATIONS:
            outcome(base, name, store, "a/b/x")
            assert handles() <= before + 1 + MOST
    assert handles() == before


@pytest.mark.usefixtures("proc")
def test_a_store_that_was_closed_holds_nothing_and_may_be_used_again(tmp_path: Path) -> None:
    before = handles()
    with opened(planted(tmp_path)) as store:
        for _ in range(3):
            store.stat("a/b/x")
            assert handles() == before + 2
            store.close()
            store.close()
            assert handles() == before


# Others who hold it.


@pytest.mark.usefixtures("proc")
def test_who_holds_a_folder_keeps_it_though_another_one_is_kept_by_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", 1)
    base = planted(tmp_path)
    before = handles()
    with opened(base) as store:
        one = store.stage("a/b/one", body("1"))
        two = store.stage("a/b/two", body("2"))
        store.write("b/third", body("3"))
        one.commit(expect=ABSENT)
        store.stat("a/y")
        two.discard()
        store.write("a/b/two", body("4"))
        assert handles() == before + 2
    assert handles() == before
    assert {name: text for name, text in looks(base / "root").items() if len(text) == 1} == {
        "a/b/one": "1",
        "a/b/two": "4",
        "b/third": "3",
    }


@pytest.mark.usefixtures("proc")
def test_who_holds_a_folder_when_the_store_is_closed_ends_in_peace(tmp_path: Path) -> None:
    base = planted(tmp_path)
    before = handles()
    with opened(base) as store:
        staged = store.stage("a/b/new", body())
        store.close()
        staged.commit(expect=ABSENT)
    assert (base / "root/a/b/new").read_text() == "new"
    assert handles() == before


class Slow:
    """A body that comes when it may; whoever takes it holds its folder meanwhile."""

    def __init__(self, meeting: Barrier, may_come: Event) -> None:
        self.inner = body()
        self.size, self.mtime_ns, self.digests = 3, None, dict[str, str]()
        self.content_type, self.metadata, self.path = None, dict[str, str](), None
        self._meeting, self._may_come = meeting, may_come

    def open(self) -> Any:
        self._meeting.wait(PATIENCE)
        assert self._may_come.wait(PATIENCE)
        return self.inner.open()


@pytest.mark.usefixtures("proc")
def test_two_threads_share_a_folder_while_a_third_key_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", 1)
    base = planted(tmp_path)
    meeting, may_come = Barrier(3), Event()
    before = handles()
    with opened(base) as store, ThreadPoolExecutor(2) as pool:
        writing = [
            pool.submit(store.write_if, f"a/b/{name}", Slow(meeting, may_come), expect=ABSENT)
            for name in ("one", "two")
        ]
        meeting.wait(PATIENCE)
        store.write("b/third", body())
        may_come.set()
        assert [one.result(PATIENCE).size for one in writing] == [3, 3]
    for key in ("a/b/one", "a/b/two", "b/third"):
        assert (base / "root" / key).read_text() == "new"
    assert handles() == before


@pytest.mark.usefixtures("proc")
@pytest.mark.parametrize("most", [1, 2, MOST, 9])
def test_many_threads_in_few_folders_lose_nothing_and_leave_nothing_open(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", most)
    base = planted(tmp_path)
    before = handles()

    def work(store: LocalStore, thread: int) -> None:
        for turn in range(30):
            key = f"{'abc'[(thread + turn) % 3]}/{turn % 2}/{thread}-{turn}"
            store.write_if(key, body(key), expect=ABSENT)
            with store.read(key) as reading:
                assert reading.read() == key.encode()
            if turn % 3:
                store.delete(key)

    with opened(base) as store, ThreadPoolExecutor(6) as pool:
        for one in [pool.submit(work, store, thread) for thread in range(6)]:
            one.result(PATIENCE)
        assert handles() <= before + 1 + most
    assert handles() == before
    written = {name for name, text in looks(base / "root").items() if name == text}
    assert len(written) == 6 * 10


# Listing it.


def lent(store: LocalStore) -> Folder:
    return store._ground.place("a/b/x").folder


def test_a_folder_is_listed_whole_by_two_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lists it while the other is half-way; they share the handle, but not the place in it."""
    base = planted(tmp_path)
    for number in range(1500):
        put(base / "root/a/b" / f"file {number:04d} with a name of some length", "")
    wanted = sorted(path.name for path in (base / "root/a/b").iterdir())
    real = os.scandir
    between: list[list[str]] = []

    class HalfWay:
        def __init__(self, where: Any) -> None:
            self._found = real(where)

        def __iter__(self) -> Iterator[os.DirEntry[str]]:
            for number, entry in enumerate(self._found):
                if number == 700 and not between:
                    between.append([])
                    between[0] += other.names()
                yield entry

        def close(self) -> None:
            self._found.close()

    with opened(base) as store, lent(store) as one, lent(store) as other:
        assert one.fd == other.fd
        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", HalfWay)
            assert sorted(one.names()) == wanted
        assert sorted(between[0]) == wanted
        assert sorted(one.names()) == wanted


def test_two_threads_list_it_at_once(tmp_path: Path) -> None:
    base = planted(tmp_path)
    for number in range(600):
        put(base / "root/a/b" / f"file {number:04d} with a name of some length", "")
    wanted = sorted(path.name for path in (base / "root/a/b").iterdir())
    together = Barrier(2)

    def listed(store: LocalStore) -> list[list[str]]:
        with lent(store) as folder:
            together.wait(PATIENCE)
            return [sorted(folder.names()) for _ in range(20)]

    with opened(base) as store, ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(listed, store) for _ in range(2)]:
            assert all(names == wanted for names in one.result(PATIENCE))


def test_what_was_given_back_is_of_no_use_to_whoever_had_it(tmp_path: Path) -> None:
    with opened(planted(tmp_path)) as store:
        folder, other = lent(store), lent(store)
        folder.close()
        folder.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            folder.stat("x")
        # It was given back once, and the other one still has it.
        store.stat("b/x")
        assert other.stat("x").st_size
        other.close()
