"""A run that is cut off at any instant is completed by the next, and nobody's edit is invented."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from buckia.engine.execute.desk import QUICK
from buckia.model import Agreed, SideName
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import StateError
from buckia.testing.faults import LosesAnswer, denied
from tests.engine.bench import (
    DELETES,
    READS,
    WRITES,
    Bench,
    actions,
    lacking,
    memory,
    whenever,
)

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


class CutOff(BaseException):
    """As if the process ended here: nobody handles it."""


Cut = Callable[..., None]


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Syncs until something was done, and ends right before that is written down."""
    real = SqliteManifest.note

    def note(self: SqliteManifest, intents: Iterable[Any], changes: Iterable[Any]) -> None:
        found = list(changes)
        if found:
            raise CutOff
        real(self, intents, found)

    def run(bench: Bench, **how: Any) -> None:
        with monkeypatch.context() as patching:
            # What the reading of both sides writes down is not what is meant here.
            bench.between = lambda: patching.setattr(SqliteManifest, "note", note)
            with pytest.raises(CutOff):
                bench.sync(max_workers=1, **how)
        bench.between = lambda: None

    return run


UNCONDITIONAL = (
    "WritesConditionally",
    "DeletesConditionally",
    "CopiesConditionally",
    "MovesInside",
)
LACKS = {
    "with abilities": (),
    "waiting for each answer": ("BeginsReads", "BeginsWrites"),
    "without conditions": UNCONDITIONAL,
    "without": (*UNCONDITIONAL, "BeginsReads", "CopiesInside"),
}


