"""Deleting, retiring, moving and copying: of the version that was seen, or not at all."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.errors import InvalidKey, NotFound, Unavailable, VersionMismatch
from buckia.protocols import ABSENT
from buckia.stores.local import (
    LocalEntry,
    LocalStore,
    expected,
    moving,
    parking,
    removing,
    renames,
    system,
)
from buckia.stores.local.ground import Ground

Put = Callable[..., LocalEntry]
Tree = Callable[[Path], dict[str, bytes]]
OLD = 1_600_000_000_123_456_789


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_delete_takes_the_folders_along_that_it_empties(
    store: LocalStore, root: Path, put: Put, abilities: str
) -> None:
    put("a/b/c/file", b"1")
    other = put("a/other", b"2")
    (root / "empty").mkdir()
    store.delete("a/b/c/file")
    assert names(root / "a") == ["other"]
    store.delete_if("a/other", expect=other.version)
    assert names(root) == ["empty"]
    store.delete("empty/nothing")
    assert names(root) == ["empty"]


def test_a_delete_of_a_folders_name_leaves_its_contents(
    store: LocalStore, root: Path, put: Put
) -> None:
    put("a/b", b"1")
    store.delete("a")
    store.delete_if("a", expect="1.2.3.4")
    assert (root / "a/b").exists()


def test_a_conditional_delete_leaves_another_version(
    store: LocalStore, root: Path, put: Put, abilities: str
) -> None:
    before = put("a", b"old")
    now = put("a", b"new")
    with pytest.raises(VersionMismatch):
        store.delete_if("a", expect=before.version)
    assert names(root) == ["a"]
    store.delete_if("a", expect=now.version)
    store.delete_if("a", expect=now.version)
    assert names(root) == []


def meddle(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Something happens at the very moment between the last look and the move."""
    from buckia.stores.local import swap

    acts = [act]
    for module, name in ((swap, "move_away"), (moving, "rename_exclusive")):
        real = getattr(renames, name)

        def moved(
            one: renames.Place, other: renames.Place, real: Callable[..., None] = real
        ) -> None:
            if acts:
                acts.pop()()
            real(one, other)

        monkeypatch.setattr(module, name, moved)


@pytest.mark.parametrize("way", ["delete", "retire", "retire elsewhere", "move"])
def test_an_edit_at_the_last_moment_is_left_in_its_place(
    store: LocalStore, root: Path, trash: Path, put: Put, monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest, way: str, abilities: str, tree: Tree,
) -> None:  # fmt: skip
    before = put("folder/a", b"old")
    slot = trash / "slot"
    if way == "retire elsewhere":
        slot = request.getfixturevalue("elsewhere") / "slot"
    meddle(monkeypatch, lambda: (root / "folder/a").write_bytes(b"edit"))
    with pytest.raises(VersionMismatch):
        if way == "delete":
            store.delete_if("folder/a", expect=before.version)
        elif way == "move":
            store.move("folder/a", "new/b", source_version=before.version)
        else:
            store.retire("folder/a", expect=before.version, slot=slot)
    assert tree(root) == {"folder/a": b"edit"}
    assert names(root) == ["folder"]
    assert not slot.exists()


@pytest.mark.parametrize("way", ["delete", "retire", "move"])
def test_an_edit_that_cannot_go_back_is_kept_beside_the_newer_one(
    store: LocalStore, root: Path, trash: Path, put: Put, monkeypatch: pytest.MonkeyPatch,
    way: str, tree: Tree,
) -> None:  # fmt: skip
    from buckia.stores.local.expected import Expectation

    before = put("a.txt", b"old")
    real = Expectation.is_met_by

    def taken(self: Expectation, place: renames.Place) -> bool:
        os.utime(str(place), ns=(1, 1))
        (root / "a.txt").write_bytes(b"newer")
        return real(self, place)

    monkeypatch.setattr(Expectation, "is_met_by", taken)
    with pytest.raises(VersionMismatch):
        if way == "delete":
            store.delete_if("a.txt", expect=before.version)
        elif way == "move":
            store.move("a.txt", "b.txt", source_version=before.version)
        else:
            store.retire("a.txt", expect=before.version, slot=trash / "slot")
    assert tree(root) == {
        "a.txt": b"newer",
        "a.conflict-19700101T000000000Z-me.txt": b"old",
    }
    assert names(trash) == []


def test_a_retired_file_stands_in_the_slot_itself(
    store: LocalStore, root: Path, trash: Path, put: Put, abilities: str
) -> None:
    before = put("a/b", b"old")
    inode = (root / "a/b").stat().st_ino
    store.retire("a/b", expect=before.version, slot=trash / "made" / "slot")
    assert names(root) == []
    assert (trash / "made/slot").stat().st_ino == inode
    assert (trash / "made/slot").stat().st_mtime_ns == OLD
    with pytest.raises(NotFound):
        store.retire("a/b", expect=before.version, slot=trash / "other")
    assert not (trash / "other").exists()


