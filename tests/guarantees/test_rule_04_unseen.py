"""Nothing is written over what was not seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from buckia.results import SyncResult
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia.testing.faults import Call, Pauses
from tests.guarantees.stage import Stage, reads, writes

WITHOUT_CONDITIONS = frozenset(
    {"WritesConditionally", "DeletesConditionally", "CopiesConditionally", "MovesInside"}
)
LACKS = {
    "with conditions": frozenset[str](),
    "waiting for each answer": frozenset({"BeginsReads", "BeginsWrites"}),
    "without conditions": WITHOUT_CONDITIONS,
    "without conditions and copies": WITHOUT_CONDITIONS | {"CopiesInside"},
}


@pytest.fixture(params=LACKS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """A bucket that honours conditions, or one that must be asked just before."""
    traits = msgspec.structs.replace(ROOMY, lacks=LACKS[request.param])
    return Stage(tmp_path, MemoryStore(traits=traits))


def begin(stage: Stage, *keys: str) -> None:
    for key in keys:
        stage.put_here(key, f"agreed {key}")
    stage.sync()


def named(result: SyncResult) -> list[str]:
    """The keys of which the run says that they are in conflict or were left alone."""
    return [one.path for one in result.conflicts] + [one.path for one in result.failed]


POLICIES = ["local_wins", "remote_wins", "keep_both", "ask"]


def survives(stage: Stage, data: bytes, policy: str = "keep_both") -> None:
    """The version that nobody had seen is on a side or in the trash, and so it stays.

    Where both are kept it is on both sides.
    """
    stage.between = lambda: None
    stage.script()
    for _ in range(2):
        kept = {version for _, version in stage.trash()}
        assert data in {*stage.here().values(), *stage.there().values(), *kept}
        stage.sync(conflict_resolution=policy, delete_orphaned=True)
    if policy == "keep_both":
        assert data in stage.here().values()
        assert data in stage.there().values()
    if policy != "ask":
        assert stage.here() == stage.there()


@pytest.fixture(params=POLICIES)
def policy(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_a_local_edit_made_while_a_newer_version_is_on_its_way_is_kept(
    stage: Stage, policy: str
) -> None:
    begin(stage, "a")
    stage.put_there("a", "from the bucket")
    stage.between = lambda: stage.put_here("a", "edited just now")
    result = stage.sync(conflict_resolution=policy)
    assert named(result) == ["a"]
    survives(stage, b"edited just now", policy)
    survives(stage, b"from the bucket", policy)


def test_a_local_edit_made_while_the_bytes_arrive_is_kept(stage: Stage, policy: str) -> None:
    begin(stage, "a")
    stage.put_there("a", "from the bucket")

    def edit(call: Call) -> None:
        if call.nth_here == 1:
            stage.put_here("a", "edited just now")

    stage.script(reads(Pauses(edit), "a"))
    stage.sync(conflict_resolution=policy)
    survives(stage, b"edited just now", policy)
    survives(stage, b"from the bucket", policy)


def test_an_edit_of_the_same_size_under_the_same_time_is_noticed(stage: Stage) -> None:
    begin(stage, "a")
    stage.put_there("a", "from the bucket")
    path = stage.root / "a"

    def sneak() -> None:
        told = path.stat()
        path.write_bytes(b"AGREED a")
        os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))

    stage.between = sneak
    stage.sync(conflict_resolution="keep_both")
    survives(stage, b"AGREED a")


def test_a_file_that_appears_where_a_new_one_would_land_is_not_written_over(
    stage: Stage, policy: str
) -> None:
    begin(stage, "other")
    stage.put_there("a", "from the bucket")
    stage.between = lambda: stage.put_here("a", "made just now")
    stage.sync(conflict_resolution=policy)
    survives(stage, b"made just now", policy)
    survives(stage, b"from the bucket", policy)


def test_a_folder_that_appears_where_a_new_file_would_land_keeps_its_files(stage: Stage) -> None:
    begin(stage, "other")
    stage.put_there("a", "from the bucket")
    stage.between = lambda: stage.put_here("a/inner", "made just now")
    stage.sync()
    assert stage.here()["a/inner"] == b"made just now"
    survives(stage, b"made just now")
    survives(stage, b"from the bucket")


def test_a_file_that_is_edited_before_its_deletion_arrives_stays(stage: Stage) -> None:
    begin(stage, "a", "b")
    stage.drop_there("a")
    stage.between = lambda: stage.put_here("a", "edited just now")
    stage.sync(delete_orphaned=True)
    assert stage.here()["a"] == b"edited just now"
    survives(stage, b"edited just now")


def test_a_file_that_is_edited_before_its_rename_arrives_stays(stage: Stage) -> None:
    begin(stage, "a", "b")
    stage.drop_there("a")
    stage.put_there("c", "agreed a")
    stage.between = lambda: stage.put_here("a", "edited just now")
    stage.sync(delete_orphaned=True)
    assert b"edited just now" in stage.here().values()
    survives(stage, b"edited just now")
    assert stage.here()["c"] == b"agreed a"


def test_an_edit_in_the_bucket_made_since_the_listing_is_not_replaced(
    either: Stage, policy: str
) -> None:
    begin(either, "a")
    either.put_here("a", "mine")
    either.between = lambda: either.put_there("a", "a stranger's, just now")
    result = either.sync(conflict_resolution=policy)
    assert named(result) == ["a"]
    survives(either, b"a stranger's, just now", policy)
    survives(either, b"mine", policy)


def test_an_object_made_in_the_bucket_since_the_listing_is_not_replaced(
    either: Stage, policy: str
) -> None:
    begin(either, "other")
    either.put_here("a", "mine")
    either.between = lambda: either.put_there("a", "a stranger's, just now")
    either.sync(conflict_resolution=policy)
    survives(either, b"a stranger's, just now", policy)
    survives(either, b"mine", policy)


def test_an_edit_in_the_bucket_made_since_the_listing_is_not_deleted(either: Stage) -> None:
    begin(either, "a", "b")
    either.drop_here("a")
    either.between = lambda: either.put_there("a", "a stranger's, just now")
    either.sync(delete_orphaned=True)
    assert either.there()["a"] == b"a stranger's, just now"
    survives(either, b"a stranger's, just now")


def test_a_mirror_keeps_what_was_edited_in_the_bucket_since_the_listing(either: Stage) -> None:
    begin(either, "a", "b", "c")
    either.drop_here("a")
    either.put_here("b", "mine")

    def edit() -> None:
        either.put_there("a", "a stranger's, just now")
        either.put_there("b", "another stranger's")

    either.between = edit
    either.sync(delete_orphaned=True, direction="push")
    survives(either, b"a stranger's, just now", "local_wins")
    survives(either, b"another stranger's", "local_wins")


def test_an_edit_in_the_bucket_made_since_the_listing_survives_a_rename(either: Stage) -> None:
    begin(either, "a", "b")
    (either.root / "a").rename(either.root / "c")
    either.between = lambda: either.put_there("a", "a stranger's, just now")
    either.sync(delete_orphaned=True)
    survives(either, b"a stranger's, just now")
    assert either.here()["c"] == b"agreed a"


def test_an_edit_in_the_bucket_at_the_very_last_instant_is_not_replaced(
    stage: Stage, policy: str
) -> None:
    begin(stage, "a")
    stage.put_here("a", "mine")

    def meddle(call: Call) -> None:
        if call.nth_here == 1:
            stage.put_there("a", "a stranger's, just now")

    stage.script(writes(Pauses(meddle), "a"))
    stage.sync(conflict_resolution=policy)
    survives(stage, b"a stranger's, just now", policy)
    survives(stage, b"mine", policy)


EDITS: dict[str, Callable[[Stage], None]] = {
    "here": lambda stage: stage.put_here("a", "edited just now"),
    "there": lambda stage: stage.put_there("a", "edited just now"),
}


@pytest.mark.parametrize("side", EDITS)
def test_a_side_of_a_conflict_that_changes_once_more_is_not_replaced_unseen(
    either: Stage, policy: str, side: str
) -> None:
    begin(either, "a")
    either.put_here("a", "mine")
    either.put_there("a", "theirs")
    either.between = lambda: EDITS[side](either)
    either.sync(conflict_resolution=policy)
    survives(either, b"edited just now", policy)
    survives(either, b"theirs" if side == "here" else b"mine", policy)


def test_what_was_not_replaced_is_not_recorded_as_agreed_either(either: Stage) -> None:
    begin(either, "a")
    rows = either.rows()
    either.put_here("a", "mine")
    either.between = lambda: either.put_there("a", "a stranger's, just now")
    either.sync(conflict_resolution="ask")
    assert either.rows() == rows
