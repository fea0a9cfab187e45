"""Writing and removing exactly what was seen, on stores that help with that and on others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from buckia.engine.mount import Mount
from buckia.engine.seen import expected, gone
from buckia.engine.side import Side
from buckia.errors import (
    AccessDenied,
    Interrupted,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.model import BasicEntry, SideName
from buckia.protocols import ABSENT
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia.testing.faults import At, LosesAnswer, denied, unavailable
from tests.core.sides import FEW, STORES, Bench, body, folder, memory, sha
from tests.core.waiting import Waiting

K = "outer/k"


@pytest.fixture(params=STORES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(STORES[request.param](tmp_path / "bucket"))
    yield made
    made.store.close()


@pytest.fixture(params=["memory with few abilities", "memory with neither"])
def simple(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """A store without any condition."""
    return Bench(STORES[request.param](tmp_path))


@pytest.fixture(params=["write_if", "write"])
def writing(request: pytest.FixtureRequest) -> tuple[Bench, str]:
    """A store with conditions and one without, and how each is written to."""
    return Bench(memory(lacks=() if request.param == "write_if" else FEW)), request.param


# Keys.


def test_each_origin_has_its_store_and_all_others_the_one_without_a_name() -> None:
    one, other = Mount(memory()), Mount(memory())
    both = Side(SideName.LEFT, {"": one, "docs": other}, Bench(memory()).side.limits)
    assert both.mount("docs") is other
    assert both.mount("elsewhere") is one
    assert both.traits("docs") == other.storage.traits


@pytest.mark.parametrize(
    ("outer", "inner", "key", "name"),
    [
        ("", "", "a/b", "a/b"),
        ("", "prefix/", "a/b", "prefix/a/b"),
        ("data/", "", "data/a", "a"),
        ("data/", "raw/", "data/a", "raw/a"),
        ("conf/c.json", "c.json", "conf/c.json", "c.json"),
    ],
)
def test_a_mount_knows_a_key_by_its_name_in_the_store(
    outer: str, inner: str, key: str, name: str
) -> None:
    mount = Mount(memory(), outer=outer, inner=inner)
    assert mount.inside(key) == name
    assert mount.outside(name) == key


def test_an_entry_is_found_under_the_key_of_the_engine(bench: Bench) -> None:
    assert bench.side.stat(K, "") is None
    seen = bench.put("text")
    assert (seen.key, seen.size) == (K, 4)


def test_a_question_is_asked_again_when_no_answer_came(bench: Bench) -> None:
    bench.put("text")
    bench.suffer(At("stat", unavailable(wait=40), nth=1))
    assert bench.side.stat(K, "") is not None
    assert bench.stop.waits == [40]


def test_a_refusal_is_no_absence(bench: Bench) -> None:
    bench.suffer(At("stat", denied()))
    with pytest.raises(AccessDenied):
        bench.side.stat(K, "")


def test_a_store_that_is_missing_altogether_says_nothing_of_a_key(tmp_path: Path) -> None:
    bench = Bench(folder(tmp_path / "bucket"))
    (tmp_path / "bucket").rmdir()
    with pytest.raises(NotFound):
        bench.side.stat(K, "")


# Writing.


def test_a_new_key_is_written_where_nothing_is(bench: Bench) -> None:
    written = bench.side.write(K, "", body("new"), expect=ABSENT)
    assert bench.text() == "new"
    assert written.key == K
    assert bench.pinned(written) == "new"


def test_the_version_that_was_seen_is_replaced(bench: Bench) -> None:
    seen = bench.put("old")
    written = bench.side.write(K, "", body("new"), expect=seen.version)
    assert bench.text() == "new"
    assert written.version != seen.version
    assert bench.pinned(written) == "new"


def test_nothing_is_written_over_what_was_not_seen(bench: Bench) -> None:
    seen = bench.put("old")
    bench.put("theirs")
    for expect in (seen.version, ABSENT):
        with pytest.raises(VersionMismatch):
            bench.side.write(K, "", body("new"), expect=expect)
    assert bench.text() == "theirs"
    assert bench.stop.waits == []


def test_nothing_is_written_in_place_of_what_has_vanished(bench: Bench) -> None:
    seen = bench.put("old")
    bench.store.store.delete("inner/k")
    with pytest.raises(VersionMismatch):
        bench.side.write(K, "", body("new"), expect=seen.version)
    assert bench.text() is None


def test_what_holds_our_bytes_already_is_seen_and_not_written_again() -> None:
    """Our own, which somebody between sent twice; or another's, and both agree all the same."""
    bench = Bench(memory())
    there = bench.put("new")
    assert bench.side.write(K, "", body("new"), expect=ABSENT).version == there.version
    with pytest.raises(VersionMismatch):
        bench.side.write(K, "", body("other"), expect=ABSENT)
    assert bench.text() == "new"


