"""Staging and committing: the old file is moved first, compared then, and never lost."""

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from buckia import digests
from buckia.body import BytesBody
from buckia.errors import InvalidKey, StorageError, VersionMismatch
from buckia.protocols import ABSENT
from buckia.stores.local import LocalEntry, LocalStore, renames, swap, system, versions
from buckia.stores.local.expected import Expectation

Put = Callable[..., LocalEntry]
Tree = Callable[[Path], dict[str, bytes]]
OLD = 1_600_000_000_123_456_789


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_staged_bytes_are_invisible_until_they_are_committed(
    store: LocalStore, root: Path, abilities: str
) -> None:
    staged = store.stage("a/b", BytesBody(data=b"new"))
    assert [page for page in store.scan() if page] == []
    assert all(name.startswith(".buckia-tmp-me-") for name in names(root / "a"))
    (temporary,) = (root / "a").iterdir()
    assert temporary.stat().st_mode & 0o777 == 0o600
    entry = staged.commit(expect=ABSENT)
    assert names(root / "a") == ["b"]
    assert store.read("a/b", version=entry.version).read() == b"new"


def test_discarding_leaves_nothing_and_may_be_repeated_and_follow_a_commit(
    store: LocalStore, root: Path
) -> None:
    staged = store.stage("made/for/this", BytesBody(data=b"new"))
    staged.discard()
    staged.discard()
    assert names(root) == []
    with pytest.raises(StorageError, match="before"):
        staged.commit(expect=ABSENT)
    staged = store.stage("made/for/this", BytesBody(data=b"new"))
    staged.commit(expect=ABSENT)
    staged.discard()
    assert (root / "made/for/this").read_bytes() == b"new"


def test_a_folder_that_was_there_stays_when_a_draft_is_discarded(
    store: LocalStore, root: Path
) -> None:
    (root / "empty").mkdir()
    store.stage("empty/new/file", BytesBody(data=b"x")).discard()
    assert names(root) == ["empty"]
    assert names(root / "empty") == []


def test_a_folder_that_somebody_made_again_stays(store: LocalStore, root: Path) -> None:
    store.stage("made/file", BytesBody(data=b"x")).discard()
    (root / "made").mkdir()
    store.stage("made/file", BytesBody(data=b"x")).discard()
    assert names(root) == ["made"]


def test_a_strangers_file_under_a_drafts_name_is_not_thrown_away(
    store: LocalStore, root: Path
) -> None:
    staged = store.stage("a", BytesBody(data=b"x"))
    (draft,) = root.iterdir()
    draft.unlink()
    draft.write_bytes(b"a stranger's")
    staged.discard()
    assert draft.read_bytes() == b"a stranger's"


def test_a_folder_made_for_two_goes_when_neither_needs_it(store: LocalStore, root: Path) -> None:
    one = store.stage("made/one", BytesBody(data=b"1"))
    two = store.stage("made/two", BytesBody(data=b"2"))
    one.discard()
    assert names(root) == ["made"]
    two.discard()
    assert names(root) == []


def test_a_folder_made_for_two_stays_when_one_needs_it(store: LocalStore, root: Path) -> None:
    one = store.stage("made/one", BytesBody(data=b"1"))
    two = store.stage("made/two", BytesBody(data=b"2"))
    two.commit(expect=ABSENT)
    one.discard()
    store.delete("made/two")
    (root / "made").mkdir()
    store.stage("made/three", BytesBody(data=b"3")).discard()
    assert names(root) == ["made"], "a folder that somebody else made later is not ours"


def test_the_replaced_file_itself_stands_in_the_slot(
    store: LocalStore, root: Path, trash: Path, put: Put, abilities: str
) -> None:
    before = put("a/b", b"old")
    inode = (root / "a/b").stat().st_ino
    staged = store.stage("a/b", BytesBody(data=b"new", mtime_ns=OLD + 1))
    entry = staged.commit(expect=before.version, slot=trash / "deep" / "slot")
    assert (root / "a/b").read_bytes() == b"new"
    assert (trash / "deep/slot").read_bytes() == b"old"
    assert (trash / "deep/slot").stat().st_ino == inode
    assert (trash / "deep/slot").stat().st_mtime_ns == OLD
    assert entry.mtime_ns == OLD + 1
    assert names(root / "a") == ["b"]


