"""Renames that destroy nothing, also where the system has no call for it; and taking turns."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.errors import Unavailable, VersionMismatch
from buckia.stores.local import LocalEntry, LocalStore, ground, renames, swap, system
from buckia.stores.local.folders import CLOSED, Folder, open_folder
from buckia.stores.local.renames import Place

Put = Callable[..., LocalEntry]


@pytest.fixture
def folder(root: Path) -> Iterator[Folder]:
    with open_folder(str(root)) as opened:
        yield opened


def test_a_rename_of_ours_takes_only_a_free_name(
    root: Path, folder: Folder, abilities: str
) -> None:
    (root / "ours").write_bytes(b"ours")
    (root / "taken").write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        renames.rename_ours(Place(folder, "ours"), Place(folder, "taken"))
    assert (root / "taken").read_bytes() == b"theirs"
    renames.rename_ours(Place(folder, "ours"), Place(folder, "free"))
    assert (root / "free").read_bytes() == b"ours"
    assert sorted(path.name for path in root.iterdir()) == ["free", "taken"]


def test_a_folder_that_was_parked_can_go_back(root: Path, folder: Folder, abilities: str) -> None:
    (root / "parked/inside").mkdir(parents=True)
    renames.rename_ours(Place(folder, "parked"), Place(folder, "back"))
    assert (root / "back/inside").is_dir()
    (root / "parked").mkdir()
    with pytest.raises(OSError, match=r"exists|not empty|Not a directory"):
        renames.rename_ours(Place(folder, "parked"), Place(folder, "back"))


def test_a_parking_place_that_is_taken_is_left_alone(
    root: Path, folder: Folder, abilities: str
) -> None:
    (root / "file").write_bytes(b"file")
    (root / "parked").write_bytes(b"parked")
    with pytest.raises(FileExistsError):
        renames.move_away(Place(folder, "file"), Place(folder, "parked"))
    assert (root / "file").read_bytes() == b"file"
    assert (root / "parked").read_bytes() == b"parked"


def test_a_placeholder_that_somebody_writes_to_is_theirs(
    root: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EPERM, "not on this file system")

    real_open = os.open

    def written_at_once(name: str, flags: int, *rest: int, **how: Any) -> int:
        handle = real_open(name, flags, *rest, **how)
        if name == "free":
            interfere(root / "free")
        return handle

    def write(path: Path) -> None:
        path.write_bytes(b"theirs")

    def save(path: Path) -> None:
        (root / "saving").write_bytes(b"")
        (root / "saving").replace(path)

    monkeypatch.setattr(renames, "special_rename", lambda _kind: None)
    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(os, "open", written_at_once)
    (root / "ours").write_bytes(b"ours")
    for change in (write, save):
        interfere = change
        with pytest.raises(FileExistsError):
            renames.rename_ours(Place(folder, "ours"), Place(folder, "free"))
        assert (root / "ours").read_bytes() == b"ours"
        assert (root / "free").read_bytes() in (b"theirs", b"")
        (root / "free").unlink()


def test_a_placeholder_goes_when_the_rename_fails(
    root: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(renames, "special_rename", lambda _kind: None)
    monkeypatch.setattr(renames, "_link_and_unlink", renames._rename_over_placeholder)
    monkeypatch.setattr(os, "replace", broken)
    (root / "ours").write_bytes(b"ours")
    with pytest.raises(OSError, match="disk"):
        renames._rename_over_placeholder(Place(folder, "ours"), Place(folder, "free"))
    assert [path.name for path in root.iterdir()] == ["ours"]


def test_a_closed_folder_looks_up_nothing(root: Path) -> None:
    (root / "file").touch()
    folder = open_folder(str(root))
    folder.close()
    folder.close()
    assert folder.fd == CLOSED
    attempts: list[Callable[[], object]] = [
        folder.itself,
        lambda: folder.stat("file"),
        lambda: folder.unlink("file"),
        lambda: os.scandir(folder.fd),
    ]
    for attempt in attempts:
        with pytest.raises(OSError, match="Bad file descriptor"):
            attempt()
    assert (root / "file").exists()


@pytest.mark.usefixtures("proc")
def test_a_network_drive_that_cannot_sync_folders_can_still_be_written_to(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def files_only(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", files_only)
    store.write("a/b", BytesBody(data=b"1"))
    assert (root / "a/b").read_bytes() == b"1"


def test_a_file_system_without_modes_can_still_be_written_to(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_handle: int, _mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refused)
    store.write("a", BytesBody(data=b"1"))
    assert (root / "a").read_bytes() == b"1"


class Gate:
    """Holds the first exchange until it is opened, and counts those who got through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self.passed = 0
        real = renames.exchange

        def exchange(one: Place, other: Place) -> None:
            self.passed += 1
            self.reached.set()
            assert self.open.wait(20)
            real(one, other)

        monkeypatch.setattr(swap, "exchange", exchange)