def test_the_same_bytes_of_somebody_else_were_not_seen_where_nothing_was_sent(
    simple: Bench,
) -> None:
    simple.put("new")
    with pytest.raises(VersionMismatch):
        simple.side.write(K, "", body("new"), expect=ABSENT)


@pytest.mark.parametrize(
    ("lacks", "limit", "used"),
    [
        ((), None, "write_if"),
        ((), 3, "write_if"),
        ((), 2, "write"),
        (("WritesConditionally",), None, "write"),
        (("WritesConditionally",), 3, "write"),
    ],
)
def test_a_condition_is_used_where_the_store_honours_one(
    lacks: tuple[str, ...], limit: int | None, used: str
) -> None:
    traits = msgspec.structs.replace(ROOMY, lacks=frozenset(lacks), conditional_write_limit=limit)
    bench = Bench(MemoryStore(traits=traits))
    bench.side.write(K, "", body("new"), expect=ABSENT)
    assert [bench.store.called(name) for name in ("write_if", "write")].count([]) == 1
    assert bench.store.called(used) == ["inner/k"]


# Writing while answers get lost.


def test_a_write_whose_answer_was_lost_has_succeeded(bench: Bench) -> None:
    seen = bench.put("old")
    used = "write" if bench.store.traits.lacks >= FEW else "write_if"
    bench.suffer(At(used, LosesAnswer(), nth=1))
    written = bench.side.write(K, "", body("new"), expect=seen.version)
    assert bench.text() == "new"
    assert bench.pinned(written) == "new"
    assert len(bench.stop.waits) == 1


def test_so_has_the_first_write_of_a_key(bench: Bench) -> None:
    used = "write" if bench.store.traits.lacks >= FEW else "write_if"
    bench.suffer(At(used, LosesAnswer(), nth=1))
    written = bench.side.write(K, "", body("new"), expect=ABSENT)
    assert bench.text() == "new"
    assert bench.pinned(written) == "new"


def test_without_conditions_a_write_that_arrived_is_not_made_again(simple: Bench) -> None:
    simple.suffer(At("write", LosesAnswer(), nth=1))
    simple.side.write(K, "", body("new"), expect=ABSENT)
    assert simple.store.called("write") == ["inner/k"]


def test_a_write_that_never_arrived_is_made_again(writing: tuple[Bench, str]) -> None:
    bench, used = writing
    seen = bench.put("old")
    bench.suffer(At(used, unavailable(), nth=range(1, 3)))
    bench.side.write(K, "", body("new"), expect=seen.version)
    assert bench.text() == "new"
    assert len(bench.store.called(used)) == 3


def test_when_every_answer_is_lost_the_failure_is_told(writing: tuple[Bench, str]) -> None:
    bench, used = writing
    bench.suffer(At(used, unavailable()))
    with pytest.raises(Unavailable):
        bench.side.write(K, "", body("new"), expect=ABSENT)
    assert len(bench.store.called(used)) == 5


def test_what_somebody_wrote_after_a_lost_answer_is_not_taken_for_ours(
    writing: tuple[Bench, str],
) -> None:
    bench, used = writing
    seen = bench.put("old")
    # The second look at the key, whichever call that is, comes after somebody else.
    second = "write_if" if used == "write_if" else "stat"
    bench.suffer(At(used, LosesAnswer(), nth=1), bench.meanwhile(second, "theirs", nth=2))
    with pytest.raises(VersionMismatch):
        bench.side.write(K, "", body("new"), expect=seen.version)
    assert bench.text() == "theirs"


def test_what_was_deleted_after_a_lost_answer_is_not_written_again(
    writing: tuple[Bench, str],
) -> None:
    bench, used = writing
    seen = bench.put("old")
    second = "write_if" if used == "write_if" else "stat"
    bench.suffer(At(used, LosesAnswer(), nth=1), bench.meanwhile(second, None, nth=2))
    with pytest.raises(VersionMismatch):
        bench.side.write(K, "", body("new"), expect=seen.version)
    assert bench.text() is None


def test_a_body_of_unknown_digests_is_ours_only_where_that_can_be_shown() -> None:
    bench = Bench(memory())
    bench.suffer(At("write_if", LosesAnswer(), nth=1))
    with pytest.raises(VersionMismatch):
        bench.side.write(K, "", body("new", knows=()), expect=ABSENT)


def test_a_stop_ends_the_tries(writing: tuple[Bench, str]) -> None:
    bench, used = writing
    bench.stop = Waiting(ask_after=1)
    bench.side.limits.stop = bench.stop
    bench.suffer(At(used, unavailable()))
    with pytest.raises(Interrupted):
        bench.side.write(K, "", body("new"), expect=ABSENT)
    assert len(bench.store.called(used)) == 1