def test_the_replaced_file_is_copied_to_a_slot_on_another_file_system(
    store: LocalStore, root: Path, elsewhere: Path, put: Put, abilities: str
) -> None:
    before = put("a", b"old" * 100_000)
    store.stage("a", BytesBody(data=b"new")).commit(expect=before.version, slot=elsewhere / "slot")
    assert (root / "a").read_bytes() == b"new"
    assert (elsewhere / "slot").read_bytes() == b"old" * 100_000
    assert (elsewhere / "slot").stat().st_mtime_ns == OLD
    assert (elsewhere / "slot").stat().st_mode & 0o777 == 0o600
    assert names(root) == ["a"]


def test_without_a_slot_the_replaced_file_is_gone(
    store: LocalStore, root: Path, put: Put, abilities: str
) -> None:
    before = put("a", b"old")
    store.stage("a", BytesBody(data=b"new")).commit(expect=before.version)
    assert names(root) == ["a"]
    assert (root / "a").read_bytes() == b"new"


def test_an_entry_of_our_own_commit_is_settled_when_its_time_is_old(
    store: LocalStore, settled: Callable[[LocalStore, str], LocalEntry], put: Put, abilities: str
) -> None:
    created = store.write("new", BytesBody(data=b"1", mtime_ns=OLD))
    before = put("old", b"old")
    replaced = store.write_if("old", BytesBody(data=b"2", mtime_ns=OLD), expect=before.version)
    fresh = store.write("fresh", BytesBody(data=b"3"))
    assert "~" not in created.version + replaced.version
    assert "~" in fresh.version
    assert settled(store, "new").version == created.version
    assert settled(store, "old").version == replaced.version


