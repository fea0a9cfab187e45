"""Every request is tried again when that may help, and never when it may not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from buckia.engine.limits import FIRST_PAUSE, LONGEST_PAUSE
from buckia.errors import AccessDenied, Corrupted, InvalidKey, StorageError, Unavailable
from buckia.events import Retrying
from buckia.protocols import Body, Entry, Expected
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia.testing.faults import At, Breaks, Fails, Fault, LosesAnswer, Storm, unavailable
from tests.guarantees.stage import Stage, deletes, reads, writes

UNCONDITIONAL = frozenset(
    {"WritesConditionally", "DeletesConditionally", "CopiesConditionally", "MovesInside"}
)
LACKS = {
    "with all abilities": frozenset[str](),
    "waiting for each answer": frozenset({"BeginsReads", "BeginsWrites"}),
    "with conditional copies": frozenset({"MovesInside"}),
    "without conditions": UNCONDITIONAL,
    "with none": UNCONDITIONAL | {"CopiesInside"},
}
OPERATIONS = ("write", "write_if", "read", "read_range", "delete", "delete_if", "delete_many")
RENAMES = ("copy", "copy_if", "move")


@pytest.fixture(params=LACKS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    traits = msgspec.structs.replace(ROOMY, lacks=LACKS[request.param])
    return Stage(tmp_path, MemoryStore(traits=traits), retries=3)


def much_to_do(stage: Stage) -> None:
    for key in ("a", "b", "c", "d", "old"):
        stage.put_here(key, f"agreed {key}")
    stage.sync()
    stage.put_here("a", "changed here")
    stage.put_here("new here", "new here")
    stage.drop_here("b")
    stage.put_there("c", "changed there")
    stage.put_there("new there", "new there")
    stage.drop_there("d")
    (stage.root / "old").rename(stage.root / "renamed")


WANTED = {
    "a": b"changed here",
    "new here": b"new here",
    "c": b"changed there",
    "new there": b"new there",
    "renamed": b"agreed old",
}


def everywhere(fault: Fault, nth: Iterable[int]) -> list[At]:
    """The fault for each of these calls of whatever a sync asks."""
    operations = ("scan", "stat", *RENAMES, "digest", "identity", *OPERATIONS)
    return [At(operation, fault, number) for operation in operations for number in nth]


@pytest.mark.parametrize("nth", [1, 2])
def test_whatever_request_fails_once_is_made_again(either: Stage, nth: int) -> None:
    much_to_do(either)
    either.script(everywhere(unavailable(), [nth]))
    result = either.sync(delete_orphaned=True, max_workers=1)
    assert not result.failed
    assert not result.conflicts
    assert either.here() == either.there() == WANTED


@pytest.mark.parametrize("seed", range(8))
def test_a_storm_of_failures_delays_and_changes_nothing_else(either: Stage, seed: int) -> None:
    much_to_do(either)
    either.store.plan = Storm(seed, 0.2, unavailable(), LosesAnswer(), Breaks(3))
    for _ in range(30):
        try:
            result = either.sync(delete_orphaned=True, conflict_resolution="keep_both")
        except Unavailable:
            continue
        assert not result.conflicts
        if not result.failed:
            break
    either.script()
    assert not either.sync(delete_orphaned=True).actions
    assert either.here() == either.there() == WANTED


@pytest.mark.parametrize("tries", [1, 2, 5])
def test_a_request_is_made_as_often_as_was_asked_for(
    staged: Callable[..., Stage], tries: int
) -> None:
    stage = staged(retries=tries)
    stage.put_here("a", "a")
    stage.script(writes(unavailable(), "a"))
    result = stage.sync()
    assert [one.error for one in result.failed] == ["Unavailable"]
    asked = [call for call in stage.store.calls if call.operation in {"write", "write_if"}]
    assert len(asked) == tries
    stage.script(At("scan", unavailable()))
    with pytest.raises(Unavailable):
        stage.sync()
    assert len(stage.store.called("scan")) == tries


@pytest.mark.parametrize("kind", [AccessDenied, InvalidKey])
def test_what_was_refused_is_not_asked_again(stage: Stage, kind: type[StorageError]) -> None:
    refused = Fails(lambda key: kind("no", key=key))
    stage.put_here("a", "a")
    stage.script(writes(refused, "a"))
    assert [one.error for one in stage.sync().failed] == [kind.__name__]
    asked = [call for call in stage.store.calls if call.operation in {"write", "write_if"}]
    assert len(asked) == 1


def test_a_refused_listing_is_not_asked_for_again(stage: Stage) -> None:
    stage.script(At("scan", Fails(lambda key: AccessDenied("no", key=key))))
    with pytest.raises(AccessDenied):
        stage.sync()
    assert len(stage.store.called("scan")) == 1


def test_what_came_damaged_is_asked_for_again(stage: Stage) -> None:
    damaged = Fails(lambda key: Corrupted("damaged", key=key))
    stage.put_there("a", "a")
    stage.script(reads(damaged, nth=1))
    assert not stage.sync().failed
    assert stage.here() == {"a": b"a"}


def test_a_store_that_names_its_own_wait_is_given_it(staged: Callable[..., Stage]) -> None:
    stage = staged(retries=3)
    stage.put_here("a", "a")
    stage.script(writes(unavailable(wait=0.07), "a", nth=range(1, 3)))
    assert not stage.sync().failed
    waits = [event.seconds for event in stage.events if isinstance(event, Retrying)]
    assert len(waits) == 2
    assert min(waits) >= 0.07


def test_pauses_are_random_below_a_bound_that_doubles(
    staged: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buckia.engine.limits.FIRST_PAUSE", FIRST_PAUSE)
    monkeypatch.setattr("buckia.engine.limits.Stop.wait", lambda _self, _seconds: None)
    stage = staged(retries=9)
    keys = [f"{number:02}" for number in range(30)]
    for key in keys:
        stage.put_here(key, key)
    stage.script(*(writes(unavailable(), key, nth=range(1, 9)) for key in keys))
    assert not stage.sync().failed
    told = [event for event in stage.events if isinstance(event, Retrying)]
    for attempt in range(1, 9):
        pauses = [event.seconds for event in told if event.attempt == attempt]
        bound = min(LONGEST_PAUSE, 0.5 * 2 ** (attempt - 1))
        assert len(set(pauses)) > 20, "all wait for the same time"
        assert max(pauses) <= bound
        assert max(pauses) > bound / 2
        assert min(pauses) < bound / 2, "the pauses do not go down to nothing"


def test_a_write_whose_answer_was_lost_has_succeeded(either: Stage) -> None:
    either.put_here("a", "first")
    either.sync()
    either.put_here("a", "second")
    either.put_here("new", "new")
    either.script(writes(LosesAnswer(), nth=1), writes(LosesAnswer(), nth=2))
    result = either.sync(conflict_resolution="keep_both")
    assert not result.failed
    assert not result.conflicts
    either.agreed(a="second", new="new")


def test_a_write_whose_answer_was_lost_is_no_excuse_to_write_over_a_stranger(
    stage: Stage,
) -> None:
    stage.put_here("a", "first")
    stage.sync()
    stage.put_here("a", "second")
    once = [True]

    def meddle(key: str) -> StorageError:
        if once.pop():
            once.append(False)
            stage.put_there("a", "a stranger's")
        return Unavailable("the answer was lost", key=key)

    stage.script(writes(Fails(meddle), "a", nth=1))
    stage.sync(conflict_resolution="local_wins")
    held = {*stage.there().values(), *(data for _, data in stage.trash())}
    assert b"a stranger's" in held


def test_a_write_that_somebody_between_sends_twice_has_succeeded(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the second one says that the version expected there is gone."""
    real = MemoryStore.write_if

    def twice(store: MemoryStore, key: str, body: Body, *, expect: Expected) -> Entry:
        real(store, key, body, expect=expect)
        return real(store, key, body, expect=expect)

    stage.put_here("a", "first")
    stage.sync()
    stage.put_here("a", "mine")
    stage.put_there("a", "theirs")
    stage.put_here("new", "new")
    monkeypatch.setattr(MemoryStore, "write_if", twice)
    result = stage.sync(conflict_resolution="local_wins")
    assert not result.failed
    assert result.uploaded == 2
    assert [one.path for one in result.conflicts] == ["a"], "what gave way is told of"
    stage.agreed(a="mine", new="new")
    assert ("a", b"theirs") in stage.trash()


def test_a_deletion_whose_answer_was_lost_has_succeeded(either: Stage) -> None:
    either.put_here("a", "a")
    either.put_here("b", "b")
    either.sync()
    either.drop_here("a")
    either.script(deletes(LosesAnswer(), nth=1))
    result = either.sync(delete_orphaned=True)
    assert not result.failed
    either.agreed(b="b")


def test_a_rename_whose_answer_was_lost_has_succeeded(either: Stage) -> None:
    either.put_here("a", "a")
    either.put_here("b", "b")
    either.sync()
    (either.root / "a").rename(either.root / "c")
    either.script(*(At(operation, LosesAnswer(), 1) for operation in RENAMES))
    result = either.sync(delete_orphaned=True)
    assert not result.failed
    assert not result.conflicts
    either.agreed(b="b", c="a")