# Writing without conditions, while others write.


def test_somebody_who_wrote_just_after_us_is_noticed(simple: Bench) -> None:
    seen = simple.put("old")
    simple.suffer(simple.meanwhile("stat", "theirs", nth=2))
    with pytest.raises(VersionMismatch) as error:
        simple.side.write(K, "", body("new"), expect=seen.version)
    assert error.value.key == K
    assert simple.text() == "theirs"


def test_somebody_who_wrote_the_same_bytes_just_after_us_does_no_harm(simple: Bench) -> None:
    seen = simple.put("old")
    simple.suffer(simple.meanwhile("stat", "new", nth=2))
    written = simple.side.write(K, "", body("new"), expect=seen.version)
    # What is recorded is what stands there, not what was written and is gone.
    assert written.version == simple.now().version


def test_somebody_who_deleted_just_after_us_is_noticed(simple: Bench) -> None:
    simple.suffer(simple.meanwhile("stat", None, nth=2))
    with pytest.raises((VersionMismatch, NotFound)) as error:
        simple.side.write(K, "", body("new"), expect=ABSENT)
    assert gone(error.value)


def test_the_second_look_is_tried_again_too(simple: Bench) -> None:
    simple.suffer(At("stat", unavailable(), nth=2))
    simple.side.write(K, "", body("new"), expect=ABSENT)
    assert simple.text() == "new"
    assert simple.store.called("write") == ["inner/k"]


def test_and_so_is_the_reading_that_it_takes_to_compare() -> None:
    bench = Bench(memory(lacks=FEW, tells=()))
    bench.suffer(bench.meanwhile("stat", "new", nth=2), At("read", unavailable(), nth=1))
    bench.side.write(K, "", body("new"), expect=ABSENT)
    assert len(bench.store.called("read")) == 2


# Removing.


def test_the_version_that_was_seen_is_removed(bench: Bench) -> None:
    bench.side.remove(bench.put("old"), "")
    assert bench.text() is None


def test_what_was_not_seen_is_not_removed(bench: Bench) -> None:
    seen = bench.put("old")
    bench.put("theirs")
    with pytest.raises(VersionMismatch):
        bench.side.remove(seen, "")
    assert bench.text() == "theirs"


def test_what_is_gone_already_needs_no_removal(bench: Bench) -> None:
    seen = bench.put("old")
    bench.store.store.delete("inner/k")
    bench.side.remove(seen, "")
    assert bench.text() is None


def test_others_are_not_removed(bench: Bench) -> None:
    bench.put("other", "k2")
    bench.side.remove(bench.put("old"), "")
    assert bench.text("k2") == "other"


@pytest.mark.parametrize(("used", "lacks"), [("delete_if", frozenset[str]()), ("delete", FEW)])
def test_a_removal_whose_answer_was_lost_has_succeeded(used: str, lacks: frozenset[str]) -> None:
    bench = Bench(memory(lacks=lacks))
    seen = bench.put("old")
    bench.suffer(At(used, LosesAnswer(), nth=1))
    bench.side.remove(seen, "")
    assert bench.text() is None


@pytest.mark.parametrize(
    ("used", "second", "lacks"),
    [("delete_if", "delete_if", frozenset[str]()), ("delete", "stat", FEW)],
)
def test_what_came_after_a_lost_removal_stays(
    used: str, second: str, lacks: frozenset[str]
) -> None:
    bench = Bench(memory(lacks=lacks))
    seen = bench.put("old")
    bench.suffer(At(used, LosesAnswer(), nth=1), bench.meanwhile(second, "theirs", nth=2))
    with pytest.raises(VersionMismatch):
        bench.side.remove(seen, "")
    assert bench.text() == "theirs"


@pytest.mark.parametrize("lacks", [frozenset[str](), FEW])
def test_a_store_that_is_missing_altogether_has_not_lost_this_key(
    tmp_path: Path, lacks: frozenset[str]
) -> None:
    bench = Bench(folder(tmp_path / "bucket", lacks=lacks))
    seen = bench.put("old")
    (tmp_path / "bucket").rename(tmp_path / "unplugged")
    with pytest.raises(StorageError):
        bench.side.remove(seen, "")


# Small words.


def test_what_is_expected_of_a_key_is_its_version_or_nothing() -> None:
    assert expected(None) is ABSENT
    assert expected(BasicEntry(key="k", size=0, version="v9", digests=sha(""))) == "v9"


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (VersionMismatch("x"), True),
        (NotFound("x"), True),
        (Unavailable("x"), False),
        (AccessDenied("x"), False),
    ],
)
def test_only_another_version_or_none_means_that_somebody_changed_a_key(
    error: VersionMismatch | NotFound | Unavailable | AccessDenied, answer: bool
) -> None:
    assert gone(error) is answer