@pytest.fixture(params=LACKS)
def agreed(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    bench = Bench(tmp_path, lacking(*LACKS[request.param]))
    for key in ("a", "b", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    return bench


def edit_here(bench: Bench) -> None:
    bench.put_here("a", "edited here")


def edit_there(bench: Bench) -> None:
    bench.put_there("a", "edited there")


def new_here(bench: Bench) -> None:
    bench.put_here("new", "new here")


def new_there(bench: Bench) -> None:
    bench.put_there("new", "new there")


def drop_here(bench: Bench) -> None:
    bench.drop_here("a")


def drop_there(bench: Bench) -> None:
    bench.drop_there("a")


def rename_here(bench: Bench) -> None:
    bench.rename_here("a", "d/a")


def rename_there(bench: Bench) -> None:
    bench.put_there("d/a", "agreed a")
    bench.drop_there("a")


ACTS: dict[str, tuple[Callable[[Bench], None], dict[str, str]]] = {
    "upload of an edit": (edit_here, {"a": "edited here"}),
    "download of an edit": (edit_there, {"a": "edited there"}),
    "upload of a new file": (new_here, {"a": "agreed a", "new": "new here"}),
    "download of a new file": (new_there, {"a": "agreed a", "new": "new there"}),
    "deletion there": (drop_here, {}),
    "deletion here": (drop_there, {}),
    "rename there": (rename_here, {"d/a": "agreed a"}),
    "rename here": (rename_there, {"d/a": "agreed a"}),
}


@pytest.fixture(params=ACTS)
def act(request: pytest.FixtureRequest) -> tuple[Callable[[Bench], None], dict[str, str]]:
    return ACTS[request.param]


REST = {"b": "agreed b", "rest": "agreed rest"}


@pytest.mark.parametrize("policy", [None, "ask"])
def test_what_was_done_and_not_written_down_is_found_to_be_agreed(
    agreed: Bench,
    cut_off: Cut,
    act: tuple[Callable[[Bench], None], dict[str, str]],
    policy: str | None,
) -> None:
    change, wanted = act
    change(agreed)
    cut_off(agreed, delete_orphaned=True)
    assert agreed.intents(), "what was about to be done stands nowhere"
    agreed.script()
    result = agreed.sync(delete_orphaned=True, conflict_resolution=policy)
    assert not result.conflicts
    assert not result.failed
    # A rename by other means may have been cut off half-way; all else was done already.
    if "d/a" not in wanted:
        assert not result.actions, actions(result)
        assert not agreed.changes()
    agreed.agreed({**wanted, **REST})
    assert not agreed.sync(delete_orphaned=True).actions


def test_without_deletions_a_cut_off_run_is_completed_too(agreed: Bench, cut_off: Cut) -> None:
    rename_here(agreed)
    cut_off(agreed)
    result = agreed.sync()
    assert not result.conflicts
    agreed.done()
    agreed.agreed({"a": "agreed a", "d/a": "agreed a", **REST})


def test_a_cut_off_resolution_of_a_conflict_keeps_every_version_and_one_copy(
    agreed: Bench, cut_off: Cut
) -> None:
    edit_here(agreed)
    edit_there(agreed)
    for _ in range(3):
        cut_off(agreed, conflict_resolution="keep_both")
    result = agreed.done(conflict_resolution="keep_both")
    assert agreed.here() == agreed.there()
    copies = [key for key in agreed.here() if ".conflict-" in key]
    assert len(copies) == 1
    assert agreed.here()[copies[0]] == b"edited here"
    assert agreed.here()["a"] == b"edited there"
    assert {one.path for one in result.conflicts} <= {"a"}


def test_a_copy_that_a_cut_off_run_made_in_the_bucket_leaves_no_intent_open(agreed: Bench) -> None:
    """Two actions find it: that which settles the conflict, and that which fetches what is new."""
    edit_here(agreed)
    edit_there(agreed)
    [planned] = agreed.status(conflict_resolution="keep_both").actions
    copy = planned.reason.rpartition(" ")[2]
    agreed.put_there(copy, "edited here")
    agreed.sync(conflict_resolution="keep_both", max_workers=1)
    assert agreed.here()[copy] == agreed.there()[copy] == b"edited here"
    assert agreed.intents() == []


@pytest.mark.parametrize("policy", ["local_wins", "remote_wins"])
def test_a_cut_off_victory_keeps_the_loser(agreed: Bench, cut_off: Cut, policy: str) -> None:
    edit_here(agreed)
    edit_there(agreed)
    cut_off(agreed, conflict_resolution=policy)
    won, lost = b"edited here", b"edited there"
    if policy == "remote_wins":
        won, lost = lost, won
    agreed.done(conflict_resolution=policy)
    assert agreed.here()["a"] == agreed.there()["a"] == won
    assert lost in {one.data for one in agreed.trash()}


@pytest.mark.parametrize("way", ["upload", "download"])
def test_what_is_edited_once_more_after_a_cut_off_transfer_is_no_conflict(
    agreed: Bench, cut_off: Cut, way: str
) -> None:
    (edit_here if way == "upload" else edit_there)(agreed)
    cut_off(agreed)
    (agreed.put_here if way == "upload" else agreed.put_there)("a", "edited once more")
    result = agreed.done(conflict_resolution="ask")
    assert not result.conflicts
    agreed.agreed({"a": "edited once more", **REST})


def test_what_is_edited_after_a_cut_off_rename_is_no_conflict(agreed: Bench, cut_off: Cut) -> None:
    rename_here(agreed)
    cut_off(agreed, delete_orphaned=True)
    agreed.put_here("d/a", "edited since")
    result = agreed.done(delete_orphaned=True, conflict_resolution="ask")
    assert not result.conflicts
    agreed.agreed({"d/a": "edited since", **REST})


def test_a_file_that_a_killed_run_left_out_of_its_place_is_no_deletion(
    bench: Bench, cut_off: Cut
) -> None:
    for key in ("a", "b"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_here("b", "edited here")
    cut_off(bench)
    tag = (bench.state / "tag").read_text().strip()
    # Where such files stand while they are moved and cannot be renamed at once.
    bench.rename_here("a", f".buckia-swap-{tag}-0123456789abcdef_m__/a")
    result = bench.sync(delete_orphaned=True)
    assert not result.actions, actions(result)
    bench.agreed({"a": "agreed a", "b": "edited here"})


@pytest.mark.parametrize("way", ["upload", "download"])
def test_where_an_edit_hides_whether_the_transfer_came_true_nothing_is_lost(
    agreed: Bench, cut_off: Cut, way: str
) -> None:
    (edit_here if way == "upload" else edit_there)(agreed)
    cut_off(agreed)
    (agreed.put_there if way == "upload" else agreed.put_here)("a", "edited once more")
    agreed.done(conflict_resolution="keep_both")
    edited = b"edited here" if way == "upload" else b"edited there"
    held = {*agreed.here().values(), *(one.data for one in agreed.trash())}
    assert {edited, b"edited once more"} <= held
    assert agreed.here() == agreed.there()


def test_what_appears_again_after_a_cut_off_deletion_is_new(agreed: Bench, cut_off: Cut) -> None:
    drop_here(agreed)
    cut_off(agreed, delete_orphaned=True)
    agreed.put_here("a", "made anew")
    result = agreed.done(delete_orphaned=True)
    assert not result.conflicts
    agreed.agreed({"a": "made anew", **REST})


def test_both_sides_edited_after_a_cut_off_upload_are_a_conflict(
    agreed: Bench, cut_off: Cut
) -> None:
    edit_here(agreed)
    cut_off(agreed)
    agreed.put_here("a", "edited here once more")
    agreed.put_there("a", "edited there meanwhile")
    result = agreed.done(conflict_resolution="keep_both")
    assert [one.path for one in result.conflicts] == ["a"]
    assert {b"edited here once more", b"edited there meanwhile"} <= set(agreed.here().values())


def test_a_status_after_a_cut_off_run_tells_what_the_next_run_does(
    agreed: Bench, cut_off: Cut
) -> None:
    edit_here(agreed)
    new_there(agreed)
    cut_off(agreed)
    told = agreed.status()
    assert actions(told) == actions(agreed.sync())
    assert not told.conflicts


def test_a_narrowed_run_after_a_cut_off_leaves_other_wishes_alone(
    agreed: Bench, cut_off: Cut
) -> None:
    edit_here(agreed)
    cut_off(agreed)
    agreed.sync(sync_paths=["b"])
    assert [intent.key for intent in agreed.intents()] == ["a"]
    result = agreed.done(conflict_resolution="ask")
    assert not result.conflicts


@pytest.mark.parametrize("wording", [WRITES, DELETES])
def test_an_answer_that_was_lost_for_good_is_found_by_the_next_run(
    agreed: Bench, wording: str
) -> None:
    edit_here(agreed)
    agreed.drop_here("b")
    agreed.script(whenever(wording, LosesAnswer()))
    agreed.sync(delete_orphaned=True)
    agreed.script()
    result = agreed.done(delete_orphaned=True, conflict_resolution="ask")
    assert not result.conflicts
    agreed.agreed({"a": "edited here", "rest": "agreed rest"})


def test_an_intent_that_nothing_came_of_is_dropped(agreed: Bench) -> None:
    edit_here(agreed)
    from buckia.errors import StorageError
    from buckia.testing.faults import Fails

    refused = Fails(lambda key: StorageError("not today", key=key))
    agreed.script(whenever(WRITES, refused))
    assert agreed.sync().exit_code == 1
    assert [(one.key, one.side) for one in agreed.intents()] == [("a", SideName.RIGHT)]
    agreed.put_here("a", "agreed a")
    agreed.script()
    assert not agreed.sync().actions
    assert agreed.intents() == []


@pytest.mark.parametrize("side", list(SideName))
def test_what_came_too_late_is_no_intent_any_more(agreed: Bench, side: SideName) -> None:
    """Whoever writes later what it would have written has made an edit like any other."""
    mine, yours = (agreed.put_here, agreed.put_there)
    if side is SideName.LEFT:
        mine, yours = yours, mine
    mine("a", "edited")
    agreed.between = lambda: yours("a", "edited meanwhile")
    result = agreed.sync(conflict_resolution="ask")
    assert [one.path for one in result.conflicts] == ["a"]
    assert agreed.intents() == []
    agreed.between = lambda: None
    mine("a", "edited twice")
    yours("a", "edited")
    result = agreed.sync(conflict_resolution="ask")
    assert [one.path for one in result.conflicts] == ["a"]


@posix
@pytest.mark.parametrize(
    ("operation", "size"),
    [("write_if", QUICK + 1), ("commit", 1), ("settle", 1), ("delete_if", 1), ("move", 1)],
)
def test_a_process_that_ends_right_after_the_bucket_changed_is_no_strangers_edit(
    tmp_path: Path, operation: str, size: int
) -> None:
    """The bucket is a folder here, so that it outlives the process. Small files go together."""
    from buckia.stores.local.store import LocalStore

    (tmp_path / "there").mkdir()
    lacks = frozenset({"Retires", "Stages", "Surveys"})
    bucket = LocalStore(tmp_path / "there", tag="bench", lacks=lacks)
    bench = Bench(tmp_path, bucket)
    for key in ("a", "b", "old", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    edited = b"edited here" * size
    bench.put_here("a", edited)
    bench.drop_here("b")
    bench.rename_here("old", "new")
    child = os.fork()
    if not child:

        def last(real: Callable[..., Any]) -> Callable[..., NoReturn]:
            def run(*given: Any, **how: Any) -> NoReturn:
                real(*given, **how)
                os._exit(9)

            return run

        if operation == "commit":
            stage = bucket.stage_unsettled

            def staged(*given: Any) -> Any:
                one: Any = stage(*given)
                one.commit = last(one.commit)
                return one

            setattr(bucket, "stage_unsettled", staged)  # noqa: B010 - as the others below
        else:
            setattr(bucket, operation, last(getattr(bucket, operation)))
        bench.sync(delete_orphaned=True, max_workers=1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    result = bench.sync(delete_orphaned=True, conflict_resolution="ask")
    assert (result.conflicts, result.failed) == ((), ())
    assert bench.here() == {"a": edited, "new": b"agreed old", "rest": b"agreed rest"}
    assert not bench.sync(delete_orphaned=True).actions


@pytest.mark.parametrize("operation", ["write_if", "delete_if", "move"])
@pytest.mark.parametrize("workers", [1, 4])
def test_an_impatient_interrupt_right_after_a_change_leaves_no_conflict(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, operation: str, workers: int
) -> None:
    """The second Ctrl-C, as a thread of ours meets it."""
    for key in ("a", "b", "old", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_here("a", "edited here")
    bench.drop_here("b")
    bench.rename_here("old", "new")
    real = getattr(bench.bucket, operation)

    def last(*given: Any, **how: Any) -> NoReturn:
        real(*given, **how)
        raise KeyboardInterrupt

    with monkeypatch.context() as patching:
        patching.setattr(bench.bucket, operation, last)
        with pytest.raises(KeyboardInterrupt):
            bench.sync(delete_orphaned=True, max_workers=workers)
    result = bench.done(delete_orphaned=True, conflict_resolution="ask")
    assert not result.conflicts
    bench.agreed({"a": "edited here", "new": "agreed old", "rest": "agreed rest"})


@pytest.mark.parametrize("side", list(SideName))
def test_a_file_that_was_put_back_is_known_again_though_its_row_could_not_be_written(
    made: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, side: SideName
) -> None:
    """Its deletion was to free a name, for something that then did not come."""
    bench = made(memory(flat=False))
    bench.put_here("name", "agreed")
    bench.put_here("rest", "rest")
    bench.done()
    if side is SideName.LEFT:
        bench.drop_there("name")
        bench.put_there("name/new", "in a folder")
        bench.script(whenever(READS, denied(), key="name/new"))
    else:
        bench.drop_here("name")
        bench.put_here("name/new", "in a folder")
        bench.script(whenever(WRITES, denied(), key="name/new"))
    real = SqliteManifest.note

    def note(self: SqliteManifest, intents: Iterable[Any], changes: Iterable[Any]) -> None:
        found = list(changes)
        if any(isinstance(one, Agreed) and one.key == "name" for one in found):
            raise StateError("the disk is full")
        real(self, intents, found)

    with monkeypatch.context() as patching:
        patching.setattr(SqliteManifest, "note", note)
        result = bench.sync(delete_orphaned=True)
    assert {one.path for one in result.failed} == {"name", "name/new"}
    assert "name" in (bench.here() if side is SideName.LEFT else bench.there())
    bench.script()
    assert not bench.done(delete_orphaned=True).conflicts
    bench.agreed({"name/new": "in a folder", "rest": "rest"})