class Turnstile:
    """A lock that says when somebody has to wait for it."""

    def __init__(self, waiting: threading.Event) -> None:
        self._lock = threading.Lock()
        self._waiting = waiting

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._waiting.set()
            self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


@pytest.mark.parametrize("others", ["another thread", "another store"])
def test_commits_to_one_folder_take_turns(
    store: LocalStore, root: Path, probe: Path, put: Put, monkeypatch: pytest.MonkeyPatch,
    others: str,
) -> None:  # fmt: skip
    before = put("a", b"old")
    waiting = threading.Event()
    second = store if others == "another thread" else LocalStore(root, tag="you", probe=probe)
    if second is store:
        store._ground._stripes = [Turnstile(waiting)] * len(store._ground._stripes)  # type: ignore[list-item]
    else:
        real = system.lock

        def lock(handle: int | None) -> bool:
            locked = real(handle)
            if not locked:
                waiting.set()
            return locked

        monkeypatch.setattr(system, "lock", lock)
    gate = Gate(monkeypatch)
    outcomes: dict[str, str] = {}

    def write(writer: LocalStore, name: str) -> None:
        try:
            writer.write_if("a", BytesBody(data=b"new"), expect=before.version)
        except VersionMismatch:
            outcomes[name] = "lost"
        else:
            outcomes[name] = "won"

    threads = [
        threading.Thread(target=write, args=one) for one in ((store, "first"), (second, "second"))
    ]
    threads[0].start()
    assert gate.reached.wait(20)
    threads[1].start()
    assert waiting.wait(20)
    assert gate.passed == 1
    gate.open.set()
    for thread in threads:
        thread.join()
    assert outcomes == {"first": "won", "second": "lost"}
    assert gate.passed == 1, "the second one saw at its first look that it was too late"


@pytest.mark.parametrize("way", ["stat", "read"])
def test_a_name_that_is_free_for_a_moment_is_not_taken_for_gone(
    store: LocalStore, root: Path, probe: Path, put: Put, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(renames, "special_rename", lambda _kind: None)
    before = put("a", b"old")
    other = LocalStore(root, tag="you", probe=probe)
    found: list[bytes] = []
    put_new = swap.put_new
    waiting = threading.Event()
    real = system.lock

    def lock(handle: int | None) -> bool:
        locked = real(handle)
        if not locked:
            waiting.set()
        return locked

    def look() -> None:
        if way == "stat":
            other.stat("a")
        found.append(other.read("a").read())

    looking = threading.Thread(target=look)

    def in_between(*arguments: Any) -> None:
        assert not (root / "a").exists()
        looking.start()
        assert waiting.wait(20)
        put_new(*arguments)

    monkeypatch.setattr(system, "lock", lock)
    monkeypatch.setattr(swap, "put_new", in_between)
    store.write_if("a", BytesBody(data=b"new"), expect=before.version)
    looking.join()
    assert found == [b"new"]


def test_a_folder_that_is_held_for_ever_is_reported(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "_PATIENCE", 0.02)
    handle = os.open(root, os.O_RDONLY)
    assert system.lock(handle)
    with pytest.raises(Unavailable, match="another process"):
        store.write("a", BytesBody(data=b"1"))
    os.close(handle)
    store.write("a", BytesBody(data=b"1"))
    assert [path.name for path in root.iterdir()] == ["a"]


def test_two_folders_are_always_taken_in_one_order(store: LocalStore, put: Put) -> None:
    one, two = put("x/a", b"1"), put("y/b", b"2")
    failures: list[BaseException] = []

    def swing(entry: LocalEntry, there: str) -> None:
        try:
            here = entry.key
            for _ in range(60):
                entry = store.move(here, there, source_version=entry.version)
                here, there = there, here
        except BaseException as error:
            failures.append(error)
            raise

    threads = [
        threading.Thread(target=swing, args=(one, "y/a")),
        threading.Thread(target=swing, args=(two, "x/b")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert failures == []
