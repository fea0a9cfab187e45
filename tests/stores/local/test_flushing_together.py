"""Many files are made durable by one flush, where that is as good as a flush of each."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.errors import StorageError, Unavailable
from buckia.protocols import ABSENT
from buckia.stores.local import LocalStore, flushing
from buckia.stores.local.drafts import Draft

KEYS = [f"folder {number % 3}/file {number}" for number in range(12)]


class Disk:
    """What is flushed, and how: `all` in one go, or the names of files and folders by themselves.

    `during` happens while all is flushed.
    """

    def __init__(self) -> None:
        self.log: list[str] = []
        self.during: Callable[[], object] = lambda: None

    def flush(self, handle: int) -> None:
        self.log.append(f"all by {Path(f'/proc/self/fd/{handle}').readlink().name}")
        self.during()

    def sync(self, handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        self.log.append("a file" if name.startswith(".buckia-tmp") else name)


@pytest.fixture
def disk(proc: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """One of a system and a kind that flush all that is owed in one go."""
    made = Disk()
    monkeypatch.setattr(flushing, "_flush", lambda: made.flush)
    monkeypatch.setattr(flushing, "_is_known", lambda _handle: True)
    monkeypatch.setattr(os, "fsync", made.sync)
    return made


@pytest.fixture
def unaware() -> Iterator[None]:
    """What the system can do is found out anew, in this test and behind it."""
    flushing._flush.cache_clear()
    yield
    flushing._flush.cache_clear()


def body(text: str = "new") -> BytesBody:
    return BytesBody(data=text.encode(), mtime_ns=1_600_000_000_000_000_000)


def brought(store: LocalStore, *keys: str) -> None:
    for key in keys:
        store.stage_unsettled(key, body(key)).commit(expect=ABSENT)


def failing(number: int, times: int = 1) -> Callable[[], None]:
    """A flush that cannot write everything, and says so only so often, as the kernel does."""
    left = [OSError(number, os.strerror(number)) for _ in range(times)]

    def fail() -> None:
        if left:
            raise left.pop()

    return fail


# One flush for many.


def test_many_files_are_made_durable_by_one_flush(
    store: LocalStore, root: Path, disk: Disk
) -> None:
    brought(store, *KEYS)
    assert disk.log == []
    store.settle()
    assert disk.log == ["all by root"]
    assert {key: (root / key).read_text() for key in KEYS} == {key: key for key in KEYS}


def test_so_are_the_folders_that_were_made_for_them(store: LocalStore, disk: Disk) -> None:
    store._ground.place_made("made/for/it", can_wait=True).folder.close()
    assert disk.log == []
    store.settle()
    assert disk.log == ["all by root"]


def test_a_replaced_file_waits_for_the_flush_and_the_one_in_the_trash_does_not(
    store: LocalStore, root: Path, trash: Path, disk: Disk
) -> None:
    store.write("a", body("old"))
    disk.log.clear()
    staged = store.stage_unsettled("a", body())
    staged.commit(expect=store.stat("a").version, slot=trash / "slot")
    assert disk.log == ["trash"]
    store.settle()
    assert disk.log == ["trash", "all by root"]
    assert ((root / "a").read_text(), (trash / "slot").read_text()) == ("new", "old")


def test_bytes_may_be_flushed_before_they_are_committed_and_their_name_after(
    store: LocalStore, disk: Disk
) -> None:
    staged = store.stage_unsettled("a", body())
    store.settle()
    staged.commit(expect=ABSENT)
    assert disk.log == ["all by root"]
    store.settle()
    assert disk.log == ["all by root"] * 2


def test_what_is_not_to_wait_is_flushed_by_itself(store: LocalStore, disk: Disk) -> None:
    store.write_if("folder/a", body(), expect=ABSENT)
    assert disk.log == ["root", "a file", "folder"]
    disk.log.clear()
    store.settle()
    assert disk.log == []


def test_nothing_is_owed_after_a_flush_nor_before_anything_was_written(
    store: LocalStore, disk: Disk
) -> None:
    store.settle()
    list(store.scan())
    store.settle()
    assert disk.log == []
    brought(store, "a")
    for _ in range(3):
        store.settle()
    assert disk.log == ["all by root"]
    brought(store, "b")
    store.settle()
    assert disk.log == ["all by root"] * 2


def test_what_is_written_during_a_flush_is_owed_to_the_next(store: LocalStore, disk: Disk) -> None:
    brought(store, "a")
    disk.during = store._ground.root.flushing.owe
    store.settle()
    disk.during = lambda: None
    store.settle()
    store.settle()
    assert disk.log == ["all by root"] * 2


def test_the_flush_goes_by_a_handle_that_was_open_before_anything_was_written(
    store: LocalStore, disk: Disk
) -> None:
    """Else the system would not tell it of what could not be written before."""
    seen: list[int | None] = []

    def held() -> int | None:
        folder = store._ground.root._held
        return None if folder is None else folder.fd

    disk.during = lambda: seen.append(held())
    store._ground.root.check()
    before = held()
    brought(store, *KEYS)
    store.settle()
    assert seen == [before]


def test_what_is_owed_to_a_folder_is_flushed_before_another_takes_its_place(
    store: LocalStore, root: Path, disk: Disk
) -> None:
    """The folder that is listed next may lie on another file system."""
    brought(store, "a")
    root.rename(root.with_name("moved"))
    root.mkdir()
    assert list(store.scan()) == []
    assert disk.log == ["all by moved"]
    store.settle()
    assert disk.log == ["all by moved"]


def test_a_folder_that_could_not_be_flushed_is_not_exchanged_for_another(
    store: LocalStore, root: Path, disk: Disk
) -> None:
    brought(store, "a")
    disk.during = failing(errno.EIO)
    root.rename(root.with_name("moved"))
    root.mkdir()
    for _ in range(2):
        with pytest.raises(Unavailable):
            list(store.scan())


def test_each_thread_returns_only_when_its_own_files_were_flushed(
    store: LocalStore, disk: Disk
) -> None:
    """A flush that was under way already need not have seen them."""
    moments, owed, lock = list[str](), dict[int, int](), threading.Lock()
    owe = store._ground.root.flushing.owe

    def tell(what: str) -> None:
        with lock:
            owed[threading.get_ident()] = len(moments)
            moments.append(what)

    def owing() -> None:
        tell("owed")
        owe()

    vars(store._ground.root.flushing)["owe"] = owing
    disk.during = lambda: moments.append("flushed")

    def work(thread: int) -> None:
        for turn in range(15):
            brought(store, f"{thread}/{turn}")
            store.settle()
            assert "flushed" in moments[owed[threading.get_ident()] :]

    with ThreadPoolExecutor(6) as pool:
        for one in [pool.submit(work, thread) for thread in range(6)]:
            one.result(60)


# Where one flush is not as good.


@pytest.mark.parametrize(
    ("release", "is_new"),
    [
        ("2.6.32-754.el6", False),
        ("4.19.0", False),
        ("5.7.19-generic", False),
        ("5.8.0", True),
        ("5.15.153.1-microsoft-standard-WSL2", True),
        ("6.1", True),
        ("10.0.0", True),
        ("unknown", False),
    ],
)
@pytest.mark.usefixtures("unaware")
def test_an_old_kernel_does_not_tell_of_what_it_could_not_write(
    monkeypatch: pytest.MonkeyPatch, release: str, is_new: bool
) -> None:
    monkeypatch.setattr(flushing, "sys", SimpleNamespace(platform="linux", byteorder="little"))
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release=release))
    monkeypatch.setattr(ctypes, "CDLL", lambda *_how, **_more: SimpleNamespace(syncfs=lambda _: 0))
    assert (flushing._flush() is not None) is is_new


@pytest.mark.parametrize("platform", ["darwin", "win32", "freebsd14"])
@pytest.mark.usefixtures("unaware")
def test_other_systems_have_no_such_flush(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(flushing, "sys", SimpleNamespace(platform=platform))
    assert flushing._flush() is None


@pytest.mark.usefixtures("unaware")
def test_nor_has_a_library_that_knows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flushing, "sys", SimpleNamespace(platform="linux"))
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release="6.1.0"))
    monkeypatch.setattr(ctypes, "CDLL", lambda *_how, **_more: SimpleNamespace())
    assert flushing._flush() is None


def no_flush(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flushing, "_flush", lambda: None)


def unknown_kind(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flushing, "_is_known", lambda _handle: False)


def other_device(patch: pytest.MonkeyPatch) -> None:
    """As of a file behind a link that is followed, or below another mount."""
    patch.setattr(Draft, "device", property(lambda self: self._made.st_dev + 1))


@pytest.mark.parametrize("lack", [no_flush, unknown_kind, other_device])
def test_where_it_is_not_each_file_is_flushed_by_itself(
    store: LocalStore, disk: Disk, monkeypatch: pytest.MonkeyPatch, lack: Any
) -> None:
    lack(monkeypatch)
    (store.root / "folder").mkdir()
    brought(store, "folder/a", "folder/b")
    assert disk.log == ["a file", "folder", "a file", "folder"]
    store.settle()
    assert disk.log == ["a file", "folder", "a file", "folder"]


@pytest.mark.parametrize("lack", [no_flush, unknown_kind])
def test_and_so_is_the_name_of_each_folder_that_is_made(
    store: LocalStore, disk: Disk, monkeypatch: pytest.MonkeyPatch, lack: Any
) -> None:
    lack(monkeypatch)
    brought(store, "made/for/it")
    assert disk.log == ["root", "made", "a file", "for"]


def test_files_and_folders_on_another_device_are_flushed_by_themselves(
    root: Path, elsewhere: Path, disk: Disk
) -> None:
    (root / "way").symlink_to(elsewhere)
    store = LocalStore(root, tag="me", follow_symlinks=True)
    brought(store, "way/made/a", "here")
    assert disk.log == [elsewhere.name, "a file", "made"]
    store.settle()
    assert disk.log[3:] == ["all by root"]
    store.close()


def test_the_kind_of_a_file_system_is_asked_for_once(
    store: LocalStore, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([True])
    monkeypatch.setattr(flushing, "_is_known", lambda _handle: next(answers))
    brought(store, *KEYS)
    assert next(answers, None) is None


@pytest.mark.usefixtures("proc")
def test_a_kind_that_nobody_has_tried_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    handle = os.open("/proc", os.O_RDONLY)
    try:
        assert not flushing._is_known(handle)
        monkeypatch.setattr(flushing, "_KINDS", {0x9FA0})
        assert flushing._is_known(handle)
    finally:
        os.close(handle)
    assert not flushing._is_known(-1)


@pytest.mark.parametrize(("seconds", "is_slow"), [(0.0, False), (1.0, False), (1.1, True)])
def test_where_others_write_far_more_than_we_do_each_file_is_flushed_by_itself(
    store: LocalStore,
    disk: Disk,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    is_slow: bool,
) -> None:
    now = [100.0]
    monkeypatch.setattr(flushing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    disk.during = lambda: now.append(now.pop() + seconds)
    brought(store, "a")
    store.settle()
    brought(store, "b")
    assert disk.log == ["all by root", *(["a file", "root"] if is_slow else [])]


def test_and_after_a_while_together_again(
    store: LocalStore, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(flushing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    disk.during = lambda: now.append(now.pop() + 2)
    brought(store, "a")
    store.settle()
    for later in (102.0, 121.9, 122.0):
        now[0] = later
        disk.log.clear()
        brought(store, str(later))
        store.settle()
        assert disk.log == (["a file", "root"] if later < 122 else ["all by root"])


def test_bytes_that_wait_already_are_flushed_though_the_last_flush_was_slow(
    store: LocalStore, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flushing, "_LONGEST", -1.0)
    # However little time passed, it is not over when the next file comes.
    monkeypatch.setattr(flushing, "_REST", 10**12)
    store._ground.root.flushing.owe()
    staged = store.stage_unsettled("a", body())
    # Its bytes came while the flush went on, so they are owed to the next.
    disk.during = store._ground.root.flushing.owe
    store.settle()
    disk.during = lambda: None
    staged.commit(expect=ABSENT)
    store.settle()
    assert disk.log.count("all by root") == 2
    assert "root" in disk.log


# Where it cannot be done.


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.EIO, Unavailable), (errno.ENOSPC, StorageError)]
)
def test_what_could_not_be_written_is_told_in_our_words(
    store: LocalStore, disk: Disk, number: int, kind: type[StorageError]
) -> None:
    brought(store, "a")
    disk.during = failing(number)
    with pytest.raises(kind) as raised:
        store.settle()
    assert isinstance(raised.value.__cause__, OSError)
    assert raised.value.key == ""


def test_what_could_not_be_written_is_not_durable_however_often_one_asks(
    store: LocalStore, disk: Disk
) -> None:
    """The system tells only once; whoever asks again must not take its silence for success."""
    brought(store, "a")
    disk.during = failing(errno.EIO)
    for _ in range(3):
        with pytest.raises(Unavailable):
            store.settle()


def test_what_is_durable_when_it_returns_is_so_in_a_folder_that_still_waits_itself(
    store: LocalStore, disk: Disk
) -> None:
    """A small file that waits has made the folder; a large one that does not comes after it."""
    store.stage_unsettled("made/small", body())
    store.write_if("made/large", body(), expect=ABSENT)
    assert {"root", "all by root"} & set(disk.log), "the name of the folder is not on the disk"


# The real one.


def test_the_real_flush_works_and_tells_of_a_failure(tmp_path: Path) -> None:
    flush = flushing._flush()
    if flush is None:
        pytest.skip("this system has no such flush")
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        flush(handle)
    finally:
        os.close(handle)
    with pytest.raises(OSError, match="Bad file descriptor"):
        flush(-1)
