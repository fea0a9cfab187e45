from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from buckia.errors import Corrupted, InvalidKey, Unavailable
from buckia.model import SideName
from buckia.state import files, sidecar
from buckia.state.seam import StateError
from buckia.state.sidecar import Item, Sidecar
from buckia.state.slot import NotKept, Slot
from buckia.state.trash import Trash

SHA = hashlib.sha256(b"old").hexdigest()


@pytest.fixture
def trash(tmp_path: Path) -> Trash:
    return Trash(tmp_path / "trash" / "pair")


def slot_for(trash: Trash, key: str = "a/b.txt", data: bytes = b"old") -> Slot:
    return trash.slot(
        key,
        side=SideName.LEFT,
        reason="replaced",
        size=len(data),
        mtime_ns=1_700_000_000_123_456_789,
        version="v1",
        origin="demo/",
        run="r1",
    )


def fill(trash: Trash, key: str = "a/b.txt", data: bytes = b"old") -> Slot:
    slot = slot_for(trash, key, data)
    slot.fill([data])
    return slot


def at(monkeypatch: pytest.MonkeyPatch, when: datetime) -> None:
    """Let the trash believe that it is this time."""

    class Clock(datetime):
        @classmethod
        def now(cls, _zone: object = None) -> datetime:  # type: ignore[override]
            return when

    monkeypatch.setattr("buckia.state.trash.datetime", Clock)


def test_a_fetched_version_is_kept_whole_with_all_that_is_known_of_it(trash: Trash) -> None:
    before = datetime.now(UTC)
    slot = slot_for(trash)
    assert list(trash.items()) == []
    assert slot.fill([b"o", b"", b"ld"]) == {"sha256": SHA}
    (item,) = trash.items()
    assert item.path == slot.path
    assert item.path.read_bytes() == b"old"
    assert item.path.stat().st_mtime_ns == 1_700_000_000_123_456_789
    assert before <= item.when <= datetime.now(UTC)
    described = msgspec.structs.asdict(item)
    del described["path"], described["when"]
    assert described == {
        "key": "a/b.txt",
        "side": "left",
        "reason": "replaced",
        "size": 3,
        "mtime_ns": 1_700_000_000_123_456_789,
        "version": "v1",
        "digests": {"sha256": SHA},
        "origin": "demo/",
        "run": "r1",
        "mode": None,
    }


def test_the_place_of_a_version_is_a_days_folder_and_a_name_of_its_own(trash: Trash) -> None:
    one, two = slot_for(trash), slot_for(trash)
    assert one.path != two.path
    assert one.path.parent.name == f"{datetime.now(UTC):%Y-%m-%d}"
    assert one.path.parent.parent == trash.path
    assert not one.path.exists()


def test_the_sidecar_is_plain_json_written_before_the_bytes(trash: Trash) -> None:
    slot = slot_for(trash)
    content = msgspec.json.decode(slot.path.with_name(slot.path.name + ".json").read_bytes())
    assert content["key"] == "a/b.txt"
    assert content["side"] == "left"
    assert content["size"] == 3
    assert content["when"].endswith("Z")


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o400])
def test_a_moved_file_is_described_as_it_is_and_gets_its_permissions_noted(
    trash: Trash, tmp_path: Path, mode: int
) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"edited since")
    os.utime(old, ns=(5_000_000_000, 5_000_000_001))
    old.chmod(mode)
    slot = slot_for(trash)
    old.rename(slot.path)
    (unsettled,) = trash.items()
    assert unsettled.mode == mode
    slot.settle()
    (item,) = trash.items()
    assert (item.size, item.mtime_ns, item.mode) == (12, 5_000_000_001, mode)
    assert stat.S_IMODE(item.path.stat().st_mode) == 0o600
    assert item.path.stat().st_mtime_ns == 5_000_000_001


def test_a_file_with_another_name_keeps_its_permissions(trash: Trash, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"old")
    old.chmod(0o644)
    (tmp_path / "another name").hardlink_to(old)
    slot = slot_for(trash)
    old.rename(slot.path)
    slot.settle()
    assert stat.S_IMODE((tmp_path / "another name").stat().st_mode) == 0o644
    assert next(trash.items()).mode == 0o644


def test_a_moved_file_is_kept_even_if_it_can_no_longer_be_described(
    trash: Trash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"old")
    old.chmod(0o644)
    slot = slot_for(trash)
    old.rename(slot.path)

    def full(*_words: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "create", full)
    slot.settle()
    (item,) = trash.items()
    assert item.path.read_bytes() == b"old"
    assert item.mode == 0o644


