from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from buckia.errors import AlreadyRunning
from buckia.model import Agreed, SideName
from buckia.state import files
from buckia.state.database import Database
from buckia.state.folder import PairId, StateFolder
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import StateError

PAIR = PairId("s3", "https://s3.example.com", "My.Bucket", "app/", "/home/me/project")


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / ".buckia.state")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    previous = os.umask(request.param)
    yield
    os.umask(previous)


def modes(folder: Path) -> dict[str, int]:
    paths = [folder, *folder.rglob("*")]
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in paths
        if path.is_dir() != (stat.S_IMODE(path.stat().st_mode) == 0o700)
        or path.is_file() != (stat.S_IMODE(path.stat().st_mode) == 0o600)
    }


@pytest.mark.skipif(os.name == "nt", reason="no such modes")
def test_everything_is_the_owners_only_whatever_the_umask(
    state: StateFolder, tmp_path: Path, umask: None
) -> None:
    pair = state.pair(PAIR)
    old = tmp_path / "old"
    old.write_bytes(b"old")
    old.chmod(0o666)
    with pair.lock(), Database.open(pair.base) as database:
        SqliteManifest(database).record([Agreed("k", "l", "r", 1, "")])
        assert state.device
        assert state.tag
        state.remember_pair("assets", PAIR)
        pair.trash.slot("a", side=SideName.LEFT, reason="r", size=1).fill([b"1"])
        moved = pair.trash.slot("b", side=SideName.LEFT, reason="r", size=3)
        old.rename(moved.path)
        moved.settle()
        names = {path.name for path in state.path.rglob("*")}
        assert {"base.sqlite-wal", "base.sqlite-shm", "lock", "device", "tag", "last"} <= names
        assert modes(state.path) == {}
    assert modes(state.path) == {}


@pytest.mark.skipif(os.name == "nt", reason="no such modes")
def test_a_state_that_others_could_read_is_closed_to_them(state: StateFolder) -> None:
    pair = state.pair(PAIR)
    pair.path.mkdir(parents=True)
    for folder in (state.path, pair.path):
        folder.chmod(0o755)
    with pair.lock():
        Database.open(pair.base).close()
        pair.base.chmod(0o644)
        Database.open(pair.base).close()
    for path, mode in ((state.path, 0o700), (pair.path, 0o700), (pair.base, 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_file_system_without_modes_is_no_reason_to_fail(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.path.mkdir()
    state.path.chmod(0o777)

    def refuse(*_words: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    assert state.device


def test_asking_makes_nothing(state: StateFolder) -> None:
    pair = state.pair(PAIR)
    assert not state.exists
    assert not pair.exists
    assert pair.scratch is None
    assert state.last_pair("assets") is None
    assert list(pair.trash.items()) == []
    assert not state.path.exists()


def test_who_holds_the_lock_may_take_it_again_and_nobody_else(state: StateFolder) -> None:
    pair, other = state.pair(PAIR), state.pair(PAIR)
    with pair.lock():
        with pair.lock():
            pass
        with pytest.raises(AlreadyRunning), other.lock():
            pass
    with other.lock():
        pass


def test_a_state_that_is_only_looked_at_makes_nothing(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / ".buckia.state", read_only=True)
    assert state.device == state.device
    assert state.tag == state.tag
    with pytest.raises(StateError, match="only looked at"):
        state.remember_pair("assets", PAIR)
    with pytest.raises(StateError, match="only looked at"), state.pair(PAIR).lock():
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_layout_is_as_documented(state: StateFolder) -> None:
    pair = state.pair(PAIR)
    with pair.lock(), Database.open(pair.base):
        pair.trash.slot("a", side=SideName.LEFT, reason="r", size=1).fill([b"1"])
        assert state.device
        assert pair.scratch == pair.path
    assert sorted(path.name for path in state.path.iterdir()) == ["device", "pairs", "trash"]
    assert [path.name for path in (state.path / "pairs").iterdir()] == [PAIR.slug]
    assert sorted(path.name for path in pair.path.iterdir()) == ["base.sqlite", "lock"]
    assert [path.name for path in state.trash.iterdir()] == [PAIR.slug]


# Names


def test_the_device_has_one_name_made_once(state: StateFolder) -> None:
    name = state.device
    assert re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*-[a-z0-9]{5}", name)
    assert state.device == name
    assert StateFolder(state.path).device == name
    assert StateFolder(state.path, read_only=True).device == name


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("laptop", "laptop"),
        ("Anna's MacBook Pro.local", "Anna-s-MacBook-Pro"),
        ("büro-rechner", "b-ro-rechner"),
        ("", "device"),
        ("日本", "device"),
        ("x" * 100, "x" * 24),
    ],
)
def test_the_devices_name_is_made_of_the_hosts(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch, host: str, expected: str
) -> None:
    monkeypatch.setattr("platform.node", lambda: host)
    assert re.fullmatch(re.escape(expected) + "-[a-z0-9]{5}", state.device)


def test_a_person_may_give_the_device_another_name(state: StateFolder) -> None:
    state.path.mkdir()
    (state.path / "device").write_text("Anna's new laptop!\n")
    assert state.device == "Anna-s-new-laptop"


@pytest.mark.parametrize("content", [b"", b"\n", b"---", b"\xff\xfe"])
def test_a_name_that_is_none_is_made_again(state: StateFolder, content: bytes) -> None:
    state.path.mkdir()
    (state.path / "device").write_bytes(content)
    name = state.device
    assert name
    assert StateFolder(state.path).device == name


def test_two_states_have_different_tags_that_stay(state: StateFolder, tmp_path: Path) -> None:
    assert re.fullmatch("[a-z0-9]{10}", state.tag)
    assert StateFolder(state.path).tag == state.tag
    assert StateFolder(tmp_path / "other").tag != state.tag


def test_of_many_who_ask_first_all_get_one_name(state: StateFolder) -> None:
    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda _: StateFolder(state.path).device, range(16)))
    assert len(set(names)) == 1


