"""Copies, moves, proofs and the trash: what a side has its stores do, and what it does instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from buckia import digests
from buckia.engine import inside
from buckia.engine.limits import Limits
from buckia.engine.seen import check_received, gone
from buckia.errors import Corrupted, Interrupted, StorageError, VersionMismatch
from buckia.model import BasicEntry, SideName, Traits
from buckia.protocols import ABSENT, Entry, Expected, Storage
from buckia.state.trash import Trash
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Fault, LosesAnswer, Truncates, denied, unavailable
from tests.core.cases import entry
from tests.core.sides import FEW, STORES, Bench, body, folder, memory, sha
from tests.core.waiting import Waiting

K, COPY = "outer/k", "outer/copy"
UNASKED = frozenset({"CopiesConditionally"})
"""What a store lacks that copies over whatever is there."""
CAPABLE: dict[str, Callable[[Path], Storage]] = {
    **{kind: STORES[kind] for kind in ("memory", "memory that tells no digests", "folder")},
    "memory that copies over anything": lambda _: memory(lacks=UNASKED),
    "memory that copies over anything and tells no digests": lambda _: memory(
        lacks=UNASKED, tells=()
    ),
    "folder that copies over anything": lambda path: folder(path, lacks=UNASKED),
}


@pytest.fixture(params=CAPABLE)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A side whose store copies and moves by itself."""
    made = Bench(CAPABLE[request.param](tmp_path / "bucket"))
    yield made
    made.store.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(folder(tmp_path / "root"), name=SideName.LEFT)
    yield made
    made.store.close()


def used(bench: Bench) -> str:
    """The operation by which this store copies."""
    return "copy" if bench.store.traits.lacks >= UNASKED else "copy_if"


def asked_first(bench: Bench) -> str:
    """The operation by which it finds out that a name is free."""
    return "stat" if bench.store.traits.lacks >= UNASKED else "copy_if"


def duplicated(bench: Bench, seen: BasicEntry, text: str = "text") -> BasicEntry:
    copy = inside.duplicate(bench.side, seen, COPY, "", known=sha(text))
    assert copy is not None
    return copy


# Copies inside a store.


def test_a_copy_is_made_where_the_bytes_are(bench: Bench) -> None:
    copy = duplicated(bench, bench.put("text"))
    assert (copy.key, copy.size) == (COPY, 4)
    assert bench.text("copy") == "text" == bench.text()
    assert bench.pinned(copy) == "text"
    assert not bench.store.called("write") + bench.store.called("write_if")


@pytest.mark.parametrize("lacks", [FEW, UNASKED | {"CopiesInside"}])
def test_a_store_that_cannot_copy_says_so_and_nothing_is_done(lacks: frozenset[str]) -> None:
    bench = Bench(memory(lacks=lacks))
    assert inside.duplicate(bench.side, bench.put("text"), COPY, "", known=sha("text")) is None
    assert bench.text("copy") is None


def test_only_the_version_that_was_seen_is_copied(bench: Bench) -> None:
    seen = bench.put("text")
    bench.put("theirs")
    with pytest.raises(VersionMismatch):
        duplicated(bench, seen)
    assert bench.text("copy") is None


def test_what_is_gone_cannot_be_copied(bench: Bench) -> None:
    seen = bench.put("text")
    bench.store.store.delete("inner/k")
    with pytest.raises(StorageError) as error:
        duplicated(bench, seen)
    assert gone(error.value)


def test_a_copy_takes_no_name_that_is_taken(bench: Bench) -> None:
    seen = bench.put("text")
    bench.put("theirs", "copy")
    with pytest.raises(VersionMismatch):
        duplicated(bench, seen)
    assert bench.text("copy") == "theirs"


def test_a_copy_whose_answer_was_lost_was_made(bench: Bench) -> None:
    seen = bench.put("text")
    bench.suffer(At(used(bench), LosesAnswer(), nth=1))
    copy = duplicated(bench, seen)
    assert bench.pinned(copy) == "text"
    assert bench.store.called("copy") in ([], ["inner/copy"]), "without a condition only once"


def test_a_copy_that_was_never_made_is_made_again(bench: Bench) -> None:
    seen = bench.put("text")
    bench.suffer(At(used(bench), unavailable(wait=40), nth=1))
    duplicated(bench, seen)
    assert bench.text("copy") == "text"
    assert bench.stop.waits == [40]