@pytest.mark.usefixtures("proc")
def test_everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported(
    store: LocalStore, root: Path, trash: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put("a", b"old")
    log: list[str] = []
    fsync, exchange, rename_ours = os.fsync, renames.exchange, renames.rename_ours

    def synced(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        name = "draft" if path.name.startswith(".buckia-tmp-") else path.name
        log.append(f"sync {name}")
        fsync(handle)

    def exchanged(one: renames.Place, other: renames.Place) -> None:
        log.append("exchange")
        exchange(one, other)

    def renamed(one: renames.Place, other: renames.Place) -> None:
        log.append("rename")
        rename_ours(one, other)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(swap, "exchange", exchanged)
    monkeypatch.setattr(swap, "rename_ours", renamed)
    staged = store.stage("a", BytesBody(data=b"new"))
    assert log == ["sync draft"]
    staged.commit(expect=before.version, slot=trash / "slot")
    assert log == ["sync draft", "rename", "exchange", "sync trash", "sync root"]
    log.clear()
    made = store.write_if("new/file", BytesBody(data=b"new"), expect=ABSENT)
    assert log == ["sync root", "sync draft", "rename", "sync new"]
    log.clear()
    moved = store.move("new/file", "moved", source_version=made.version)
    assert log[:2] == ["sync root", "sync new"]
    log.clear()
    store.delete_if("moved", expect=moved.version)
    assert log == ["sync root"]
    log.clear()
    store.retire("a", expect=store.stat("a").version, slot=trash / "other")
    assert log == ["sync trash", "sync root"]


def test_a_slot_that_is_taken_is_not_overwritten(
    store: LocalStore, root: Path, trash: Path, put: Put
) -> None:
    before = put("a", b"old")
    (trash / "slot").write_bytes(b"precious")
    with pytest.raises(StorageError, match="is taken"):
        store.stage("a", BytesBody(data=b"new")).commit(expect=before.version, slot=trash / "slot")
    with pytest.raises(StorageError, match="is taken"):
        store.retire("a", expect=before.version, slot=trash / "slot")
    assert (trash / "slot").read_bytes() == b"precious"
    assert (root / "a").read_bytes() == b"old"
    assert names(root) == ["a"]


@pytest.fixture(params=["slot", "no slot", "other file system"])
def slot(request: pytest.FixtureRequest, trash: Path) -> Path | None:
    if request.param == "no slot":
        return None
    if request.param == "slot":
        return trash / "slot"
    folder: Path = request.getfixturevalue("elsewhere")
    return folder / "slot"


def test_a_file_that_changed_before_the_commit_is_left_as_it_is(
    store: LocalStore, root: Path, put: Put, slot: Path | None
) -> None:
    before = put("a", b"old")
    staged = store.stage("a", BytesBody(data=b"new"))
    put("a", b"edited by somebody")
    with pytest.raises(VersionMismatch):
        staged.commit(expect=before.version, slot=slot)
    assert (root / "a").read_bytes() == b"edited by somebody"
    assert names(root) == ["a"]
    assert slot is None or not slot.exists()


class Meddler:
    """Does something at the very moment between the last look and the move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act
        for module, name in ((swap, "exchange"), (swap, "move_away")):
            monkeypatch.setattr(module, name, self._around(getattr(renames, name)))

    def _around(self, move: Callable[..., None]) -> Callable[..., None]:
        def moved(one: renames.Place, other: renames.Place) -> None:
            act, self._act = self._act, None
            if act is not None:
                act()
            move(one, other)

        return moved


def test_an_edit_at_the_last_moment_is_moved_back(
    store: LocalStore, root: Path, put: Put, slot: Path | None, abilities: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = put("a", b"old")
    staged = store.stage("a", BytesBody(data=b"new"))

    def edit() -> None:
        (root / "a").write_bytes(b"at the last moment")

    Meddler(monkeypatch, edit)
    with pytest.raises(VersionMismatch):
        staged.commit(expect=before.version, slot=slot)
    assert (root / "a").read_bytes() == b"at the last moment"
    assert names(root) == ["a"]
    assert slot is None or not slot.exists()


def test_a_save_by_rename_at_the_last_moment_is_moved_back(
    store: LocalStore, root: Path, put: Put, slot: Path | None, abilities: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = put("a", b"old")

    def save() -> None:
        (root / "saving").write_bytes(b"new")
        os.utime(root / "saving", ns=(OLD, OLD))
        (root / "saving").replace(root / "a")

    staged = store.stage("a", BytesBody(data=b"our"))
    Meddler(monkeypatch, save)
    with pytest.raises(VersionMismatch):
        staged.commit(expect=before.version, slot=slot)
    assert (root / "a").read_bytes() == b"new"
    assert names(root) == ["a"]
    assert slot is None or not slot.exists()


def test_a_file_that_vanishes_at_the_last_moment_stays_vanished(
    store: LocalStore, root: Path, put: Put, slot: Path | None, abilities: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = put("a", b"old")
    staged = store.stage("a", BytesBody(data=b"new"))
    Meddler(monkeypatch, (root / "a").unlink)
    with pytest.raises(VersionMismatch):
        staged.commit(expect=before.version, slot=slot)
    assert names(root) == []
    assert slot is None or not slot.exists()


def test_when_the_name_is_taken_meanwhile_both_are_kept(
    store: LocalStore, root: Path, put: Put, slot: Path | None, abilities: str,
    monkeypatch: pytest.MonkeyPatch, tree: Tree,
) -> None:  # fmt: skip
    before = put("a.txt", b"old")
    staged = store.stage("a.txt", BytesBody(data=b"our"))
    compare = Expectation.is_met_by

    def edited_then_saved_over(self: Expectation, place: renames.Place) -> bool:
        # What was moved is an edit; and before it can go back somebody saves over the name.
        os.utime(str(place), ns=(1, 1))
        (root / "saving").write_bytes(b"later still")
        (root / "saving").replace(root / "a.txt")
        return compare(self, place)

    monkeypatch.setattr(Expectation, "is_met_by", edited_then_saved_over)
    with pytest.raises(VersionMismatch, match=r"kept as a\.conflict-19700101T000000000Z-me\.txt"):
        staged.commit(expect=before.version, slot=slot)
    assert tree(root) == {
        "a.txt": b"later still",
        "a.conflict-19700101T000000000Z-me.txt": b"old",
    }
    assert slot is None or not slot.exists()


def test_when_our_file_is_deleted_meanwhile_the_old_one_comes_back(
    store: LocalStore, root: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put("a", b"old")
    staged = store.stage("a", BytesBody(data=b"our"))

    def edited_then_deleted(_self: Expectation, _place: renames.Place) -> bool:
        (root / "a").unlink()
        return False

    monkeypatch.setattr(Expectation, "is_met_by", edited_then_deleted)
    with pytest.raises(VersionMismatch):
        staged.commit(expect=before.version)
    assert (root / "a").read_bytes() == b"old"
    assert names(root) == ["a"]


def test_a_comparison_that_fails_puts_the_old_file_back(
    store: LocalStore, root: Path, put: Put, slot: Path | None, abilities: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = put("a", b"old")
    staged = store.stage("a", BytesBody(data=b"our"))

    def broken(_self: Expectation, _place: renames.Place) -> bool:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(Expectation, "is_met_by", broken)
    with pytest.raises(StorageError):
        staged.commit(expect=before.version, slot=slot)
    assert (root / "a").read_bytes() == b"old"
    assert names(root) == ["a"]
    assert slot is None or not slot.exists()


def test_a_file_that_can_neither_be_judged_nor_put_back_leaves_its_copy_in_the_slot(
    store: LocalStore, root: Path, elsewhere: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put("a", b"old")

    def broken(*_arguments: object) -> bool:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(Expectation, "is_met_by", broken)
    monkeypatch.setattr(swap, "rename_ours", broken)
    with pytest.raises(StorageError):
        store.retire("a", expect=before.version, slot=elsewhere / "slot")
    monkeypatch.undo()
    assert (elsewhere / "slot").read_bytes() == b"old"
    list(store.survey())
    store.sweep()
    assert names(root) == []


def test_a_draft_that_cannot_take_the_free_name_gives_it_back(
    store: LocalStore, root: Path, put: Put, slot: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renames, "special_rename", lambda _kind: None)
    before = put("a", b"old")
    staged = store.stage("a", BytesBody(data=b"our"))

    def broken(*_arguments: object) -> None:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(swap, "put_new", broken)
    with pytest.raises(StorageError):
        staged.commit(expect=before.version, slot=slot)
    assert (root / "a").read_bytes() == b"old"
    assert names(root) == ["a"]
    assert slot is None or not slot.exists()


@pytest.mark.parametrize("way", ["replace", "retire"])
def test_a_copy_in_the_slot_stays_while_its_original_is_parked(
    store: LocalStore, root: Path, elsewhere: Path, put: Put, way: str,
    monkeypatch: pytest.MonkeyPatch, tree: Tree,
) -> None:  # fmt: skip
    before = put("a", b"old")
    unlink = os.unlink

    def stuck(name: str, **how: int) -> None:
        if name == "a":
            raise OSError(errno.EIO, "the disk")
        unlink(name, **how)

    staged = store.stage("a", BytesBody(data=b"our"))
    monkeypatch.setattr(os, "unlink", stuck)
    with pytest.raises(StorageError):
        if way == "replace":
            staged.commit(expect=before.version, slot=elsewhere / "slot")
        else:
            store.retire("a", expect=before.version, slot=elsewhere / "slot")
    monkeypatch.undo()
    staged.discard()
    assert (elsewhere / "slot").read_bytes() == b"old"
    list(store.survey())
    store.sweep()
    assert tree(root) == ({"a": b"our"} if way == "replace" else {})


def test_an_interrupt_just_after_the_exchange_does_not_lose_the_old_file(
    store: LocalStore, root: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put("a", b"old")
    staged = store.stage("a", BytesBody(data=b"our"))
    interrupted: list[bool] = []

    def exchange(one: renames.Place, other: renames.Place) -> None:
        renames.exchange(one, other)
        if not interrupted:
            interrupted.append(True)
            raise KeyboardInterrupt

    monkeypatch.setattr(swap, "exchange", exchange)
    with pytest.raises(KeyboardInterrupt):
        staged.commit(expect=before.version)
    assert (root / "a").read_bytes() == b"old"
    assert names(root) == ["a"]


def test_the_new_files_name_taken_between_two_renames_keeps_both(
    store: LocalStore, root: Path, trash: Path, put: Put, monkeypatch: pytest.MonkeyPatch,
    tree: Tree,
) -> None:  # fmt: skip
    monkeypatch.setattr(renames, "special_rename", lambda _kind: None)
    before = put("a", b"old")
    put_new = swap.put_new

    def too_late(draft: object, key: str, target: renames.Place) -> None:
        (root / "a").write_bytes(b"somebody's")
        put_new(draft, key, target)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(swap, "put_new", too_late)
    staged = store.stage("a", BytesBody(data=b"our"))
    with pytest.raises(VersionMismatch, match=r"kept as a\.conflict-"):
        staged.commit(expect=before.version, slot=trash / "slot")
    copy = "a.conflict-20200913T122640123Z-me"
    assert tree(root) == {"a": b"somebody's", copy: b"old"}
    assert names(trash) == []


def test_a_file_changed_as_soon_as_it_is_in_place_is_not_recorded(
    store: LocalStore, root: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put("a", b"old")
    staged = store.stage("a", BytesBody(data=b"our"))
    run = swap.Swap.run

    def then_edited(self: swap.Swap, device: str) -> None:
        run(self, device)
        with (root / "a").open("ab") as file:
            file.write(b"+edit")

    monkeypatch.setattr(swap.Swap, "run", then_edited)
    with pytest.raises(VersionMismatch, match="at once"):
        staged.commit(expect=before.version)
    assert (root / "a").read_bytes() == b"our+edit"
    assert names(root) == ["a"]


def test_an_earlier_conflict_copy_is_never_overwritten(
    root: Path, put: Put, store: LocalStore
) -> None:
    with store._ground.root.folder() as folder:
        made = []
        for data in (b"1", b"2", b"3"):
            put("parked", data)
            place = renames.Place(folder, "parked")
            made.append(swap.keep_copy(place, renames.Place(folder, "a.b"), "me"))
    assert len(set(made)) == 3
    assert [(root / name).read_bytes() for name in made] == [b"1", b"2", b"3"]
    assert all(name.startswith("a.conflict-20200913T1226401") for name in made)


def test_a_folder_that_is_moved_away_while_bytes_are_staged_gets_no_file(
    store: LocalStore, root: Path, tmp_path: Path, put: Put
) -> None:
    put("folder/old", b"old")
    outside = tmp_path / "outside"
    afterwards: list[Callable[[], None]] = [
        lambda: None,
        (root / "folder").mkdir,
        lambda: (root / "folder").symlink_to(outside),
    ]
    for after in afterwards:
        staged = store.stage("folder/new", BytesBody(data=b"new"))
        (root / "folder").rename(outside)
        after()
        with pytest.raises((VersionMismatch, InvalidKey)):
            staged.commit(expect=ABSENT)
        assert names(outside) == ["old"]
        if (root / "folder").is_symlink():
            (root / "folder").unlink()
        elif (root / "folder").exists():
            (root / "folder").rmdir()
        outside.rename(root / "folder")


def test_commits_of_many_threads_to_one_key_lose_nothing(
    store: LocalStore, root: Path, trash: Path, put: Put
) -> None:
    put("a", b"start")
    written: list[bytes] = [b"start"]

    def work(name: int) -> None:
        done = 0
        while done < 12:
            data = b"%d-%d" % (name, done)
            seen = store.stat("a")
            staged = store.stage("a", BytesBody(data=data))
            try:
                staged.commit(expect=seen.version, slot=trash / data.decode())
            except VersionMismatch:
                continue
            written.append(data)
            done += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [path.read_bytes() for path in trash.iterdir()] + [(root / "a").read_bytes()]
    assert sorted(kept) == sorted(written)
    assert names(root) == ["a"]


class TestAnUnsettledVersion:
    """Its looks prove nothing, so its bytes have to."""

    def freeze(self, store: LocalStore, root: Path) -> LocalEntry:
        """A fresh file, seen in a listing before its bytes are edited within the same tick."""
        (root / "a").write_bytes(b"one")
        ((entry,),) = store.scan()
        assert "~" in entry.version
        return entry

    def edit_within_the_tick(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Other bytes, the same looks: what a coarse clock does, done on a fine one."""
        before = (root / "a").stat()
        (root / "a").write_bytes(b"two")
        os.utime(root / "a", ns=(before.st_atime_ns, before.st_mtime_ns))
        # The system's ctime cannot be set; where it is looked at, the first one is seen.
        monkeypatch.setattr(
            versions,
            "stem",
            lambda seen: ".".join(
                f"{number:x}"
                for number in (
                    seen.st_size,
                    seen.st_mtime_ns,
                    before.st_ctime_ns if seen.st_ino == before.st_ino else seen.st_ctime_ns,
                    seen.st_ino,
                )
            ),
        )

    @pytest.mark.parametrize("way", ["digest", "read"])
    def test_is_held_against_the_bytes_that_were_read(
        self, store: LocalStore, root: Path, trash: Path, monkeypatch: pytest.MonkeyPatch,
        way: str, abilities: str,
    ) -> None:  # fmt: skip
        entry = self.freeze(store, root)
        if way == "digest":
            store.digest("a", "md5", version=entry.version)
        else:
            store.read("a", version=entry.version).read()
        self.edit_within_the_tick(root, monkeypatch)
        attempts: list[Callable[[], object]] = [
            lambda: store.write_if("a", BytesBody(data=b"new"), expect=entry.version),
            lambda: store.delete_if("a", expect=entry.version),
            lambda: store.retire("a", expect=entry.version, slot=trash / "slot"),
            lambda: store.move("a", "b", source_version=entry.version),
            lambda: store.copy("a", "b", source_version=entry.version),
        ]
        for attempt in attempts:
            with pytest.raises(VersionMismatch):
                attempt()
            assert (root / "a").read_bytes() == b"two"
            assert names(root) == ["a"]
            assert names(trash) == []

    def test_is_held_against_them_on_the_way_to_another_file_system_too(
        self, store: LocalStore, root: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = self.freeze(store, root)
        store.read("a", version=entry.version).read()
        self.edit_within_the_tick(root, monkeypatch)
        with pytest.raises(VersionMismatch):
            store.retire("a", expect=entry.version, slot=elsewhere / "slot")
        staged = store.stage("a", BytesBody(data=b"new"))
        with pytest.raises(VersionMismatch):
            staged.commit(expect=entry.version, slot=elsewhere / "slot")
        assert (root / "a").read_bytes() == b"two"
        assert names(root) == ["a"]
        assert names(elsewhere) == []

    def test_is_accepted_when_the_bytes_are_still_those_that_were_read(
        self, store: LocalStore, root: Path, trash: Path, abilities: str
    ) -> None:
        entry = self.freeze(store, root)
        store.digest("a", "md5", version=entry.version)
        written = store.write_if("a", BytesBody(data=b"two"), expect=entry.version)
        moved = store.move("a", "b", source_version=written.version)
        copied = store.copy("b", "c", source_version=moved.version)
        store.delete_if("b", expect=moved.version)
        store.retire("c", expect=copied.version, slot=trash / "slot")
        assert names(root) == []
        assert (trash / "slot").read_bytes() == b"two"

    def test_that_nobody_read_is_not_destroyed_on_the_strength_of_its_looks(
        self, store: LocalStore, root: Path
    ) -> None:
        entry = self.freeze(store, root)
        with pytest.raises(VersionMismatch, match="so recently"):
            store.write_if("a", BytesBody(data=b"new"), expect=entry.version)
        with pytest.raises(VersionMismatch, match="so recently"):
            store.delete_if("a", expect=entry.version)
        assert (root / "a").read_bytes() == b"one"
        assert names(root) == ["a"]

    def test_that_nobody_read_may_go_to_a_slot_where_nothing_is_lost(
        self, store: LocalStore, root: Path, trash: Path
    ) -> None:
        entry = self.freeze(store, root)
        store.stage("a", BytesBody(data=b"new")).commit(expect=entry.version, slot=trash / "slot")
        assert (trash / "slot").read_bytes() == b"one"

    def test_of_a_small_file_is_proven_by_a_stat(self, store: LocalStore, root: Path) -> None:
        (root / "a").write_bytes(b"one")
        entry = store.stat("a")
        assert "~" in entry.version
        store.delete_if("a", expect=entry.version)
        assert names(root) == []

    def test_of_an_empty_file_is_proven_too(self, store: LocalStore, root: Path) -> None:
        (root / "a").write_bytes(b"")
        store.delete_if("a", expect=store.stat("a").version)
        assert names(root) == []

    def test_that_was_moved_unread_stays_unsettled(self, store: LocalStore, root: Path) -> None:
        (root / "a").write_bytes(b"one")
        os.utime(root / "a", ns=(OLD, OLD))
        ((entry,),) = store.scan()
        moved = store.move("a", "b", source_version=entry.version)
        assert "~" in moved.version
        store.digest("b", "sha256", version=moved.version)
        again = store.move("b", "c", source_version=moved.version)
        assert "~" not in again.version


def test_a_hint_of_what_was_written_lasts_for_a_bounded_number_of_files(
    store: LocalStore,
) -> None:
    witness = store._ground.witness
    for number in range(10_000):
        witness.saw(f"1.2.3.{number:x}~x", {"md5": "0"})
    assert len(witness._known) <= 8192
    assert witness.digests("1.2.3.0~x") == {}
    assert witness.digests(f"1.2.3.{9999:x}~y") == {"md5": "0"}
    witness.saw("1.2.3.ffff", {"md5": "0"})
    assert witness.digests("1.2.3.ffff") == {}


def test_digests_of_a_body_serve_as_proof_of_what_was_written(
    store: LocalStore, root: Path
) -> None:
    known = {"sha1": digests.of(b"bytes", "sha1")}
    entry = store.write("a", BytesBody(data=b"bytes", digests=known))
    assert store._ground.witness.digests(entry.version) == known
    store.delete_if("a", expect=entry.version)
    assert names(root) == []


@pytest.mark.parametrize("call", ["stat", "unlink", "close"])
def test_a_draft_that_cannot_be_cleared_away_hides_nothing_and_waits_for_a_sweep(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    staged = store.stage("file", BytesBody(data=b"new"))
    real = getattr(os, call)

    def sick(where: object, *rest: object, **how: object) -> object:
        if call == "close":
            real(where)
        elif ".buckia-tmp-" not in str(where):
            return real(where, *rest, **how)
        raise OSError(errno.EIO, "the disk")

    with monkeypatch.context() as patching:
        patching.setattr(os, call, sick)
        staged.discard()
    assert len(names(root)) == (0 if call == "close" else 1)
    assert [entry for page in store.scan() for entry in page] == []
    store.sweep()
    assert names(root) == []


def test_a_draft_that_cannot_be_looked_at_is_not_left_open(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("this system does not show which files are open")
    store.stage("other", BytesBody(data=b"x")).discard()
    before = len(list(handles.iterdir()))

    def sick(_handle: int | None) -> bool:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(system, "lock", sick)
    with pytest.raises(StorageError):
        store.stage("file", BytesBody(data=b"new"))
    assert names(root) == []
    assert len(list(handles.iterdir())) == before