def test_settling_what_never_came_is_an_error(trash: Trash) -> None:
    with pytest.raises(NotKept):
        slot_for(trash).settle()


@pytest.mark.parametrize(
    ("size", "digests", "chunks"),
    [
        (4, {}, [b"old"]),
        (2, {}, [b"old"]),
        (3, {"sha256": "00" * 32}, [b"old"]),
        (3, {"md5": "00" * 16, "sha256": SHA}, [b"old"]),
    ],
)
def test_bytes_that_are_not_those_expected_are_refused(
    trash: Trash, size: int, digests: dict[str, str], chunks: list[bytes]
) -> None:
    slot = trash.slot("k", side=SideName.RIGHT, reason="lost", size=size, digests=digests)
    with pytest.raises(Corrupted) as caught:
        slot.fill(chunks)
    assert caught.value.key == "k"
    assert list(trash.items()) == []
    assert [path.name for path in slot.path.parent.iterdir()] == [slot.path.name + ".json"]


def test_digests_that_can_be_checked_are_and_others_are_noted(trash: Trash) -> None:
    given = {"sha1": hashlib.sha1(b"old").hexdigest(), "crc32c": "1234"}
    slot = trash.slot("k", side=SideName.RIGHT, reason="lost", size=3, digests=given)
    assert slot.fill([b"old"]) == {"sha1": given["sha1"]}
    assert next(trash.items()).digests == given
    odd = trash.slot("k", side=SideName.RIGHT, reason="lost", size=3, digests={"crc32c": "1234"})
    assert odd.fill([b"old"]) == {"sha256": SHA}
    assert next(trash.items()).digests == {"crc32c": "1234", "sha256": SHA}


def test_a_fetch_that_breaks_off_leaves_no_item_and_can_be_tried_again(trash: Trash) -> None:
    def broken() -> Iterator[bytes]:
        yield b"o"
        raise Unavailable("gone")

    slot = slot_for(trash)
    with pytest.raises(Unavailable):
        slot.fill(broken())
    assert list(trash.items()) == []
    slot.fill([b"old"])
    assert next(trash.items()).path.read_bytes() == b"old"


def test_a_full_disk_is_told_as_a_version_that_was_not_kept(
    trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    slot = slot_for(trash)
    with monkeypatch.context() as patch:
        patch.setattr("buckia.state.slot.os.write", full)
        with pytest.raises(NotKept, match="the disk is full") as caught:
            slot.fill([b"old"])
        assert caught.value.key == "a/b.txt"
    with monkeypatch.context() as patch:
        patch.setattr(files, "create", full)
        with pytest.raises(NotKept, match="the disk is full"):
            slot_for(trash)
    assert list(trash.items()) == []


def test_a_trash_that_cannot_be_made_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "trash").write_text("no folder")
    with pytest.raises(NotKept):
        slot_for(Trash(tmp_path / "trash"))


def test_a_key_that_is_not_unicode_is_refused(trash: Trash) -> None:
    with pytest.raises(InvalidKey):
        slot_for(trash, "bad\udc80")


def test_dropping_gives_back_a_copy_but_never_the_only_version(
    trash: Trash, tmp_path: Path
) -> None:
    unused, fetched, moved = slot_for(trash), fill(trash), slot_for(trash, "moved")
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "old").rename(moved.path)
    for slot in (unused, fetched, moved):
        slot.drop()
        slot.drop()
    assert [item.key for item in trash.items()] == ["moved"]
    assert len(list(moved.path.parent.iterdir())) == 2