def test_a_copy_was_made_though_its_source_changed_after_the_answer_was_lost(bench: Bench) -> None:
    seen = bench.put("text")
    bench.suffer(
        At(used(bench), LosesAnswer(), nth=1), bench.meanwhile(asked_first(bench), "theirs", nth=2)
    )
    assert bench.pinned(duplicated(bench, seen)) == "text"
    assert bench.text() == "theirs"


@pytest.mark.parametrize("fault", [unavailable(), LosesAnswer()])
def test_a_name_that_another_has_since_taken_is_left_to_them(bench: Bench, fault: Fault) -> None:
    """Whether the copy was never made, or was made and written over."""
    seen = bench.put("text")
    bench.suffer(
        At(used(bench), fault, nth=1),
        bench.meanwhile(asked_first(bench), "theirs", nth=2, name="copy"),
    )
    with pytest.raises(VersionMismatch):
        duplicated(bench, seen)
    assert bench.text("copy") == "theirs"


@pytest.mark.parametrize(
    ("lacks", "requests"),
    [
        (frozenset[str](), ["copy_if"]),
        (frozenset({"CopiesInside"}), ["copy_if"]),
        (UNASKED, ["stat", "copy"]),
    ],
    ids=["both", "with a condition", "over anything"],
)
def test_a_condition_on_the_new_name_is_used_where_the_store_honours_one(
    lacks: frozenset[str], requests: list[str]
) -> None:
    bench = Bench(memory(lacks=lacks))
    duplicated(bench, bench.put("text"))
    assert [call.operation for call in bench.store.calls] == requests


def test_a_name_is_looked_at_again_when_that_could_not_be_done() -> None:
    bench = Bench(memory(lacks=UNASKED))
    seen = bench.put("text")
    bench.suffer(At("stat", unavailable(), nth=1))
    duplicated(bench, seen)
    assert [call.operation for call in bench.store.calls] == ["stat", "stat", "copy"]


class Garbling(MemoryStore):
    """A store whose copies are other bytes of the same size."""

    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        wrong = "?" * self.stat(source).size
        return self.write_if(target, body(wrong), expect=expect)

    def copy(self, source: str, target: str, *, source_version: str) -> Entry:
        return self.copy_if(source, target, source_version=source_version, expect=ABSENT)


@pytest.mark.parametrize(
    "store",
    [
        Garbling(),
        Garbling(lists=(), tells=["sha256"]),
        Garbling(lists=(), hints=["sha256"]),
        Garbling(lists=()),
        Garbling(traits=Traits(lacks=UNASKED)),
    ],
    ids=["listed", "told by stat", "hinted", "read", "copied over anything"],
)
def test_a_copy_is_proven_by_the_cheapest_proof_there_is(store: MemoryStore) -> None:
    bench = Bench(store)
    with pytest.raises(Corrupted):
        duplicated(bench, bench.put("text"))


LITTLE = Traits(lacks=frozenset({"Digests"}))


@pytest.mark.parametrize(
    ("store", "questions"),
    [
        (MemoryStore(), []),
        (MemoryStore(lists=(), hints=["sha256"]), []),
        (MemoryStore(lists=()), ["stat", "digest"]),
        (MemoryStore(traits=LITTLE), ["stat", "read"]),
    ],
    ids=["listed", "hinted", "computed there", "nothing told"],
)
def test_a_proof_costs_no_more_than_it_must(store: MemoryStore, questions: list[str]) -> None:
    bench = Bench(store)
    duplicated(bench, bench.put("text"))
    asked = [call.operation for call in bench.store.calls]
    assert asked == ["copy_if", *questions]


@pytest.mark.parametrize("operation", ["stat", "read"])
def test_the_proof_of_a_copy_is_tried_again_too(operation: str) -> None:
    bench = Bench(MemoryStore(traits=LITTLE))
    seen = bench.put("text")
    bench.suffer(At(operation, unavailable(), nth=1))
    duplicated(bench, seen)
    assert len(bench.store.called(operation)) == 2


def test_a_proof_that_was_cut_short_says_nothing_against_the_copy() -> None:
    bench = Bench(MemoryStore(traits=LITTLE))
    seen = bench.put("text")
    bench.suffer(At("read", Truncates(keep=2), nth=1))
    duplicated(bench, seen)
    assert len(bench.store.called("read")) == 2


# Moves inside a store.


def test_an_object_gets_another_name(bench: Bench) -> None:
    assert inside.can_move(bench.side, "")
    moved = inside.move(bench.side, bench.put("text"), COPY, "")
    assert moved.key == COPY
    assert bench.pinned(moved) == "text"
    assert bench.text() is None


