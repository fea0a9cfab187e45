"""Nothing is recorded that was not observed, and a run that died is completed by the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.protocols import Body, Entry, Expected
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Breaks, LosesAnswer, unavailable
from tests.guarantees.processes import Folders
from tests.guarantees.stage import Stage, put, reads, texts, writes

BIG = b"a file of some size " * 20_000
BIGGER = BIG * 3
"""So large that it is sent by itself; what is smaller goes together with others."""


def test_an_upload_whose_answer_is_lost_for_good_is_not_called_done(stage: Stage) -> None:
    stage.put_here("a", "mine")
    stage.script(writes(LosesAnswer()), At("stat", unavailable()), reads(unavailable()))
    result = stage.sync()
    assert [one.path for one in result.failed] == ["a"]
    assert stage.rows() == {}


def test_the_next_run_finds_its_own_upload_and_takes_it_for_no_strangers_edit(
    stage: Stage,
) -> None:
    stage.put_here("a", "first")
    stage.sync()
    stage.put_here("a", "second")
    stage.script(writes(LosesAnswer()), At("stat", unavailable()), reads(unavailable()))
    assert stage.sync().failed
    stage.script()
    result = stage.sync(conflict_resolution="keep_both")
    assert not result.failed
    assert not result.conflicts
    assert not result.bytes_up
    stage.agreed(a="second")


def test_what_is_edited_after_a_lost_upload_is_an_edit_of_what_was_uploaded(stage: Stage) -> None:
    stage.put_here("a", "first")
    stage.sync()
    stage.put_here("a", "second")
    stage.script(writes(LosesAnswer()), At("stat", unavailable()), reads(unavailable()))
    stage.sync()
    stage.put_here("a", "third")
    stage.script()
    assert not stage.sync(conflict_resolution="keep_both").conflicts
    stage.agreed(a="third")


def test_a_strangers_edit_after_a_lost_upload_is_still_a_strangers_edit(stage: Stage) -> None:
    stage.put_here("a", "first")
    stage.sync()
    stage.put_here("a", "second")
    stage.script(writes(LosesAnswer()), At("stat", unavailable()), reads(unavailable()))
    stage.sync()
    stage.put_there("a", "a stranger's")
    stage.put_here("a", "third")
    stage.script()
    result = stage.sync(conflict_resolution="keep_both")
    assert [one.path for one in result.conflicts] == ["a"]
    assert set(stage.here().values()) == {b"a stranger's", b"third"}


class Forgetful(MemoryStore):
    """Says that it stored the bytes, and stored others."""

    lying = False

    def write(self, key: str, body: Body) -> Entry:
        return self._told(key, body, super().write(key, body))

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        return self._told(key, body, super().write_if(key, body, expect=expect))

    def _told(self, key: str, body: Body, entry: Entry) -> Entry:
        if not self.lying:
            return entry
        return super().write(key, BytesBody(data=b"#" * body.size))


def test_a_bucket_that_holds_other_bytes_than_were_sent_is_not_recorded_as_agreed(
    tmp_path: Path,
) -> None:
    store = Forgetful()
    stage = Stage(tmp_path, store)
    stage.put_here("a", "mine")
    store.lying = True
    assert [one.path for one in stage.sync().failed] == ["a"]
    assert stage.rows() == {}
    assert stage.here() == texts(a="mine")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path)
    for key in ("up", "down", "gone here", "gone there", "same", "old name"):
        put(made.root / key, f"agreed {key} " * 1000)
    assert made.sync()["exit_code"] == 0
    put(made.root / "up", BIGGER)
    put(made.bucket / "down", BIG + b"!")
    put(made.root / "new here", BIG + b"?")
    (made.root / "gone here").unlink()
    (made.bucket / "gone there").unlink()
    (made.root / "old name").rename(made.root / "new name")
    return made


def wanted() -> dict[str, bytes]:
    return {
        "up": BIGGER,
        "down": BIG + b"!",
        "new here": BIG + b"?",
        "same": b"agreed same " * 1000,
        "new name": b"agreed old name " * 1000,
    }


@pytest.mark.parametrize("operation", ["write_if", "commit", "settle", "delete_if", "read"])
def test_a_sync_killed_right_after_the_bucket_did_something_is_completed_by_the_next(
    folders: Folders, operation: str
) -> None:
    folders.killed(kill=operation, delete_orphaned=True)
    told = folders.sync(delete_orphaned=True, conflict_resolution="keep_both")
    assert (told["exit_code"], told["conflicts"]) == (0, [])
    folders.agreed(wanted())
    assert folders.sync(delete_orphaned=True)["actions"] == []


def test_on_a_full_disk_nothing_is_recorded_that_is_not_there(folders: Folders) -> None:
    told = folders.sync(full_at=100_000, delete_orphaned=True)
    assert told.get("exit_code") != 0
    assert folders.here()["down"] == b"agreed down " * 1000
    told = folders.sync(delete_orphaned=True, conflict_resolution="keep_both")
    assert (told["exit_code"], told["conflicts"]) == (0, [])
    folders.agreed(wanted())


def test_a_connection_that_is_lost_in_the_middle_leaves_the_rest_to_the_next_run(
    stage: Stage,
) -> None:
    stage.put_here("up", BIG)
    stage.put_there("down", BIG)
    stage.script(writes(Breaks(1000)), reads(Breaks(1000)))
    result = stage.sync()
    assert {one.path for one in result.failed} == {"up", "down"}
    assert stage.here() == {"up": BIG}
    assert stage.there() == {"down": BIG}
    assert stage.rows() == {}
    stage.script()
    assert not stage.sync().failed
    assert stage.here() == stage.there() == {"up": BIG, "down": BIG}