def test_items_come_newest_first_and_by_key_or_prefix(
    trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, key in [(1, "a/1"), (3, "b"), (2, "a/2"), (2, "a"), (3, "a/1")]:
        at(monkeypatch, datetime(2024, 5, day, 12, tzinfo=UTC))
        fill(trash, key)
        trash._last = datetime.min.replace(tzinfo=UTC)
    assert [(item.when.day, item.key) for item in trash.items(prefix="a/")] == [
        (3, "a/1"),
        (2, "a/2"),
        (1, "a/1"),
    ]
    assert [item.when.day for item in trash.items("a/1")] == [3, 1]
    assert [item.when.day for item in trash.items()] == [3, 3, 2, 2, 1]
    assert list(trash.items("a/")) == []
    assert list(trash.items("a", prefix="b")) == []


def test_versions_of_one_instant_stay_in_order(
    trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2024, 5, 1, 12, tzinfo=UTC)
    at(monkeypatch, now)
    for n in range(5):
        fill(trash, data=b"%d" % n)
    at(monkeypatch, now - timedelta(hours=1))
    fill(trash, data=b"5")
    assert [item.path.read_bytes() for item in trash.items()] == [
        b"5",
        b"4",
        b"3",
        b"2",
        b"1",
        b"0",
    ]


def test_the_version_of_a_time_is_the_one_replaced_next(
    trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [datetime(2024, 5, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    for when in times:
        at(monkeypatch, when)
        fill(trash, data=f"until {when.day}".encode())
        fill(trash, "other")

    def found(before: datetime | None) -> bytes | None:
        item = trash.find("a/b.txt", before)
        return item.path.read_bytes() if item else None

    assert found(None) == b"until 3"
    assert found(times[0] - timedelta(days=9)) == b"until 1"
    assert found(times[0]) == b"until 1"
    assert found(times[0] + timedelta(seconds=1)) == b"until 2"
    assert found(times[2]) == b"until 3"
    assert found(times[2] + timedelta(seconds=1)) is None
    assert trash.find("never") is None


def test_what_we_did_not_put_there_is_no_item_and_stays(trash: Trash) -> None:
    slot = fill(trash)
    day = slot.path.parent
    (trash.path / "notes").mkdir()
    (day / "a file of somebody's").write_text("x")
    (day / "99999999T999999999999Z-00000000-00000000").write_text("x")
    (day / "99999999T999999999999Z-00000000-00000000.json").write_text("x")
    (day / f"{slot.path.name[:-1]}x").write_text("x")
    assert [item.path for item in trash.items()] == [slot.path]
    assert trash.expire(0).removed == 1
    assert len(list(day.iterdir())) == 4


def test_a_version_whose_sidecar_was_destroyed_is_no_item_but_stays_until_its_time(
    trash: Trash,
) -> None:
    slot = fill(trash)
    beside = slot.path.with_name(slot.path.name + ".json")
    beside.write_bytes(b'{"key": "a')
    assert list(trash.items()) == []
    beside.write_bytes(b"\xff\xfe")
    assert list(trash.items()) == []
    trash.expire(30)
    assert slot.path.exists()


def described(trash: Trash, **changed: object) -> list[Item]:
    """What the trash holds once its only sidecar says something else."""
    slot = fill(trash)
    beside = slot.path.with_name(slot.path.name + ".json")
    said = {**json.loads(beside.read_bytes()), **changed}
    beside.write_bytes(json.dumps(said).encode())
    return list(trash.items())


@pytest.mark.parametrize("mtime_ns", [2**70, -(2**70), 10**30])
def test_a_version_whose_time_no_system_knows_is_kept_all_the_same(
    trash: Trash, mtime_ns: int
) -> None:
    slot = trash.slot("a", side=SideName.RIGHT, reason="replaced", size=3, mtime_ns=mtime_ns)
    slot.fill([b"old"])
    [item] = trash.items()
    assert (item.path.read_bytes(), item.mtime_ns) == (b"old", None)


def test_a_sidecar_that_is_nested_without_end_is_no_item(trash: Trash) -> None:
    slot = fill(trash)
    beside = slot.path.with_name(slot.path.name + ".json")
    beside.write_bytes(b'{"more": ' + b"[" * 100_000)
    assert list(trash.items()) == []


def test_a_sidecar_or_a_version_that_is_a_folder_hides_no_other(trash: Trash) -> None:
    one, other = fill(trash, "one"), fill(trash, "other")
    beside = one.path.with_name(one.path.name + ".json")
    beside.unlink()
    beside.mkdir()
    assert [item.key for item in trash.items()] == ["other"]
    assert other.path.exists()


def test_a_time_without_a_zone_is_that_of_all_others(trash: Trash) -> None:
    [item] = described(trash, when="2020-01-02T03:04:05")
    assert item.when == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert trash.find(item.key, datetime(2019, 1, 1, tzinfo=UTC)) == item


def test_a_time_behind_the_last_of_the_calendar_is_of_no_item(trash: Trash) -> None:
    assert described(trash, when="9999-12-31T23:59:59-14:00") == []


@pytest.mark.parametrize("name", ["mtime_ns", "mode"])
@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_that_no_file_can_have_counts_as_unknown(
    trash: Trash, name: str, number: int
) -> None:
    [item] = described(trash, fetched=True, **{name: number})
    assert getattr(item, name) is None


def test_what_died_beside_a_version_goes_after_a_day_and_the_version_stays(trash: Trash) -> None:
    slot = fill(trash)
    [item] = trash.items()
    folder = slot.path.parent
    left = [f".{slot.path.name}.json.0123456789ab", f"{slot.path.name}.part"]
    for name in left:
        (folder / name).write_bytes(b"half")
    before = set(names_in(folder))
    trash.expire(30, item.when + timedelta(hours=1))
    assert set(names_in(folder)) == before
    trash.expire(30, item.when + timedelta(days=2))
    assert set(names_in(folder)) == before - set(left)
    assert list(trash.items()) == [item]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_only_what_is_older_than_the_days_expires(
    trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2024, 5, 31, 12, tzinfo=UTC)
    for days in (0, 29, 30.001, 31, 400):
        at(monkeypatch, now - timedelta(days=days))
        trash._last = datetime.min.replace(tzinfo=UTC)
        fill(trash, f"{days}")
    assert trash.expire(30, now) == msgspec.structs.replace(trash.expire(999), removed=3)
    assert [item.key for item in trash.items()] == ["0", "29"]
    assert sorted(path.name for path in trash.path.iterdir()) == ["2024-05-02", "2024-05-31"]
    assert trash.expire(0, now).removed == 2
    assert list(trash.items()) == []


def test_places_without_bytes_are_swept_after_a_day(
    trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2024, 5, 31, 12, tzinfo=UTC)
    at(monkeypatch, now - timedelta(hours=25))
    old = slot_for(trash)
    old.path.with_name(old.path.name + ".part").write_bytes(b"ha")
    old.path.with_name(f".{old.path.name}.json.0123456789ab").write_bytes(b"{")
    at(monkeypatch, now - timedelta(hours=23))
    young = slot_for(trash)
    expired = trash.expire(30, now)
    assert (expired.removed, expired.failed) == (0, ())
    assert [path.name for path in trash.path.rglob("*") if path.is_file()] == [
        young.path.name + ".json"
    ]
    young.fill([b"old"])
    assert trash.expire(0, now).removed == 1


def test_one_bad_item_does_not_keep_the_others(
    trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = [fill(trash, f"{n}") for n in range(3)]
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == slots[1].path:
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    expired = trash.expire(0)
    assert expired.removed == 2
    assert len(expired.failed) == 1
    assert "not permitted" in expired.failed[0]


def test_a_bad_day_does_not_keep_the_others(trash: Trash) -> None:
    fill(trash)
    (trash.path / "2001-01-01").write_text("no folder")
    expired = trash.expire(0)
    assert expired.removed == 1
    assert "2001-01-01" in expired.failed[0]
    with pytest.raises(StateError):
        list(trash.items())


def test_an_item_that_expires_while_others_are_listed_is_left_out(trash: Trash) -> None:
    for n in range(3):
        fill(trash, f"{n}")
    listing = trash.items()
    assert next(listing).key == "2"
    trash.expire(0)
    assert list(listing) == []


def test_a_trash_that_is_not_there_is_empty(trash: Trash) -> None:
    assert list(trash.items()) == []
    assert trash.find("a") is None
    assert trash.expire(0) == msgspec.structs.replace(trash.expire(5), removed=0)
    assert not trash.path.parent.exists()


def test_many_threads_get_places_of_their_own(trash: Trash) -> None:
    slots: list[Slot] = []

    def work(thread: int) -> None:
        slots.extend(fill(trash, data=f"{thread}.{n}".encode()) for n in range(20))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({slot.path for slot in slots}) == 160
    assert len({item.path.read_bytes() for item in trash.items("a/b.txt")}) == 160


def test_one_of_very_many_is_found_and_all_expire_in_reasonable_time(trash: Trash) -> None:
    count, old = 20_000, datetime(2024, 5, 1, tzinfo=UTC)
    folder = trash.path / sidecar.day(old)
    folder.mkdir(parents=True)
    wanted = plant(folder, "wanted", old)
    for n in range(count):
        # Names are all that a search reads of other keys, so these share their bytes.
        path = folder / sidecar.name(f"{n}", old + timedelta(seconds=n))
        path.hardlink_to(wanted)
        path.with_name(path.name + ".json").hardlink_to(f"{wanted}.json")
    started = time.monotonic()
    found = trash.find("wanted")
    assert found is not None
    assert found.path == wanted
    assert time.monotonic() - started < 1
    started = time.monotonic()
    assert trash.expire(30).removed == count + 1
    assert time.monotonic() - started < 5


def plant(folder: Path, key: str, when: datetime) -> Path:
    path = folder / sidecar.name(key, when)
    described = Sidecar(key=key, side=SideName.LEFT, reason="old", size=0, when=when)
    path.with_name(path.name + ".json").write_bytes(sidecar.encode(described))
    path.touch()
    return path