@pytest.mark.parametrize("lacks", [FEW, frozenset({"MovesInside"})])
def test_a_store_that_cannot_move_says_so(lacks: frozenset[str]) -> None:
    assert not inside.can_move(Bench(memory(lacks=lacks)).side, "")


def test_nothing_is_moved_that_was_not_seen_or_over_what_is_there(bench: Bench) -> None:
    seen = bench.put("text")
    bench.put("theirs", "copy")
    with pytest.raises(VersionMismatch):
        inside.move(bench.side, seen, COPY, "")
    assert (bench.text(), bench.text("copy")) == ("text", "theirs")
    bench.put("theirs too")
    with pytest.raises(VersionMismatch):
        inside.move(bench.side, seen, "outer/other", "")
    assert (bench.text(), bench.text("other")) == ("theirs too", None)


def test_a_move_is_tried_again_when_no_answer_came(bench: Bench) -> None:
    seen = bench.put("text")
    bench.suffer(At("move", unavailable(), nth=1))
    inside.move(bench.side, seen, COPY, "")


def test_a_move_whose_answer_was_lost_has_succeeded(bench: Bench) -> None:
    seen = bench.put("text")
    bench.suffer(At("move", LosesAnswer(), nth=1))
    moved = inside.move(bench.side, seen, COPY, "", known=sha("text"))
    assert bench.pinned(moved) == "text"
    assert bench.text() is None


def test_what_another_put_there_with_the_same_bytes_is_no_move_of_ours(bench: Bench) -> None:
    seen = bench.put("text")
    bench.suffer(
        At("move", unavailable(), nth=1), bench.meanwhile("move", "text", nth=2, name="copy")
    )
    with pytest.raises(VersionMismatch):
        inside.move(bench.side, seen, COPY, "", known=sha("text"))
    assert (bench.text(), bench.text("copy")) == ("text", "text")


# Digests.


def test_what_the_bucket_can_compute_is_not_fetched() -> None:
    bench = Bench(memory(tells=()))
    seen = bench.put("text")
    found, known = bench.side.digests(seen, "", ["md5", "sha256"])
    assert known == {name: digests.of(b"text", name) for name in ("md5", "sha256")}
    assert found == seen
    assert bench.store.called("digest") == ["inner/k", "inner/k"]
    assert not bench.store.called("read")


def test_what_it_cannot_compute_is_read_once_for_all_digests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(memory(lacks=FEW, tells=()))
    moved: list[int] = []
    monkeypatch.setattr(bench.side.limits, "moved", moved.append)
    _, known = bench.side.digests(bench.put("text"), "", ["md5", "sha256"])
    assert known == {name: digests.of(b"text", name) for name in ("md5", "sha256")}
    assert bench.store.called("read") == ["inner/k"]
    assert sum(moved) == 4


def test_a_local_file_is_read_and_what_is_told_is_of_the_bytes_that_were_read(disk: Bench) -> None:
    seen = disk.put("text")
    found, known = disk.side.digests(seen, "", ["sha256"])
    assert known == sha("text")
    assert found.key == K
    assert disk.pinned(found) == "text"
    assert disk.store.called("read") == ["inner/k"]


@pytest.mark.parametrize("kind", STORES)
def test_no_digest_is_told_of_another_version(kind: str, tmp_path: Path) -> None:
    bench = Bench(STORES[kind](tmp_path / "bucket"))
    seen = bench.put("text")
    bench.put("theirs")
    with pytest.raises(VersionMismatch):
        bench.side.digests(seen, "", ["sha256"])
    bench.store.close()


def test_a_reading_that_was_cut_short_is_made_again() -> None:
    bench = Bench(memory(lacks=FEW, tells=()))
    seen = bench.put("text")
    bench.suffer(At("read", Truncates(keep=2), nth=1), At("read", unavailable(), nth=2))
    _, known = bench.side.digests(seen, "", ["sha256"])
    assert known == sha("text")
    assert len(bench.stop.waits) == 2


def test_a_reading_stops_when_somebody_wants_to_stop() -> None:
    bench = Bench(memory(lacks=FEW))
    seen = bench.put("text")
    bench.stop.ask()
    with pytest.raises(Interrupted):
        bench.side.digests(seen, "", ["md5"])


# Bodies.