# Pairs


def test_a_pairs_slug_is_stable_readable_and_fit_for_any_file_system(state: StateFolder) -> None:
    assert PAIR.slug == "s3-my-bucket-a145277d5185c2d6"
    strange = PairId("local", "", "../CON/" + "ü" * 300, "a\x00", "/bytes\udc80")
    assert re.fullmatch("[a-z0-9-]{1,60}", strange.slug)


@pytest.mark.parametrize("field", PairId.__struct_fields__)
def test_every_part_of_a_pair_makes_another_pair(field: str) -> None:
    import msgspec

    assert msgspec.structs.replace(PAIR, **{field: "other"}).slug != PAIR.slug


def test_parts_do_not_run_into_each_other() -> None:
    assert PairId("a", "b", "c", "d", "e").slug != PairId("a", "b", "c", "de", "").slug


def test_what_a_bucket_was_last_run_as_is_remembered(state: StateFolder) -> None:
    other = PairId("local", "", "b", "", "/bytes\udc80")
    state.remember_pair("assets", PAIR)
    state.remember_pair("Assets", other)
    state.remember_pair("../assets", PAIR)
    state.remember_pair("../assets", other)
    again = StateFolder(state.path, read_only=True)
    assert again.last_pair("assets") == PAIR
    assert again.last_pair("Assets") == other
    assert again.last_pair("../assets") == other
    assert again.last_pair("other") is None
    assert {path.parent.name for path in state.path.rglob("*.json")} == {"last"}


@pytest.mark.parametrize("content", [b"", b"{", b'{"provider": 5}', b"[]", b"\xff", b"[" * 100_000])
def test_a_memory_that_cannot_be_read_is_set_aside_and_reported(
    state: StateFolder, content: bytes
) -> None:
    state.remember_pair("assets", PAIR)
    (path,) = state.path.rglob("*.json")
    path.write_bytes(content)
    looking = StateFolder(state.path, read_only=True)
    assert looking.last_pair("assets") is None
    assert "'assets'" in looking.notices[0]
    assert path.read_bytes() == content
    assert state.last_pair("assets") is None
    assert "'assets'" in state.notices[0]
    (kept,) = path.parent.iterdir()
    assert str(kept) in state.notices[0]
    assert kept.read_bytes() == content
    state.remember_pair("assets", PAIR)
    assert state.last_pair("assets") == PAIR


# Small files


def test_a_small_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    files.write(path, b"old")
    synced: list[int] = []
    fsync = os.fsync

    def spy(handle: int) -> None:
        synced.append(handle)
        # By now the file itself must still be the old one, or already be the new one.
        assert path.read_bytes() == (b"old" if len(synced) == 1 else b"new")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", spy)
    files.write(path, b"new")
    assert len(synced) == (1 if os.name == "nt" else 2)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write(path, b"newer")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_who_writes_second_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    files.write_once(path, b"first")
    files.write_once(path, b"second")

    def refuse(*_words: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    files.write_once(path, b"third")
    files.write_once(tmp_path / "other", b"fourth")
    assert path.read_bytes() == b"first"
    assert (tmp_path / "other").read_bytes() == b"fourth"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_state_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    state = StateFolder(tmp_path / "file")
    for attempt in (lambda: state.device, lambda: state.remember_pair("a", PAIR)):
        with pytest.raises(StateError, match=r"could not be (read|written)"):
            attempt()


def test_a_full_disk_is_named(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "create", full)
    with pytest.raises(StateError, match="could not be written: the disk is full"):
        _ = state.device


def test_what_died_while_it_was_made_goes_after_a_day_and_nothing_else_does(
    state: StateFolder,
) -> None:
    state.remember_pair("pair", PAIR)
    name = state.tag
    left = [".buckia-tmp-tag-0123", ".tag.0123456789ab", "last/.pair.json.0123456789ab"]
    left += ["notes/provider/habits.4711-7f83ff", "notes/provider/place/upload-1f.4711-7f83ff"]
    (state.path / "notes/provider/place").mkdir(parents=True)
    (state.path / "notes/provider/place/upload-1f.json").write_bytes(b"whole")
    for each in left:
        (state.path / each).write_bytes(b"half")
    before = {path for path in state.path.rglob("*") if path.is_file()}
    state.sweep()
    assert {path for path in state.path.rglob("*") if path.is_file()} == before
    for path in before:
        os.utime(path, (0, 0))
    state.sweep()
    assert before - {path for path in state.path.rglob("*") if path.is_file()} == {
        state.path / each for each in left
    }
    assert StateFolder(state.path).tag == name


def test_a_state_that_cannot_be_looked_at_is_told_and_not_taken_for_missing(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sick(_where: object, **_how: object) -> object:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(os, "stat", sick)
    for one in (state, state.pair(PAIR)):
        with pytest.raises(StateError, match="could not be read") as caught:
            one.exists  # noqa: B018 - asking is what fails
        assert caught.value.hint


@pytest.mark.parametrize(("number", "passes"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_folder_that_fails_to_be_synced_is_told_unless_it_needs_no_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, passes: bool
) -> None:
    def refused(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir())) if handles.exists() else 0
    monkeypatch.setattr(os, "fsync", refused)
    if passes:
        files.sync_folder(tmp_path)
    else:
        with pytest.raises(OSError, match="error"):
            files.sync_folder(tmp_path)
    if before:
        assert len(list(handles.iterdir())) == before
