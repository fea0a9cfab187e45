"""Deletes come last, and not at all where something failed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from buckia.events import ActionStarted
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia.testing.faults import At, denied, unavailable
from tests.guarantees.stage import Stage, actions, deletes, reads, writes


def prepare(stage: Stage) -> None:
    for number in range(12):
        stage.put_here(f"{number:02}", f"agreed {number}")
    stage.sync()
    stage.drop_here("00", "01")
    stage.drop_there("02", "03")
    stage.put_here("up", "new here")
    stage.put_here("04", "changed here")
    stage.put_there("down", "new there")
    stage.put_there("05", "changed there")


DELETED = {"00", "01", "02", "03"}


@pytest.mark.parametrize("workers", [1, 8])
def test_every_transfer_ends_before_the_first_deletion_begins(stage: Stage, workers: int) -> None:
    prepare(stage)
    stage.events.clear()
    stage.script()
    stage.sync(delete_orphaned=True, max_workers=workers)
    begun = [event.action for event in stage.events if isinstance(event, ActionStarted)]
    first = min(begun.index("delete_local"), begun.index("delete_remote"))
    assert set(begun[first:]) == {"delete_local", "delete_remote"}
    asked = [call.operation for call in stage.store.calls]
    removals = [place for place, name in enumerate(asked) if name.startswith("delete")]
    transfers = [place for place, name in enumerate(asked) if name in {"write", "write_if", "read"}]
    assert max(transfers) < min(removals)
    assert not DELETED & (stage.here().keys() | stage.there().keys())


@pytest.mark.parametrize(
    "trouble",
    [
        writes(unavailable(), "up"),
        writes(denied(), "04"),
        reads(unavailable(), "down"),
        reads(denied(), "05"),
    ],
    ids=["an upload", "a refused upload", "a download", "a refused download"],
)
def test_where_a_transfer_failed_nothing_is_deleted(stage: Stage, trouble: list[At]) -> None:
    prepare(stage)
    stage.script(trouble)
    result = stage.sync(delete_orphaned=True)
    assert result.exit_code == 1
    assert len(result.failed) >= 1
    assert result.deleted == 0
    assert {"00", "01"} <= stage.there().keys()
    assert {"02", "03"} <= stage.here().keys()
    stage.script()
    assert stage.sync(delete_orphaned=True).deleted == 4
    assert stage.here() == stage.there()


def test_all_other_transfers_are_done_where_one_failed(stage: Stage) -> None:
    prepare(stage)
    stage.script(writes(denied(), "up"))
    assert [one.path for one in stage.sync(delete_orphaned=True).failed] == ["up"]
    assert stage.there()["04"] == b"changed here"
    assert stage.here()["05"] == b"changed there"
    assert stage.here()["down"] == b"new there"


def test_a_deletion_that_fails_is_reported_and_done_next_time(stage: Stage) -> None:
    prepare(stage)
    stage.script(deletes(unavailable(), "00"))
    result = stage.sync(delete_orphaned=True)
    if not result.failed:
        pytest.skip("the bucket was asked to delete in another way")
    assert [one.path for one in result.failed] == ["00"]
    assert "00" in stage.rows()
    stage.script()
    result = stage.sync(delete_orphaned=True)
    assert actions(result) == {("delete_remote", "00")}


def test_skipped_keys_are_no_failures(tmp_path: Path) -> None:
    stage = Stage(tmp_path, MemoryStore(traits=msgspec.structs.replace(ROOMY, flat=True)))
    prepare(stage)
    stage.put_there("../evil", "no key that anybody may act upon")
    result = stage.sync(delete_orphaned=True)
    assert [one.path for one in result.skipped] == ["../evil"]
    assert not result.failed
    assert result.deleted == 4
    assert result.exit_code == 0


def test_a_deletion_that_frees_a_name_is_undone_when_what_needs_the_name_fails(
    stage: Stage,
) -> None:
    stage.put_here("a", "a file")
    stage.put_here("b", "b")
    stage.sync()
    stage.drop_there("a")
    stage.put_there("a/inner", "a folder now")
    stage.script(reads(unavailable(), "a/inner"))
    result = stage.sync(delete_orphaned=True)
    assert "a/inner" in {one.path for one in result.failed}
    assert stage.here() == {"a": b"a file", "b": b"b"}
    stage.script()
    stage.sync(delete_orphaned=True)
    assert stage.here() == stage.there() == {"a/inner": b"a folder now", "b": b"b"}