def test_a_body_is_of_exactly_one_version(bench: Bench) -> None:
    seen = bench.put("text")
    made = bench.side.body(seen, "", known=sha("text"), content_type="text/plain")
    assert made.open().read() == b"text"
    assert (made.size, made.digests, made.content_type) == (4, sha("text"), "text/plain")
    bench.put("theirs")
    with pytest.raises(VersionMismatch):
        made.open().read()


# Staging, and the trash.


def test_what_is_staged_is_seen_only_when_it_is_committed(disk: Bench, tmp_path: Path) -> None:
    seen = disk.put("old")
    staged = disk.side.stage(K, "", body("new"), source=Limits())
    assert staged is not None
    assert disk.text() == "old"
    written = disk.side.commit(staged, K, expect=seen.version, slot=tmp_path / "slot")
    assert written.key == K
    assert disk.pinned(written) == "new"
    assert (tmp_path / "slot").read_text() == "old"


def test_what_was_not_seen_is_not_replaced_by_a_commit(disk: Bench, tmp_path: Path) -> None:
    seen = disk.put("old")
    staged = disk.side.stage(K, "", body("new"), source=Limits())
    assert staged is not None
    disk.put("theirs")
    with pytest.raises(VersionMismatch):
        disk.side.commit(staged, K, expect=seen.version, slot=tmp_path / "slot")
    assert disk.text() == "theirs"
    assert not (tmp_path / "slot").exists()


def test_staging_is_tried_again_as_the_source_of_the_bytes_wants_it(disk: Bench) -> None:
    disk.suffer(At("stage", unavailable(wait=40), nth=1))
    there = Waiting()
    staged = disk.side.stage(K, "", body("new"), source=Limits(stop=there))
    assert staged is not None
    assert (there.waits, disk.stop.waits) == ([40], [])
    disk.side.commit(staged, K, expect=ABSENT, slot=None)
    assert disk.text() == "new"


def test_a_store_that_cannot_stage_says_so(tmp_path: Path) -> None:
    assert Bench(memory()).side.stage(K, "", body("new"), source=Limits()) is None
    lacking = Bench(folder(tmp_path / "bucket", lacks=["Stages"]))
    assert lacking.side.stage(K, "", body("new"), source=Limits()) is None


def test_the_object_itself_goes_to_the_trash(disk: Bench, tmp_path: Path) -> None:
    assert disk.side.can_retire("")
    disk.side.retire(disk.put("old"), "", tmp_path / "slot")
    assert disk.text() is None
    assert (tmp_path / "slot").read_text() == "old"


def test_another_version_does_not_go_to_the_trash(disk: Bench, tmp_path: Path) -> None:
    seen = disk.put("old")
    disk.put("theirs")
    with pytest.raises(VersionMismatch):
        disk.side.retire(seen, "", tmp_path / "slot")
    assert disk.text() == "theirs"
    assert not (tmp_path / "slot").exists()


def test_only_the_version_that_was_seen_is_kept_in_the_trash(bench: Bench, tmp_path: Path) -> None:
    seen = bench.put("one")
    bench.put("two")
    slot = Trash(tmp_path / "trash").slot(K, side=SideName.RIGHT, reason="replaced", size=3)
    with pytest.raises(VersionMismatch):
        bench.side.save(seen, "", slot, moved=lambda _count: None)
    assert not slot.path.exists()


def test_a_store_that_cannot_retire_says_so(tmp_path: Path) -> None:
    assert not Bench(memory()).side.can_retire("")
    assert not Bench(folder(tmp_path / "bucket", lacks=["Retires"])).side.can_retire("")


# What a store says it holds.


@pytest.mark.parametrize(
    ("told", "sent"),
    [(entry("text"), sha("text")), (entry("text", knows=["md5"]), sha("text")), (entry("x"), {})],
)
def test_what_was_received_is_what_was_sent_or_nothing_speaks_against_it(
    told: BasicEntry, sent: dict[str, str]
) -> None:
    check_received(told, sent)


def test_other_bytes_than_were_sent_are_refused() -> None:
    with pytest.raises(Corrupted) as error:
        check_received(entry("other", key="a.txt"), sha("text"))
    assert error.value.key == "a.txt"


def test_a_refused_copy_is_not_tried_again(bench: Bench) -> None:
    seen = bench.put("text")
    bench.suffer(At(used(bench), denied()))
    with pytest.raises(StorageError):
        duplicated(bench, seen)
    assert len(bench.store.called(used(bench))) == 1
