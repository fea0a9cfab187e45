"""No way out of the root through a symbolic link, unless links are to be followed."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.errors import InvalidKey, NotFound, StorageError
from buckia.protocols import ABSENT
from buckia.stores.local import LocalEntry, LocalStore, renames, system
from buckia.stores.local.folders import Folder

Put = Callable[..., LocalEntry]
Tree = Callable[[Path], dict[str, bytes]]
OLD = 1_600_000_000_123_456_789


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_bytes(b"secret")
    return folder


@pytest.fixture
def following(root: Path, probe: Path) -> Iterator[LocalStore]:
    opened = LocalStore(root, tag="me", probe=probe, follow_symlinks=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("link", ["folder", "deep/folder"])
def test_nothing_is_read_or_written_through_a_link(
    store: LocalStore, root: Path, outside: Path, tree: Tree, trash: Path, link: str, put: Put,
    abilities: str,
) -> None:  # fmt: skip
    entry = put("own", b"own")
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(outside)
    before = tree(outside)
    for key in (f"{link}/secret", f"{link}/new", f"{link}/more/new"):
        with pytest.raises(NotFound, match="symbolic link"):
            store.stat(key)
        with pytest.raises(NotFound, match="symbolic link"):
            store.read(key)
        writes: list[Callable[[], object]] = [
            partial(store.write, key, BytesBody(data=b"x")),
            partial(store.write_if, key, BytesBody(data=b"x"), expect=ABSENT),
            partial(store.move, "own", key, source_version=entry.version),
            partial(store.copy, "own", key, source_version=entry.version),
        ]
        for write in writes:
            with pytest.raises(InvalidKey, match="symbolic link") as caught:
                write()
            assert "follow_symlinks" in caught.value.hint
        store.delete(key)
        store.delete_if(key, expect="1.2.3.4")
        with pytest.raises(NotFound):
            store.retire(key, expect="1.2.3.4", slot=trash / "slot")
    assert tree(outside) == before
    assert (root / "own").exists()
    assert list(trash.iterdir()) == []


@pytest.mark.skipif(not system.HANDLES, reason="names are looked up by path here")
def test_a_folder_that_becomes_a_link_on_the_way_to_a_file_leads_nowhere_else(
    store: LocalStore, root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "folder/sub").mkdir(parents=True)
    (root / "folder/sub/file").write_bytes(b"own")
    (outside / "sub").mkdir()
    (outside / "sub/file").write_bytes(b"secret")
    enter = Folder.enter

    def then_exchanged(here: Folder, name: str, *, follow: bool = False) -> Folder:
        entered = enter(here, name, follow=follow)
        if name == "folder":
            (root / "folder").rename(root / "moved")
            (root / "folder").symlink_to(outside)
        return entered

    monkeypatch.setattr(Folder, "enter", then_exchanged)
    with store.read("folder/sub/file") as reading:
        assert reading.read() == b"own"


def test_the_root_itself_may_be_a_link(tmp_path: Path, root: Path) -> None:
    (tmp_path / "way").symlink_to(root)
    store = LocalStore(tmp_path / "way", tag="me")
    store.write("a/b", BytesBody(data=b"1"))
    assert (root / "a/b").read_bytes() == b"1"
    assert [entry.key for page in store.scan() for entry in page] == ["a/b"]
    store.close()


class Attempts:
    """Calls that may fail in our own words only, and which of them came through."""

    def __init__(self) -> None:
        self.done: set[str] = set()

    def make(self, name: str, call: Callable[[], object]) -> None:
        try:
            call()
        except StorageError:
            return
        self.done.add(name)


def replace(store: LocalStore, key: str, body: BytesBody) -> None:
    store.write_if(key, body, expect=store.stat(key).version)


def move(store: LocalStore, key: str, target: str) -> None:
    store.move(key, target, source_version=store.stat(key).version)


def storm(store: LocalStore, attempts: Attempts, number: int) -> None:
    """All that can be done to a few keys below `folder`, over and over."""
    for round_ in range(80):
        key = f"folder/sub{number}/file{round_ % 3}"
        moved = key + "x"
        body = BytesBody(data=b"%d" % round_)
        calls: dict[str, Callable[[], object]] = {
            "write": partial(store.write, key, body),
            "new": partial(store.write_if, key, body, expect=ABSENT),
            "replace": partial(replace, store, key, body),
            "move": partial(move, store, key, moved),
            "list": lambda: list(store.survey()),
            "secret": partial(store.read, "folder/secret"),
            "delete": partial(store.delete, moved),
            "delete secret": partial(store.delete, "folder/secret"),
        }
        for name, call in calls.items():
            attempts.make(name, call)


ROUNDS = 30
THROUGH = {"write", "replace", "list"}


@pytest.mark.parametrize("kind", ["full", "no special renames"])
def test_a_folder_that_keeps_turning_into_a_link_never_lets_a_byte_out(
    store: LocalStore, root: Path, outside: Path, tree: Tree, kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    exchange = system.special_rename("exchange")
    if exchange is None:
        pytest.skip("the folder and the link cannot change places at one instant here")
    if kind != "full":
        monkeypatch.setattr(renames, "special_rename", lambda _name: None)
    before = tree(outside)
    (root / "folder").mkdir()
    (root / "folder/stays").touch()
    (root / "other").symlink_to(outside)
    stop = threading.Event()
    turns = 0

    def turn() -> None:
        nonlocal turns
        here = os.open(root, os.O_RDONLY)
        while not stop.is_set():
            exchange(here, "folder", here, "other")
            turns += 1
        os.close(here)

    attempts = Attempts()
    turning = threading.Thread(target=turn)
    turning.start()
    for _ in range(ROUNDS):
        workers = [threading.Thread(target=storm, args=(store, attempts, n)) for n in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        # On a busy machine the folder may have been a link at every single look.
        if attempts.done >= THROUGH:
            break
    stop.set()
    turning.join()
    assert tree(outside) == before
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]
    assert "secret" not in attempts.done
    assert turns > 10
    assert attempts.done >= THROUGH, "some must have come through"


def test_links_are_followed_when_they_are_meant_to_be(
    following: LocalStore, root: Path, outside: Path
) -> None:
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    (root / "dangling").symlink_to(outside / "nothing")
    (outside / "round").symlink_to(outside)
    (root / "circle").symlink_to(root / "circle")
    blocks = list(following.survey())
    assert [entry.key for block in blocks for entry in block.entries] == ["file", "folder/secret"]
    assert {one.path: one.reason for block in blocks for one in block.skipped} == {
        "circle": "a symbolic link that leads nowhere",
        "dangling": "a symbolic link that leads nowhere",
        "folder/round": "a symbolic link back to a folder that it lies in",
    }
    assert [block.gaps for block in blocks] == [[]]
    assert following.read("file").read() == b"secret"
    assert [entry.key for page in following.scan("folder/") for entry in page] == ["folder/secret"]


def test_writing_to_a_followed_link_changes_the_file_that_it_leads_to(
    following: LocalStore, root: Path, outside: Path, trash: Path,
    settled: Callable[[LocalStore, str], LocalEntry],
) -> None:  # fmt: skip
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    seen = settled(following, "file")
    staged = following.stage("file", BytesBody(data=b"new"))
    staged.commit(expect=seen.version, slot=trash / "slot")
    assert (root / "file").is_symlink()
    assert (outside / "secret").read_bytes() == b"new"
    assert (trash / "slot").read_bytes() == b"secret"
    following.write("folder/deep/er", BytesBody(data=b"deep"))
    assert (outside / "deep/er").read_bytes() == b"deep"
    assert sorted(path.name for path in outside.iterdir()) == ["deep", "secret"]
    assert sorted(path.name for path in root.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("way", ["delete", "delete_if", "retire", "move"])
def test_taking_a_followed_link_away_leaves_the_file_that_it_leads_to(
    following: LocalStore, root: Path, outside: Path, trash: Path, way: str,
    settled: Callable[[LocalStore, str], LocalEntry],
) -> None:  # fmt: skip
    (root / "file").symlink_to(outside / "secret")
    seen = settled(following, "file")
    if way == "delete":
        following.delete("file")
    elif way == "delete_if":
        following.delete_if("file", expect=seen.version)
    elif way == "retire":
        following.retire("file", expect=seen.version, slot=trash / "slot")
        assert (trash / "slot").read_bytes() == b"secret"
    else:
        following.move("file", "a/b", source_version=seen.version)
        assert (root / "a/b").read_bytes() == b"secret"
        assert not (root / "a/b").is_symlink()
    assert not (root / "file").is_symlink()
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_followed_link_whose_file_changed_stays(
    following: LocalStore, root: Path, outside: Path, trash: Path,
    settled: Callable[[LocalStore, str], LocalEntry],
) -> None:  # fmt: skip
    (root / "file").symlink_to(outside / "secret")
    seen = settled(following, "file")
    (outside / "secret").write_bytes(b"edited")
    attempts: list[Callable[[], object]] = [
        lambda: following.delete_if("file", expect=seen.version),
        lambda: following.retire("file", expect=seen.version, slot=trash / "slot"),
        lambda: following.move("file", "b", source_version=seen.version),
    ]
    for attempt in attempts:
        with pytest.raises(StorageError):
            attempt()
    assert (root / "file").is_symlink()
    assert list(trash.iterdir()) == []
    assert [path.name for path in root.iterdir()] == ["file"]


def test_a_linked_file_on_another_file_system_is_judged_by_that_ones_clock(
    following: LocalStore, root: Path, elsewhere: Path
) -> None:
    (elsewhere / "far").write_bytes(b"1")
    (root / "far").symlink_to(elsewhere / "far")
    (root / "near").write_bytes(b"1")
    time.sleep(0.05)  # more than a tick here, less than the worst case there
    versions = {entry.key: entry.version for entry in next(following.survey()).entries}
    assert "~" in versions["far"]
    assert "~" not in versions["near"]
