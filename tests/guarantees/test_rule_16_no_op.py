"""A sync that has nothing to do costs nothing."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from tests.guarantees.processes import Folders
from tests.guarantees.stage import STATE, Stage, put

COUNT = 200
ONCE_A_RUN = {"scan", "identity", "sweep"}
"""What may be asked for in a run whatever the number of objects; the identity is that of the
bucket itself."""


def stamps(folder: Path) -> dict[str, tuple[int, ...]]:
    """All that a write outside the state would change."""
    found: dict[str, tuple[int, ...]] = {}
    for path in (folder, *folder.rglob("*")):
        if STATE not in path.relative_to(folder).parts:
            told = path.lstat()
            found[str(path)] = (told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)
    del found[str(folder)]
    return found


BUCKETS: dict[str, dict[str, Any]] = {
    "with digests": {},
    "without digests": {"digests": frozenset()},
    "with another digest": {"digests": frozenset({"md5"})},
    "without times": {"keeps_mtime": False},
    "without abilities": {
        "lacks": frozenset({"WritesConditionally", "DeletesConditionally"})
        | {"CopiesInside", "CopiesConditionally"}
    },
}


@pytest.fixture(params=BUCKETS)
def quiet(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    traits = msgspec.structs.replace(ROOMY, **BUCKETS[request.param])
    stage = Stage(tmp_path, MemoryStore(traits=traits))
    for number in range(COUNT):
        (stage.put_here if number % 2 else stage.put_there)(f"d{number % 7}/{number}", f"{number}")
    stage.sync()
    return stage


@pytest.mark.parametrize("how", [{}, {"direction": "push"}, {"direction": "pull"}], ids=str)
def test_a_run_without_differences_asks_for_the_listing_only(
    quiet: Stage, how: dict[str, Any]
) -> None:
    quiet.script()
    result = quiet.sync(delete_orphaned=True, **how)
    asked = Counter(call.operation for call in quiet.store.calls)
    assert set(asked) <= ONCE_A_RUN, asked
    assert asked["scan"] == 1
    assert asked.total() <= 4
    assert result.unchanged == COUNT
    assert not result.bytes_up + result.bytes_down
    assert not result.actions


def test_a_run_without_differences_writes_nothing_outside_the_state(quiet: Stage) -> None:
    before, objects = stamps(quiet.root), quiet.there()
    quiet.script()
    quiet.sync()
    assert stamps(quiet.root) == before
    assert quiet.there() == objects
    assert not quiet.changes()


def test_a_bucket_that_is_a_folder_is_not_written_to_either(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for number in range(50):
        put(folders.root / f"{number}", f"{number}")
    folders.sync()
    before = stamps(folders.root), stamps(folders.bucket)
    assert folders.sync(runs=2)["actions"] == []
    assert (stamps(folders.root), stamps(folders.bucket)) == before


def test_files_that_were_merely_touched_transfer_nothing(quiet: Stage) -> None:
    for path in quiet.root.rglob("*"):
        if path.is_file() and STATE not in path.parts:
            os.utime(path)
    quiet.script()
    result = quiet.sync()
    assert not result.bytes_up + result.bytes_down
    assert not result.actions
    assert {call.operation for call in quiet.store.calls} <= ONCE_A_RUN


def test_objects_that_were_stored_again_transfer_nothing_where_a_digest_shows_it(
    stage: Stage,
) -> None:
    for number in range(20):
        stage.put_here(f"{number}", f"{number}")
    stage.sync()
    for key, data in stage.there().items():
        stage.put_there(key, data)
    stage.script()
    result = stage.sync()
    assert not result.bytes_up + result.bytes_down
    assert not result.conflicts
    assert {call.operation for call in stage.store.calls} <= ONCE_A_RUN


def test_one_difference_costs_requests_for_one_object(quiet: Stage) -> None:
    quiet.put_here("new", "new")
    quiet.script()
    result = quiet.sync()
    assert result.uploaded == 1
    about = {call.key for call in quiet.store.calls if call.operation not in ONCE_A_RUN}
    assert about == {"new"}


def test_a_rename_sends_no_bytes_again(stage: Stage) -> None:
    stage.put_here("a", b"a" * 500_000)
    stage.put_here("b", "b")
    stage.sync()
    (stage.root / "a").rename(stage.root / "c")
    result = stage.sync(delete_orphaned=True)
    assert (result.renamed, result.bytes_up, result.bytes_down) == (1, 0, 0)
    assert stage.here() == stage.there()


def test_a_rename_in_the_bucket_fetches_no_bytes_again(stage: Stage) -> None:
    stage.put_here("a", b"a" * 500_000)
    stage.put_here("b", "b")
    stage.sync()
    inode = (stage.root / "a").stat().st_ino
    stage.put_there("c", b"a" * 500_000)
    stage.drop_there("a")
    result = stage.sync(delete_orphaned=True)
    assert (result.renamed, result.bytes_up, result.bytes_down) == (1, 0, 0)
    assert stage.here() == stage.there()
    assert (stage.root / "c").stat().st_ino == inode


def test_a_status_writes_nothing_at_all_not_even_a_state(stage: Stage) -> None:
    stage.put_here("a", "a")
    stage.put_there("b", "b")
    before = sorted(stage.root.rglob("*"))
    stage.script()
    assert len(stage.status().actions) == 2
    stage.sync(dry_run=True)
    assert sorted(stage.root.rglob("*")) == before
    assert not stage.changes()