def test_a_file_is_retired_to_another_file_system(
    store: LocalStore, root: Path, elsewhere: Path, put: Put, abilities: str
) -> None:
    before = put("a/b", b"old" * 100_000)
    store.retire("a/b", expect=before.version, slot=elsewhere / "slot")
    assert names(root) == []
    assert (elsewhere / "slot").read_bytes() == b"old" * 100_000
    assert (elsewhere / "slot").stat().st_mtime_ns == OLD


def test_two_mounts_of_one_device_are_two_file_systems(
    store: LocalStore, root: Path, trash: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A bind mount has the same device number, and yet nothing can be renamed to it.
    def across(function: Callable[..., None]) -> Callable[..., None]:
        def checked(*places: object) -> None:
            if any("trash" in str(place) for place in places):
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            function(*places)

        return checked

    from buckia.stores.local import swap

    for module, name in ((swap, "move_away"), (swap, "rename_ours")):
        monkeypatch.setattr(module, name, across(getattr(module, name)))
    one, two = put("one", b"1"), put("two", b"2")
    store.retire("one", expect=one.version, slot=trash / "one")
    store.stage("two", BytesBody(data=b"new")).commit(expect=two.version, slot=trash / "two")
    assert (trash / "one").read_bytes() == b"1"
    assert (trash / "two").read_bytes() == b"2"
    assert names(root) == ["two"]
    assert (root / "two").read_bytes() == b"new"


def test_an_edit_while_the_file_is_copied_to_its_slot_is_noticed_by_its_ctime(
    store: LocalStore, root: Path, elsewhere: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put("a", b"old")
    copy = parking._copy

    def edited(*arguments: Any) -> dict[str, str]:
        copied = copy(*arguments)
        (root / "a").write_bytes(b"new")
        os.utime(root / "a", ns=(OLD, OLD))  # as some programs do, to hide it
        return copied

    monkeypatch.setattr(parking, "_copy", edited)
    with pytest.raises(VersionMismatch):
        store.retire("a", expect=before.version, slot=elsewhere / "slot")
    assert (root / "a").read_bytes() == b"new"
    assert names(elsewhere) == []


def test_a_copy_that_reads_back_wrongly_retires_nothing(
    store: LocalStore, root: Path, elsewhere: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    from buckia.errors import Corrupted

    before = put("a", b"old")
    write = os.write

    def rotten(handle: int, data: bytes) -> int:
        return write(handle, b"\0" * len(data))

    monkeypatch.setattr(os, "write", rotten)
    with pytest.raises(Corrupted):
        store.retire("a", expect=before.version, slot=elsewhere / "slot")
    assert names(root) == ["a"]
    assert not (elsewhere / "slot").exists()


def test_a_move_keeps_time_and_bytes_and_settles_at_once(
    store: LocalStore, root: Path, put: Put, abilities: str,
    settled: Callable[[LocalStore, str], LocalEntry],
) -> None:  # fmt: skip
    before = put("old/place", b"bytes")
    inode = (root / "old/place").stat().st_ino
    entry = store.move("old/place", "new/deep/place", source_version=before.version)
    assert (entry.key, entry.size, entry.mtime_ns) == ("new/deep/place", 5, OLD)
    assert (root / "new/deep/place").stat().st_ino == inode
    assert names(root) == ["new"]
    assert "~" not in entry.version
    assert settled(store, "new/deep/place").version == entry.version


def test_a_move_never_clobbers_and_leaves_no_folder_behind(
    store: LocalStore, root: Path, put: Put, tree: Tree, abilities: str
) -> None:
    one = put("one", b"1")
    put("two", b"2")
    put("folder/x", b"3")
    before = tree(root)
    for target, problem in (
        ("two", VersionMismatch),
        ("folder", InvalidKey),
        ("two/x", InvalidKey),
    ):
        with pytest.raises(problem) as caught:
            store.move("one", target, source_version=one.version)
        assert caught.value.key == target
    with pytest.raises(VersionMismatch):
        store.move("one", "made/for/nothing", source_version="1.2.3.4")
    with pytest.raises(NotFound):
        store.move("missing", "made/for/nothing", source_version="1.2.3.4")
    assert tree(root) == before
    assert names(root) == ["folder", "one", "two"]


def test_a_name_taken_at_the_last_moment_is_not_clobbered_by_a_move(
    store: LocalStore, root: Path, put: Put, monkeypatch: pytest.MonkeyPatch, abilities: str,
    tree: Tree,
) -> None:  # fmt: skip
    one = put("one", b"1")
    meddle(monkeypatch, lambda: (root / "two").write_bytes(b"2"))
    with pytest.raises(VersionMismatch, match="exists"):
        store.move("one", "two", source_version=one.version)
    assert tree(root) == {"one": b"1", "two": b"2"}


def test_a_move_across_file_systems_below_one_root_is_a_copy(
    store: LocalStore, root: Path, put: Put, monkeypatch: pytest.MonkeyPatch, tree: Tree
) -> None:
    def across(_one: object, _other: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(moving, "rename_exclusive", across)
    one = put("a/one", b"1")
    entry = store.move("a/one", "b/two", source_version=one.version)
    assert tree(root) == {"b/two": b"1"}
    assert entry.mtime_ns == OLD
    assert names(root) == ["b"]


@pytest.mark.parametrize("edited", [True, False])
def test_a_copy_that_took_a_files_place_goes_only_while_the_file_is_there(
    store: LocalStore, root: Path, put: Put, monkeypatch: pytest.MonkeyPatch, tree: Tree,
    edited: bool,
) -> None:  # fmt: skip
    def across(_one: object, _other: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    def breaking(ground: Ground, key: str, version: str) -> None:
        if key == "one" and edited:
            put("one", b"edited")
        removing.delete_if(ground, key, version)
        if key == "one":
            raise Unavailable("the disk fails just after the file was removed", key=key)

    monkeypatch.setattr(moving, "rename_exclusive", across)
    monkeypatch.setattr(moving, "delete_if", breaking)
    one = put("one", b"1")
    with pytest.raises(VersionMismatch if edited else Unavailable):
        store.move("one", "two", source_version=one.version)
    assert tree(root) == ({"one": b"edited"} if edited else {"two": b"1"})


def test_a_rename_in_case_alone_works_where_case_does_not_count(
    store: LocalStore, root: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = put("name", b"1")
    real = expected.replaceable

    def folding(key: str, place: renames.Place) -> os.stat_result | None:
        return real(key, place._replace(name=place.name.lower()))

    monkeypatch.setattr(moving, "replaceable", folding)
    entry = store.move("name", "NAME", source_version=one.version)
    assert entry.key == "NAME"
    assert names(root) == ["NAME"]


def test_a_copy_has_the_bytes_and_the_time_of_the_version_that_was_named(
    store: LocalStore, root: Path, put: Put, abilities: str
) -> None:
    data = os.urandom(size := 300_000)
    before = put("a", data)
    entry = store.copy("a", "deep/b", source_version=before.version)
    assert (root / "deep/b").read_bytes() == data
    assert (entry.size, entry.mtime_ns) == (size, OLD)
    assert names(root / "deep") == ["b"]
    with pytest.raises(VersionMismatch):
        store.copy_if("a", "deep/b", source_version=before.version, expect=ABSENT)
    store.copy("a", "deep/b", source_version=before.version)
    there = store.stat("deep/b").version
    entry = store.copy_if("a", "deep/b", source_version=before.version, expect=there)
    assert (entry.size, entry.mtime_ns) == (size, OLD)
    with pytest.raises(VersionMismatch):
        store.copy("a", "deep/c", source_version="1.2.3.4")
    put("a", b"changed")
    with pytest.raises(VersionMismatch):
        store.copy("a", "other/c", source_version=before.version)
    with pytest.raises(VersionMismatch):
        store.copy_if("a", "other/c", source_version=before.version, expect=ABSENT)
    with pytest.raises(VersionMismatch):
        store.copy_if("deep/b", "other/c", source_version=entry.version, expect="1.2.3.4")
    assert names(root) == ["a", "deep"]


@pytest.mark.parametrize("answer", [errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, None])
def test_bytes_are_copied_whatever_the_kernel_can_do(
    store: LocalStore, root: Path, put: Put, answer: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_arguments: object) -> int:
        if answer is None:
            return 0  # some file systems say that they are at their end
        raise OSError(answer, os.strerror(answer))

    monkeypatch.setattr(system, "_cloned", lambda _one, _other: False)
    monkeypatch.setattr(os, "copy_file_range", unable)
    before = put("a", b"x" * 700_000)
    store.copy("a", "b", source_version=before.version)
    assert (root / "b").read_bytes() == b"x" * 700_000


def test_a_source_that_changes_while_it_is_copied_makes_no_copy(
    store: LocalStore, root: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put("a", b"x" * 1000)
    pour = system.pour

    def edited(source: int, target: int) -> None:
        pour(source, target)
        with (root / "a").open("r+b") as file:
            file.write(b"y")

    monkeypatch.setattr(system, "pour", edited)
    with pytest.raises(VersionMismatch):
        store.copy("a", "b", source_version=before.version)
    assert names(root) == ["a"]
