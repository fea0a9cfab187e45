"""A listing is complete, or it is an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from buckia.errors import AccessDenied, StorageError, Unavailable
from buckia.testing.faults import At, Breaks, Fails, denied, unavailable
from tests.guarantees.processes import Folders
from tests.guarantees.stage import Stage, put, texts

ROW = 12


def broken(fault: Breaks) -> list[At]:
    """A listing that breaks off there, and never goes on."""
    return [At("scan", fault), At("scan_between", Breaks(0))]


def much_to_do(stage: Stage) -> None:
    """Both sides agreed once; since then each has new, changed and deleted files."""
    for number in range(ROW):
        stage.put_here(f"{number:02}", f"agreed {number}")
    stage.sync()
    stage.put_here("00", "changed here")
    stage.put_here("new here", "new here")
    stage.drop_here("01", "02")
    stage.put_there("03", "changed there")
    stage.put_there("new there", "new there")
    stage.drop_there("04", "05")


@pytest.mark.parametrize("after", range(ROW))
@pytest.mark.parametrize("direction", ["both", "push", "pull"])
def test_a_listing_that_breaks_off_anywhere_ends_the_run_before_anything_is_written(
    stage: Stage, after: int, direction: str
) -> None:
    much_to_do(stage)
    here, there, rows = stage.here(), stage.there(), stage.rows()
    stage.script(*broken(Breaks(after)))
    with pytest.raises(Unavailable):
        stage.sync(delete_orphaned=True, direction=direction)
    assert not stage.changes()
    assert (stage.here(), stage.there(), stage.rows()) == (here, there, rows)


@pytest.mark.parametrize(
    ("fault", "error"), [(denied(), AccessDenied), (unavailable(), Unavailable)]
)
def test_a_listing_that_is_refused_ends_the_run(
    stage: Stage, fault: Fails, error: type[StorageError]
) -> None:
    much_to_do(stage)
    here, there = stage.here(), stage.there()
    stage.script(At("scan", fault))
    with pytest.raises(error):
        stage.sync(delete_orphaned=True)
    assert (stage.here(), stage.there()) == (here, there)


def test_after_a_listing_that_broke_off_the_next_run_does_everything(stage: Stage) -> None:
    much_to_do(stage)
    stage.script(*broken(Breaks(3)))
    with pytest.raises(Unavailable):
        stage.sync(delete_orphaned=True)
    stage.script()
    assert not stage.sync(delete_orphaned=True).failed
    assert stage.here() == stage.there()
    assert "01" not in stage.here()
    assert stage.here()["03"] == b"changed there"


def test_a_status_does_not_guess_from_half_a_listing_either(stage: Stage) -> None:
    much_to_do(stage)
    stage.script(*broken(Breaks(3)))
    with pytest.raises(Unavailable):
        stage.status(delete_orphaned=True)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path)
    for key in ("open/a", "open/b", "shut/a", "shut/b", "top", "leaves"):
        put(made.root / key, f"agreed {key}")
    assert made.sync()["exit_code"] == 0
    return made


def edit_all(folders: Folders) -> None:
    put(folders.bucket / "shut/a", "changed there")
    put(folders.bucket / "shut/new", "new there")
    (folders.bucket / "shut/b").unlink()
    put(folders.bucket / "open/a", "changed there")
    put(folders.root / "top", "changed here")
    (folders.root / "leaves").unlink()


def test_what_an_unreadable_folder_holds_is_unknown_and_untouched_and_nothing_is_deleted(
    folders: Folders,
) -> None:
    edit_all(folders)
    shut = folders.root / "shut"
    shut.chmod(0)
    try:
        told = folders.sync(bound=True, delete_orphaned=True)
    finally:
        shut.chmod(0o755)
    assert told["exit_code"] == 1
    assert any("shut" in one["path"] for one in told["failed"])
    here, there = folders.here(), folders.there()
    assert here["shut/a"] == b"agreed shut/a"
    assert here["shut/b"] == b"agreed shut/b"
    assert "shut/new" not in here
    assert there["shut/a"] == b"changed there"
    assert "leaves" in there, "something was deleted though not everything was seen"
    assert here["open/a"] == b"changed there"
    assert there["top"] == b"changed here"


def test_once_the_folder_can_be_read_again_the_rest_is_done(folders: Folders) -> None:
    edit_all(folders)
    (folders.root / "shut").chmod(0)
    folders.sync(bound=True, delete_orphaned=True)
    (folders.root / "shut").chmod(0o755)
    told = folders.sync(delete_orphaned=True)
    assert (told["exit_code"], told["conflicts"]) == (0, [])
    folders.agreed(
        {
            **texts(open__a="changed there", open__b="agreed open/b", shut__a="changed there"),
            "shut/new": b"new there",
            "top": b"changed here",
        }
    )


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_an_unreadable_folder_is_no_reason_to_empty_the_bucket_or_to_fetch_it_anew(
    folders: Folders, direction: str
) -> None:
    (folders.root / "shut").chmod(0)
    try:
        told = folders.sync(bound=True, delete_orphaned=True, direction=direction, force=True)
    finally:
        (folders.root / "shut").chmod(0o755)
    assert told["exit_code"] == 1
    assert {"shut/a", "shut/b"} <= folders.there().keys()
    assert folders.here()["shut/a"] == b"agreed shut/a"


def test_an_unreadable_file_is_left_alone_and_all_others_are_transferred(folders: Folders) -> None:
    put(folders.root / "open/a", "changed here, and shut")
    put(folders.root / "open/b", "changed here")
    (folders.bucket / "top").unlink()
    (folders.root / "open/a").chmod(0)
    told = folders.sync(bound=True, delete_orphaned=True)
    assert told["exit_code"] == 1
    assert [one["path"] for one in told["failed"]] == ["open/a"]
    assert folders.there()["open/a"] == b"agreed open/a"
    assert folders.there()["open/b"] == b"changed here"
    assert "top" in folders.here(), "something was deleted though not everything was seen"
    os.chmod(folders.root / "open/a", 0o644)  # noqa: PTH101 - beside the others
    assert folders.sync(delete_orphaned=True)["exit_code"] == 0
    assert folders.here() == folders.there()


def test_a_file_of_an_unreadable_folder_that_seems_to_be_new_elsewhere_is_no_rename(
    folders: Folders,
) -> None:
    put(folders.root / "open/copy", "agreed shut/a")
    (folders.root / "shut").chmod(0)
    try:
        told = folders.sync(bound=True, delete_orphaned=True)
    finally:
        (folders.root / "shut").chmod(0o755)
    assert told["renamed"] == 0
    assert {"shut/a", "open/copy"} <= folders.there().keys()
