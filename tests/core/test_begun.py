"""Requests that are begun and heard later: counted once, tried again and judged like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buckia.body import StoredBody
from buckia.diff import plain
from buckia.engine.limits import Limits
from buckia.engine.mount import Mount
from buckia.engine.side import Side
from buckia.errors import (
    AccessDenied,
    Corrupted,
    Interrupted,
    NotFound,
    Overtaken,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.events import Event, Retrying
from buckia.model import BasicEntry, SideName
from buckia.protocols import ABSENT, Body, Staged, Storage
from buckia.stores.local import LocalStore
from buckia.stores.local.staging import StagedFile
from tests.core.begun import Beginning, shares
from tests.core.sides import body, memory
from tests.core.waiting import Clock, Waiting

K = "outer/k"
DOWN = Unavailable("no answer")


class Bench:
    """A side over one store; `taken` are the shares of time that its requests took."""

    def __init__(self, store: Storage, **settings: Any) -> None:
        self.store = store
        self.stop = Waiting()
        self.heard: list[Event] = []
        limits = Limits(stop=self.stop, tell=self.heard.append, **settings)
        self.taken = shares(limits)
        mounts = {"": Mount(store, outer="outer/", inner="inner/")}
        self.side = Side(SideName.RIGHT, mounts, limits)

    def put(self, text: str) -> BasicEntry:
        """What somebody else wrote, past all answers."""
        assert isinstance(self.store, Beginning)
        return plain(self.store.write("inner/k", body(text)), K)

    def written(self, text: str, expect: Any = ABSENT) -> BasicEntry:
        """Begun, waited for, and heard, as a transfer does it."""
        sending = body(text)
        first = self.side.begin_write(K, "", sending, expect=expect)
        assert first is not None
        first.wait()
        return self.side.write(K, "", sending, expect=expect, first=first)

    def staged(self, seen: BasicEntry, into: Side) -> Staged:
        """The bytes of an entry, begun, waited for, and brought to another side."""
        first = self.side.begin_read(seen, "")
        assert first is not None
        first.wait()
        coming = StoredBody(self.store, "inner/k", seen, begun=first.take)
        staged = into.stage(K, "", coming, source=self.side.limits, is_begun=True)
        assert staged is not None
        first.close()
        return staged


@pytest.fixture
def here(tmp_path: Path) -> Side:
    """A folder that bytes are brought to, whose limits are its own."""
    store = LocalStore(tmp_path, tag="me")
    return Side(SideName.LEFT, {"": Mount(store, outer="outer/")}, Limits(stop=Waiting()))


# What can be begun.


def test_a_store_that_begins_requests_is_asked_to() -> None:
    bench = Bench(Beginning())
    assert bench.side.begins_writes("", 1)
    assert bench.side.begins_reads("")
    first = bench.side.begin_write(K, "", body("new"), expect=ABSENT)
    assert first is not None
    assert bench.store.journal == ["begin write inner/k"]  # type: ignore[attr-defined]  # it is one


def test_one_whose_endpoint_lacks_it_is_not() -> None:
    bench = Bench(Beginning(lacks=["BeginsWrites", "BeginsReads"]))
    seen = BasicEntry(key=K, size=1, version="1")
    assert bench.side.begin_write(K, "", body("new"), expect=ABSENT) is None
    assert bench.side.begin_read(seen, "") is None
    assert bench.taken == []


@pytest.mark.parametrize(("limit", "is_begun"), [(None, True), (3, True), (2, False)])
def test_a_write_is_begun_only_under_a_condition_that_is_honoured(
    limit: int | None, is_begun: bool
) -> None:
    bench = Bench(Beginning(limit=limit))
    first = bench.side.begin_write(K, "", body("new"), expect=ABSENT)
    assert (first is not None) is is_begun
    assert len(bench.taken) == is_begun


def test_without_conditions_no_write_is_begun() -> None:
    bench = Bench(Beginning(lacks=["WritesConditionally"]))
    assert bench.side.begin_write(K, "", body("new"), expect=ABSENT) is None


def test_nothing_is_begun_once_somebody_wants_to_stop() -> None:
    store = Beginning()
    bench = Bench(store)
    seen = bench.put("text")
    bench.stop.ask()
    with pytest.raises(Interrupted):
        bench.side.begin_write(K, "", body("new"), expect=ABSENT)
    with pytest.raises(Interrupted):
        bench.side.begin_read(seen, "")
    assert store.journal == []


# Writing.


def test_a_write_that_was_begun_is_sent_once_and_counted_once() -> None:
    store = Beginning()
    bench = Bench(store)
    made = bench.written("new")
    assert made.key == K
    assert store.journal == ["begin write inner/k"]
    assert store.contents() == {"inner/k": b"new"}
    assert bench.taken == [1]
    assert bench.stop.waits == []


def test_what_is_begun_takes_its_time_among_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    clock.install(monkeypatch)
    stop = Waiting(clock)
    side = Side(SideName.RIGHT, {"": Mount(Beginning())}, Limits(requests_per_second=1, stop=stop))
    for name in "abc":
        sending = body(name)
        first = side.begin_write(name, "", sending, expect=ABSENT)
        assert first is not None
        first.wait()
        side.write(name, "", sending, expect=ABSENT, first=first)
    # The first came at once; an answer that is heard takes no time of its own.
    assert stop.waits == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("error", [DOWN, Corrupted("cut short")])
def test_a_write_that_was_begun_in_vain_is_made_again_the_usual_way(error: StorageError) -> None:
    store = Beginning(error, error)
    bench = Bench(store)
    bench.written("new")
    assert store.journal == ["begin write inner/k", "write inner/k", "write inner/k"]
    assert store.contents() == {"inner/k": b"new"}
    assert bench.taken == [1, 1, 1]
    assert len(bench.stop.waits) == 2
    told = [event for event in bench.heard if isinstance(event, Retrying)]
    assert [(one.path, one.attempt) for one in told] == [(K, 1), (K, 2)]


def test_the_wish_of_a_store_to_be_left_alone_is_honoured_after_what_was_begun() -> None:
    bench = Bench(Beginning(Unavailable("slow down", wait=90)))
    bench.written("new")
    assert bench.stop.waits == [90]


@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (1, 1), (2, 2), (5, 5)])
def test_what_was_begun_is_one_of_the_tries(retries: int, tries: int) -> None:
    store = Beginning(*[DOWN] * 9)
    bench = Bench(store, retries=retries)
    with pytest.raises(Unavailable):
        bench.written("new")
    assert len(store.journal) == len(bench.taken) == tries


def test_what_was_sent_is_heard_though_somebody_wants_to_stop() -> None:
    store = Beginning()
    bench = Bench(store)
    sending = body("new")
    first = bench.side.begin_write(K, "", sending, expect=ABSENT)
    assert first is not None
    bench.stop.ask()
    first.wait()
    assert bench.side.write(K, "", sending, expect=ABSENT, first=first).key == K


def test_but_it_is_not_sent_again() -> None:
    store = Beginning(DOWN)
    bench = Bench(store)
    bench.stop = bench.side.limits.stop = Waiting(ask_after=1)
    with pytest.raises(Interrupted):
        bench.written("new")
    assert store.journal == ["begin write inner/k"]


# Writing, while others write.


def test_what_was_begun_over_another_version_is_refused() -> None:
    store = Beginning()
    bench = Bench(store)
    seen = bench.put("old")
    bench.put("theirs")
    for expect in (seen.version, ABSENT):
        with pytest.raises(VersionMismatch):
            bench.written("new", expect)
    assert store.contents() == {"inner/k": b"theirs"}
    assert bench.stop.waits == []


def test_a_refusal_may_come_from_somebody_between_who_sent_it_twice() -> None:
    """Then ours stands there already, and its digest tells."""
    store = Beginning()
    bench = Bench(store)
    store.meanwhile = lambda: bench.put("new")
    made = bench.written("new")
    assert made.version == store.stat("inner/k").version
    assert bench.taken == [1]


def test_a_refusal_says_that_ours_may_have_been_there_for_a_moment() -> None:
    store = Beginning()
    bench = Bench(store)
    store.meanwhile = lambda: bench.put("theirs")
    with pytest.raises(Overtaken) as raised:
        bench.written("new")
    assert raised.value.key == "inner/k"


def test_a_write_that_was_begun_and_whose_answer_was_lost_has_succeeded() -> None:
    store = Beginning(DOWN, lost=True)
    bench = Bench(store)
    seen = bench.put("old")
    made = bench.written("new", seen.version)
    assert store.journal == ["begin write inner/k", "write inner/k"]
    assert store.contents() == {"inner/k": b"new"}
    assert made.version == store.stat("inner/k").version


def test_what_somebody_wrote_after_the_lost_answer_is_not_taken_for_ours() -> None:
    store = Beginning(DOWN, lost=True)
    bench = Bench(store)
    seen = bench.put("old")
    sending = body("new")
    first = bench.side.begin_write(K, "", sending, expect=seen.version)
    assert first is not None
    assert not first.wait()
    bench.put("theirs")
    with pytest.raises(VersionMismatch):
        bench.side.write(K, "", sending, expect=seen.version, first=first)
    assert store.contents() == {"inner/k": b"theirs"}


# Reading.


def test_a_reading_that_was_begun_is_asked_for_once_and_counted_once(here: Side) -> None:
    store = Beginning()
    bench = Bench(store)
    staged = bench.staged(bench.put("text"), here)
    here.commit(staged, K, expect=ABSENT, slot=None)
    with here.mount("").storage.read("k") as reading:
        assert reading.read() == b"text"
    assert store.journal == ["begin read inner/k"]
    assert bench.taken == [1]


@pytest.mark.parametrize("error", [DOWN, Corrupted("cut short")])
def test_a_reading_that_was_begun_in_vain_is_made_again_and_counted(
    here: Side, error: StorageError
) -> None:
    store = Beginning(error, error)
    bench = Bench(store)
    bench.staged(bench.put("text"), here).discard()
    assert store.journal == ["begin read inner/k", "read inner/k", "read inner/k"]
    assert bench.taken == [1, 1, 1]
    assert len(bench.stop.waits) == 2


@pytest.mark.parametrize("error", [AccessDenied("refused"), NotFound("none", key="inner/k")])
def test_a_reading_that_is_refused_is_not(here: Side, error: StorageError) -> None:
    store = Beginning(error)
    bench = Bench(store)
    with pytest.raises(type(error)):
        bench.staged(bench.put("text"), here)
    assert store.journal == ["begin read inner/k"]


def test_another_version_is_not_begun_to_be_read(here: Side) -> None:
    bench = Bench(Beginning())
    seen = bench.put("old")
    bench.put("theirs")
    with pytest.raises(VersionMismatch):
        bench.staged(seen, here)


@pytest.mark.parametrize("is_waited_for", [False, True])
def test_a_reading_that_nobody_came_to_read_is_closed(is_waited_for: bool) -> None:
    store = Beginning()
    bench = Bench(store)
    first = bench.side.begin_read(bench.put("text"), "")
    assert first is not None
    if is_waited_for:
        first.wait()
    first.close()
    assert store.begun[0].closed == 1
    assert store.closed == (["inner/k"] if is_waited_for else [])


def test_a_reading_that_was_read_is_closed_once(here: Side) -> None:
    store = Beginning()
    bench = Bench(store)
    bench.staged(bench.put("text"), here).discard()
    assert store.closed == ["inner/k"]


# Staging together.


class Journalling(LocalStore):
    """Tells which way of staging was used."""

    def __init__(self, root: Path, lacks: frozenset[str] = frozenset()) -> None:
        super().__init__(root, tag="me", lacks=lacks)
        self.journal: list[str] = []

    def stage(self, key: str, body: Body) -> StagedFile:
        self.journal.append(f"stage {key}")
        return super().stage(key, body)

    def stage_unsettled(self, key: str, body: Body) -> StagedFile:
        self.journal.append(f"unsettled {key}")
        return super().stage_unsettled(key, body)


def local(store: Storage) -> Side:
    return Side(SideName.LEFT, {"": Mount(store, outer="outer/")}, Limits(stop=Waiting()))


@pytest.mark.parametrize(("is_together", "used"), [(True, "unsettled k"), (False, "stage k")])
def test_what_is_made_durable_together_is_staged_so_and_nothing_else(
    tmp_path: Path, is_together: bool, used: str
) -> None:
    store = Journalling(tmp_path)
    side = local(store)
    assert side.together("") is store
    together = side.together("") if is_together else None
    staged = side.stage(K, "", body("new"), source=Limits(), together=together)
    assert staged is not None
    assert store.journal == [used]
    side.commit(staged, K, expect=ABSENT, slot=None)
    assert (tmp_path / "k").read_text() == "new"


def test_a_store_that_does_not_do_so_says_so(tmp_path: Path) -> None:
    assert local(memory()).together("") is None
    assert local(Journalling(tmp_path, frozenset({"StagesTogether"}))).together("") is None
