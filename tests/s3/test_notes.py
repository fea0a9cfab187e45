"""What is remembered beside a state: found again by the same bucket only, and never in the way."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from buckia_s3 import notes as module
from buckia_s3.habits import UNKNOWN, Habits
from buckia_s3.notes import Notes, Unfinished

AWS = "https://s3.example.com"
HABITS = Habits(creates=True, replaces="bare", batches=True, checks="sha256")
DAY = 24 * 3600.0


def upload(key: str = "a/b", **more: Any) -> Unfinished:
    fields = {"bucket": "bucket", "upload": "u-1", "likeness": "like", "began": 5.0}
    return Unfinished(key=key, **{**fields, **more})


@pytest.fixture(params=["in a folder", "in memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "notes" if request.param == "in a folder" else None


@pytest.fixture
def notes(folder: Path | None) -> Notes:
    return Notes(folder, AWS, "bucket")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def at(monkeypatch: pytest.MonkeyPatch, now: float) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now))


# Uploads


def test_an_upload_that_was_begun_is_found_until_it_has_ended(notes: Notes) -> None:
    assert notes.unfinished("a/b") is None
    notes.begun(upload())
    assert notes.unfinished("a/b") == upload()
    assert notes.unfinished("a") is None
    notes.ended("a/b")
    assert notes.unfinished("a/b") is None
    assert notes.all_unfinished() == []


def test_a_new_upload_of_a_key_takes_the_place_of_the_old_one(notes: Notes) -> None:
    notes.begun(upload(upload="old"))
    notes.begun(upload(upload="new"))
    assert notes.all_unfinished() == [upload(upload="new")]


def test_ending_what_never_began_is_fine(notes: Notes) -> None:
    notes.ended("never")
    assert notes.all_unfinished() == []


def test_all_that_nobody_is_at_are_told(notes: Notes) -> None:
    names = ["a", "A", "ä", "a/b", "a b", "x" * 1024, "../up", "C:\\x", "con"]
    for name in names:
        notes.begun(upload(name))
    assert sorted(one.key for one in notes.all_unfinished()) == sorted(names)
    assert all(notes.unfinished(name) == upload(name) for name in names)
    with notes.upload("a"), notes.upload("ä"):
        assert {one.key for one in notes.all_unfinished()} == set(names) - {"a", "ä"}
    assert len(notes.all_unfinished()) == len(names)


def test_one_thread_alone_has_the_note_of_a_key(notes: Notes) -> None:
    with notes.upload("a") as first, notes.upload("a") as second, notes.upload("b") as other:
        assert (first, second, other) == (True, False, True)
    with notes.upload("a") as again:
        assert again


def test_the_second_one_does_not_end_the_turn_of_the_first(notes: Notes) -> None:
    notes.begun(upload("a"))
    with notes.upload("a"):
        with notes.upload("a"):
            pass
        with notes.upload("a") as third:
            assert not third
        assert notes.all_unfinished() == []


def test_a_turn_ends_also_when_the_upload_fails(notes: Notes) -> None:
    with pytest.raises(OSError, match="gone"), notes.upload("a"):
        raise OSError("gone")
    with notes.upload("a") as again:
        assert again


def test_of_many_threads_one_has_the_turn(notes: Notes) -> None:
    start, end = threading.Barrier(8), threading.Barrier(8)
    turns: list[bool] = []

    def go() -> None:
        start.wait(30)
        with notes.upload("a") as is_ours:
            turns.append(is_ours)
            end.wait(30)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(turns) == [False] * 7 + [True]


def test_another_process_finds_what_was_begun(tmp_path: Path) -> None:
    Notes(tmp_path, AWS, "bucket").begun(upload())
    assert Notes(tmp_path, AWS, "bucket").unfinished("a/b") == upload()


@pytest.mark.parametrize(
    ("endpoint", "bucket"), [(AWS, "other"), ("https://else", "bucket"), (AWS + "\0bucket", "")]
)
def test_another_bucket_has_notes_of_its_own(tmp_path: Path, endpoint: str, bucket: str) -> None:
    ours, theirs = Notes(tmp_path, AWS, "bucket"), Notes(tmp_path, endpoint, bucket)
    ours.begun(upload())
    ours.keep_habits(HABITS)
    assert theirs.habits() is None
    assert theirs.unfinished("a/b") is None
    assert theirs.all_unfinished() == []
    theirs.ended("a/b")
    assert ours.unfinished("a/b") == upload()


# Habits


def test_habits_are_remembered_for_a_week(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert notes.habits() is None
    at(monkeypatch, 1000.0)
    notes.keep_habits(HABITS)
    assert notes.habits() == HABITS
    at(monkeypatch, 1000.0 + 7 * DAY - 1)
    assert notes.habits() == HABITS
    at(monkeypatch, 1000.0 + 7 * DAY)
    assert notes.habits() is None


def test_habits_from_a_time_to_come_are_not_believed(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 1000.0)
    notes.keep_habits(HABITS)
    assert notes.habits() == HABITS
    at(monkeypatch, 999.0)
    assert notes.habits() is None


def test_habits_that_are_forgotten_are_unknown_and_all_else_stays(notes: Notes) -> None:
    notes.forget_habits()
    notes.keep_habits(HABITS)
    notes.begun(upload())
    notes.probes = ("a/.buckia-probe-1",)
    notes.forget_habits()
    assert notes.habits() is None
    assert (notes.unfinished("a/b"), notes.probes) == (upload(), ("a/.buckia-probe-1",))
    notes.keep_habits(HABITS)
    assert notes.habits() == HABITS


def test_what_one_forgets_is_forgotten_by_all_who_are_open(tmp_path: Path) -> None:
    one, other = Notes(tmp_path, AWS, "bucket"), Notes(tmp_path, AWS, "other")
    one.keep_habits(HABITS)
    other.keep_habits(HABITS)
    Notes(tmp_path, AWS, "bucket").forget_habits()
    assert (one.habits(), other.habits()) == (None, HABITS)


@pytest.mark.parametrize("habits", [HABITS, UNKNOWN])
def test_the_next_run_knows_the_habits(tmp_path: Path, habits: Habits) -> None:
    Notes(tmp_path, AWS, "bucket").keep_habits(habits)
    assert Notes(tmp_path, AWS, "bucket").habits() == habits


def test_where_an_endpoint_was_being_tried_is_known_until_that_is_over(tmp_path: Path) -> None:
    notes = Notes(tmp_path, AWS, "bucket")
    assert notes.probes == ()
    notes.probes = ("a/.buckia-probe-1", "a/.buckia-probe-2")
    assert Notes(tmp_path, AWS, "bucket").probes == notes.probes
    assert Notes(tmp_path, AWS, "other").probes == ()
    assert notes.all_unfinished() == []
    notes.probes = ()
    notes.probes = ()
    assert Notes(tmp_path, AWS, "bucket").probes == ()
    assert files(tmp_path) == []


# Damage and want


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b"junk",
            b"{",
            b"[]",
            b"null",
            b"{}",
            b"\xff\xfe",
            b"[" * 5000,
            b'{"more":' + b"[" * 100_000,
        ),
        b'{"bucket":"\xff","key":"a/b","upload":"u","likeness":"l","began":1}',
        b'{"bucket":"b","key":"other","upload":"u","likeness":"l","began":1}',
        b'{"bucket":"b","key":"a/b","upload":5,"likeness":"l","began":1}',
        b'{"habits":{"creates":"maybe"},"at":1}',
        b'{"habits":{},"at":"\xff"}',
    ],
    ids=lambda content: repr(content[:20]),
)
def test_a_damaged_note_is_as_if_it_had_never_been(tmp_path: Path, content: bytes) -> None:
    notes = Notes(tmp_path, AWS, "bucket")
    notes.begun(upload())
    notes.keep_habits(HABITS)
    found = files(tmp_path)
    assert len(found) == 2
    for path in found:
        path.write_bytes(content)
    # As the next run opens them.
    notes = Notes(tmp_path, AWS, "bucket")
    assert notes.habits() is None
    assert notes.unfinished("a/b") is None
    assert all(one.key != "a/b" for one in notes.all_unfinished())
    notes.begun(upload())
    notes.keep_habits(HABITS)
    assert (notes.habits(), notes.unfinished("a/b")) == (HABITS, upload())


def test_a_note_of_a_later_age_with_more_in_it_is_still_read(tmp_path: Path) -> None:
    notes = Notes(tmp_path, AWS, "bucket")
    notes.begun(upload())
    (path,) = files(tmp_path)
    path.write_bytes(msgspec.json.encode({**msgspec.to_builtins(upload()), "more": [1]}))
    assert notes.unfinished("a/b") == upload()


def test_notes_that_were_thrown_away_are_missed_by_nobody(tmp_path: Path) -> None:
    notes = Notes(tmp_path, AWS, "bucket")
    notes.begun(upload())
    notes.keep_habits(HABITS)
    for path in files(tmp_path):
        path.unlink()
    notes = Notes(tmp_path, AWS, "bucket")
    assert (notes.habits(), notes.unfinished("a/b")) == (None, None)
    assert notes.all_unfinished() == []
    notes.ended("a/b")


def test_a_place_where_nothing_can_be_kept_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    notes = Notes(tmp_path / "file" / "notes", AWS, "bucket")
    notes.keep_habits(HABITS)
    assert notes.habits() == HABITS
    notes.forget_habits()
    assert notes.habits() is None
    notes.begun(upload())
    assert notes.unfinished("a/b") is None
    assert notes.all_unfinished() == []
    notes.ended("a/b")
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_note_that_cannot_be_removed_is_in_nobodys_way(tmp_path: Path) -> None:
    notes = Notes(tmp_path, AWS, "bucket")
    notes.begun(upload())
    (path,) = files(tmp_path)
    path.unlink()
    path.mkdir()
    notes.begun(upload())
    assert notes.unfinished("a/b") is None
    notes.ended("a/b")


def test_nothing_but_notes_stays_behind_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "deep" / "notes", AWS, "bucket")
    for number in range(3):
        notes.begun(upload(str(number)))
        notes.keep_habits(HABITS)
    found = files(tmp_path)
    assert [path.suffix for path in found] == [".json"] * 4
    assert {path.parent.stat().st_mode & 0o077 for path in found} == {0}


def test_opening_notes_writes_nothing(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes", AWS, "bucket")
    assert notes.habits() is None
    assert notes.all_unfinished() == []
    notes.ended("a")
    notes.forget_habits()
    assert list(tmp_path.iterdir()) == []
