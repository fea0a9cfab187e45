"""Stores that fail on purpose do so exactly where they are told, and are honest otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from buckia import protocols
from buckia.body import BytesBody, FileBody
from buckia.errors import AccessDenied, Corrupted, NotFound, Unavailable, VersionMismatch
from buckia.model import Traits
from buckia.pieces import TellsPieces
from buckia.protocols import ABSENT, Alters, Entry, Storage, TakesMode, ability
from buckia.stores.memory import MemoryStore
from buckia.testing import StorageConformance
from buckia.testing.faults import (
    CALM,
    At,
    Breaks,
    Call,
    Corrupts,
    Fails,
    Fault,
    Faulty,
    LosesAnswer,
    Pauses,
    Script,
    Stale,
    Storm,
    Truncates,
    denied,
    unavailable,
)
from buckia.testing.faults.plan import APPLIES, OPERATIONS
from buckia.testing.kit import Described
from buckia.testing.steps import begun_by
from tests.conformance.disk_like import DiskLike
from tests.conformance.runner import case_names, failure


class TestFaultyInCalm(StorageConformance):
    """With nothing planned the wrapper keeps every promise of the store inside."""

    large = 2 * 2**20

    @pytest.fixture
    def storage(self) -> Storage:
        self.store = Faulty(MemoryStore())
        return self.store

    def reopen(self) -> Storage:
        return self.store

    def described(self, storage: Storage, key: str) -> Described | None:
        assert isinstance(storage, Faulty)
        assert isinstance(storage.store, MemoryStore)
        stored = storage.store.stored(key)
        return stored.content_type, stored.metadata


WORDS = ("commit", "stage", "staging", "settle", "retire", "sweep", "survey", "discard")


def test_a_store_of_files_keeps_its_promises_through_the_wrapper(tmp_path: Path) -> None:
    cases = [case for case in case_names() if any(word in case for word in WORDS)]
    failures = {case: failure(case, lambda: Faulty(DiskLike()), tmp_path) for case in cases}
    assert len(cases) > 24
    assert {case: how for case, how in failures.items() if how} == {}


class Bare:
    """A store with no ability at all."""

    def __init__(self) -> None:
        inner = MemoryStore()
        self.traits = Traits()
        self.scan, self.stat, self.read = inner.scan, inner.stat, inner.read
        self.write, self.delete, self.close = inner.write, inner.delete, inner.close


def kinds() -> list[type]:
    return [
        kind
        for kind in (*vars(protocols).values(), TellsPieces)
        if getattr(kind, "_is_runtime_protocol", False) and kind not in (Alters, Storage, TakesMode)
    ]


@pytest.mark.parametrize("inside", [MemoryStore, DiskLike, Bare])
def test_it_offers_exactly_the_abilities_of_the_store_inside(inside: type) -> None:
    store = inside()
    faulty = Faulty(store)
    assert isinstance(faulty, Faulty)
    assert len(kinds()) == 24
    for kind in kinds():
        assert isinstance(faulty, kind) == isinstance(store, kind), kind
        assert (ability(faulty, kind) is None) == (ability(store, kind) is None)


def test_what_the_store_lacks_is_lacking_outside() -> None:
    store = MemoryStore(traits=Traits(lacks=frozenset({"MovesInside"})))
    assert ability(Faulty(store), protocols.MovesInside) is None
    assert Faulty(store).traits is store.traits


def faulty(*scenes: At) -> Faulty:
    return Faulty(MemoryStore(), Script(*scenes))


def put(store: Storage, key: str, data: bytes = b"bytes") -> Entry:
    return store.write(key, BytesBody(data=data))


def names(store: Storage, prefix: str = "") -> list[str]:
    return [entry.key for page in store.scan(prefix) for entry in page]


def get(store: Storage, key: str) -> bytes:
    with store.read(key) as reading:
        return reading.read()


def test_a_refused_call_does_nothing() -> None:
    store = faulty(At("write", unavailable(wait=1.5), nth=2), At("delete", denied(), key="a"))
    put(store, "a")
    with pytest.raises(Unavailable) as caught:
        put(store, "b")
    assert (caught.value.wait, caught.value.key) == (1.5, "b")
    with pytest.raises(AccessDenied):
        store.delete("a")
    put(store, "c")
    store.delete("c")
    assert names(store) == ["a"]


def test_each_error_is_a_new_one() -> None:
    store = faulty(At("stat", Fails(lambda key: Corrupted("broken", key=key))))
    caught = []
    for _ in range(2):
        with pytest.raises(Corrupted) as error:
            store.stat("a")
        caught.append(error.value)
    assert caught[0] is not caught[1]


def test_a_lost_answer_is_that_of_a_change_that_was_made() -> None:
    changes = ("write", "copy", "copy_if", "move", "delete_many")
    store = faulty(*(At(name, LosesAnswer()) for name in changes))
    with pytest.raises(Unavailable):
        put(store, "a")
    inside = store.store
    assert isinstance(inside, MemoryStore)
    assert isinstance(store, protocols.CopiesInside)
    assert isinstance(store, protocols.CopiesConditionally)
    assert isinstance(store, protocols.MovesInside)
    assert isinstance(store, protocols.DeletesMany)
    version = inside.stat("a").version
    with pytest.raises(Unavailable):
        store.copy("a", "b", source_version=version)
    with pytest.raises(Unavailable):
        store.copy_if("a", "d", source_version=version, expect=ABSENT)
    with pytest.raises(Unavailable):
        store.move("a", "c", source_version=version)
    assert inside.contents() == {"b": b"bytes", "c": b"bytes", "d": b"bytes"}
    with pytest.raises(Unavailable):
        store.delete_many(["b", "c", "d"])
    assert inside.contents() == {}


def test_a_lost_answer_of_a_refused_change_is_the_refusal() -> None:
    store = faulty(At("write_if", LosesAnswer()))
    assert isinstance(store, protocols.WritesConditionally)
    put(store, "a")
    with pytest.raises(VersionMismatch):
        store.write_if("a", BytesBody(data=b"x"), expect=ABSENT)
    assert get(store, "a") == b"bytes"


def test_a_begun_write_that_is_refused_does_nothing_and_says_so_at_its_end() -> None:
    store = faulty(At("write_if", unavailable(wait=1.5), nth=2))
    begun = [begin(store, key) for key in "abc"]
    assert get(store, "a") == get(store, "c") == b"bytes"
    begun[0].end()
    with pytest.raises(Unavailable) as caught:
        begun[1].end()
    assert (caught.value.wait, caught.value.key) == (1.5, "b")
    for one in begun:
        one.close()
    assert names(store) == ["a", "c"]


def test_a_lost_answer_of_a_begun_write_is_missed_at_its_end() -> None:
    store = faulty(At("write_if", LosesAnswer()))
    begun = begin(store, "a")
    assert get(store, "a") == b"bytes"
    with pytest.raises(Unavailable, match="lost"):
        begun.end()
    assert get(store, "a") == b"bytes"


def test_a_lost_answer_of_a_begun_write_that_was_refused_is_the_refusal() -> None:
    store = faulty(At("write_if", LosesAnswer()))
    put(store, "a", b"theirs")
    begun = begin(store, "a")
    with pytest.raises(VersionMismatch):
        begun.end()
    assert get(store, "a") == b"theirs"


@pytest.mark.parametrize("fault", [Breaks(2), Truncates(2), Corrupts(2)], ids=str)
def test_a_begun_read_suffers_as_one_that_is_waited_for(fault: Fault) -> None:
    store = faulty(At("read", fault))
    assert isinstance(store, protocols.BeginsReads)
    put(store, "a")
    came = []
    for begun in (begun_by(store.begin_read("a")), Waited(lambda: store.read("a"))):
        with begun.end() as reading:
            assert reading.entry.size == 5
            try:
                came.append(reading.read())
            except Unavailable as error:
                came.append(error.message.encode())
    assert came[0] == came[1] != b"bytes"


def test_a_begun_read_that_is_refused_says_so_at_its_end() -> None:
    store = faulty(At("read", denied(), key="a"))
    assert isinstance(store, protocols.BeginsReads)
    put(store, "a")
    put(store, "b")
    begun = [begun_by(store.begin_read(key)) for key in "ab"]
    with pytest.raises(AccessDenied):
        begun[0].end()
    assert begun[1].end().read() == b"bytes"
    for one in begun:
        one.close()


def test_the_bytes_of_a_begun_write_suffer_on_their_way() -> None:
    store = faulty(At("write_if", Corrupts(1), nth=1), At("write_if", Breaks(3), nth=2))
    assert begin(store, "a").end().size == 5
    assert get(store, "a") == b"bxtes"
    broken = begin(store, "b")
    with pytest.raises(Unavailable):
        broken.end()
    assert names(store) == ["a"]


def test_a_hook_may_change_the_store_under_a_request_that_is_begun() -> None:
    def hook(call: Call) -> None:
        put(store.store, call.key, b"theirs")

    store = faulty(At("write_if", Pauses(hook)))
    begun = begin(store, "a")
    with pytest.raises(VersionMismatch):
        begun.end()
    assert get(store, "a") == b"theirs"


def test_a_listing_can_be_behind_by_a_write_that_was_begun() -> None:
    store = faulty(At("scan", Stale(changes=1)))
    put(store, "a")
    begin(store, "b").end()
    assert names(store) == ["a"]


def test_to_a_script_a_request_that_is_begun_is_one_like_any_other() -> None:
    """Who waits for the answer, and when, is nothing that a service could know."""
    store = faulty(At("write_if", denied(), nth=2), At("read", denied(), nth=3, key="a"))
    assert isinstance(store, protocols.WritesConditionally)
    assert isinstance(store, protocols.BeginsReads)
    begin(store, "a").end()
    with pytest.raises(AccessDenied):
        store.write_if("b", BytesBody(data=b"x"), expect=ABSENT)
    begun_by(store.begin_read("a")).end()
    store.read("a")
    with pytest.raises(AccessDenied):
        begun_by(store.begin_read("a")).end()
    assert [(call.operation, call.nth, call.is_begun) for call in store.calls] == [
        ("write_if", 1, True),
        ("write_if", 2, False),
        ("read", 1, True),
        ("read", 2, False),
        ("read", 3, True),
    ]


class Waited:
    """What is begun when it is ended."""

    def __init__(self, end: Callable[[], protocols.Reading]) -> None:
        self.end = end


def begin(store: Storage, key: str) -> protocols.Begun[Entry]:
    assert isinstance(store, protocols.BeginsWrites)
    return begun_by(store.begin_write(key, BytesBody(data=b"bytes"), expect=ABSENT))


def test_a_pause_waits_for_whatever_its_hook_waits_for() -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def hook(call: Call) -> None:
        assert call.keys == ("a",)
        arrived.set()
        assert go_on.wait(30)

    store = faulty(At("write", Pauses(hook), nth=1))
    writer = threading.Thread(target=put, args=(store, "a"))
    writer.start()
    assert arrived.wait(30)
    assert names(store) == []
    put(store, "b")
    go_on.set()
    writer.join(30)
    assert names(store) == ["a", "b"]


def test_a_hook_may_change_the_store_under_the_call() -> None:
    store = faulty(At("read", Pauses(lambda call: store.store.delete(call.key)), nth=1))
    put(store, "a")
    with pytest.raises(NotFound):
        store.read("a")


@pytest.mark.parametrize("keep", [0, 1, 300_000, 500_000])
def test_a_truncated_reading_ends_without_a_word(keep: int) -> None:
    store = faulty(At("read", Truncates(keep)), At("read_range", Truncates(2)))
    data = bytes(range(250)) * 2_000
    put(store, "a", data)
    with store.read("a") as reading:
        assert reading.entry.size == len(data)
        assert b"".join(reading) == data[:keep]
    assert isinstance(store, protocols.ReadsRanges)
    with store.read_range("a", 10, 100) as part:
        assert part.read() == data[10:12]


@pytest.mark.parametrize("after", [0, 3, 300_000])
def test_a_reading_breaks_after_so_many_bytes(after: int) -> None:
    store = faulty(At("read", Breaks(after)))
    data = bytes(400_000)
    put(store, "a", data)
    taken = b""
    with store.read("a") as reading, pytest.raises(Unavailable):
        while piece := reading.read(100_000):
            taken += piece
    assert len(taken) == after


def test_a_whole_reading_breaks_at_its_end() -> None:
    store = faulty(At("read", Breaks(5)))
    put(store, "a", b"12345")
    with store.read("a") as reading:
        assert reading.read(5) == b"12345"
        with pytest.raises(Unavailable):
            reading.read(1)


@pytest.mark.parametrize("at", [0, 4, 299_999])
def test_one_byte_is_another_when_it_is_read(at: int) -> None:
    store = faulty(At("read", Corrupts(at)))
    data = bytes(300_000)
    put(store, "a", data)
    read = get(store, "a")
    assert [place for place in range(len(data)) if read[place] != data[place]] == [at]
    store.plan = CALM
    assert get(store, "a") == data


def test_one_byte_is_another_when_it_is_written() -> None:
    store = faulty(At("write", Corrupts(1)))
    put(store, "a", b"aaa")
    assert get(store, "a") == b"a`a"
    assert store.stat("a").size == 3


def test_a_store_that_checks_digests_notices_the_corruption() -> None:
    store = faulty(At("write", Corrupts(1)))
    right = MemoryStore().write("a", BytesBody(data=b"aaa")).digests
    with pytest.raises(Corrupted):
        store.write("a", BytesBody(data=b"aaa", digests=right))
    assert names(store) == []


def test_an_upload_breaks_and_leaves_the_old_object() -> None:
    store = faulty(At("write", Breaks(100), nth=2))
    put(store, "a", b"old")
    with pytest.raises(Unavailable):
        put(store, "a", bytes(1_000))
    assert get(store, "a") == b"old"


def test_a_file_reaches_the_store_as_a_file_unless_its_bytes_suffer(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    seen: list[Path | None] = []

    class Watching(MemoryStore):
        def write(self, key: str, body: protocols.Body) -> Entry:
            seen.append(body.path)
            return super().write(key, body)

    store = Faulty(Watching(), Script(At("write", Corrupts(), nth=2)))
    for _ in range(2):
        store.write("a", FileBody(path=tmp_path / "a", size=5))
    assert seen == [tmp_path / "a", None]


def test_a_listing_is_behind_by_the_last_changes() -> None:
    store = faulty(At("scan", Stale(changes=2), nth=range(2, 10)))
    put(store, "a", b"old")
    put(store, "b")
    put(store, "c")
    store.delete("b")
    put(store, "a", b"newer")
    assert names(store) == ["a", "c"]
    stale = [entry for page in store.scan() for entry in page]
    assert [(entry.key, entry.size) for entry in stale] == [("a", 3), ("b", 5), ("c", 5)]
    assert names(store, "b") == ["b"]
    store.plan = CALM
    assert names(store) == ["a", "c"]


def test_a_listing_that_is_far_behind_is_empty() -> None:
    store = faulty(At("scan", Stale(changes=64)))
    for key in "abc":
        put(store, key)
    store.delete("b")
    assert names(store) == []


@pytest.mark.parametrize("after", [0, 1, 3, 4, 5])
def test_a_listing_breaks_off_after_so_many_entries(after: int) -> None:
    store = Faulty(MemoryStore(page_size=2), Script(At("scan", Breaks(after))))
    for key in "abcde":
        put(store, key)
    seen: list[str] = []
    with pytest.raises(Unavailable):
        for page in store.scan():
            seen.extend(entry.key for entry in page)
    assert seen == list("abcde")[:after]


def test_a_survey_breaks_off_like_a_listing() -> None:
    store = Faulty(DiskLike(), Script(At("survey", Breaks(after=0))))
    put(store, "a")
    assert isinstance(store, protocols.Surveys)
    with pytest.raises(Unavailable):
        list(store.survey())


def test_a_commit_is_a_call_of_its_own() -> None:
    store = Faulty(DiskLike(), Script(At("commit", LosesAnswer(), nth=2)))
    assert isinstance(store, protocols.Stages)
    store.stage("a", BytesBody(data=b"1")).commit(expect=ABSENT)
    staged = store.stage("b", BytesBody(data=b"2"))
    with pytest.raises(Unavailable):
        staged.commit(expect=ABSENT)
    staged.discard()
    assert names(store) == ["a", "b"]
    assert store.called("commit") == ["a", "b"]
    assert store.called("discard") == ["b"]


def test_what_is_staged_together_suffers_as_what_is_staged_alone() -> None:
    scenes = (At("stage", unavailable(), nth=2), At("commit", LosesAnswer(), nth=1))
    store = Faulty(DiskLike(), Script(*scenes))
    assert isinstance(store, protocols.Stages)
    assert isinstance(store, protocols.StagesTogether)
    store.stage("a", BytesBody(data=b"1")).discard()
    with pytest.raises(Unavailable):
        store.stage_unsettled("b", BytesBody(data=b"2"))
    with pytest.raises(Unavailable):
        store.stage_unsettled("c", BytesBody(data=b"3")).commit(expect=ABSENT)
    assert names(store) == ["c"]
    assert store.called("stage") == ["a", "b", "c"]


def test_settling_fails_before_it_or_behind_it() -> None:
    settled: list[bool] = []

    class Settling(DiskLike):
        def settle(self) -> None:
            settled.append(True)

    scenes = (At("settle", unavailable(), nth=1), At("settle", LosesAnswer(), nth=2))
    store = Faulty(Settling(), Script(*scenes))
    assert isinstance(store, protocols.StagesTogether)
    for count in (0, 1):
        with pytest.raises(Unavailable):
            store.settle()
        assert len(settled) == count
    store.settle()
    assert [(call.operation, call.keys) for call in store.calls] == [("settle", ())] * 3


def test_the_journal_holds_every_call_in_order() -> None:
    store = faulty(At("stat", unavailable(), nth=2))
    put(store, "a")
    store.stat("a")
    with pytest.raises(Unavailable):
        store.stat("a")
    names(store, "x")
    assert [(call.operation, call.key, call.nth, call.nth_here) for call in store.calls] == [
        ("write", "a", 1, 1),
        ("stat", "a", 1, 1),
        ("stat", "a", 2, 2),
        ("scan", "x", 1, 1),
    ]
    assert [len(call.faults) for call in store.calls] == [0, 0, 1, 0]


def test_the_journal_names_source_and_target_of_a_copy() -> None:
    store = faulty(At("copy", denied(), key="a"), At("copy_if", denied(), key="a"))
    entry = put(store, "a")
    assert isinstance(store, protocols.CopiesInside)
    assert isinstance(store, protocols.CopiesConditionally)
    with pytest.raises(AccessDenied):
        store.copy("a", "b", source_version=entry.version)
    with pytest.raises(AccessDenied):
        store.copy_if("a", "b", source_version=entry.version, expect=ABSENT)
    for operation in ("copy", "copy_if"):
        [call] = [call for call in store.calls if call.operation == operation]
        assert (call.keys, call.key) == (("a", "b"), "b")


def test_a_scene_with_a_key_counts_the_calls_about_that_key() -> None:
    store = faulty(At("write", unavailable(), nth=2, key="b"))
    for key in "aab":
        put(store, key)
    with pytest.raises(Unavailable):
        put(store, "b")
    put(store, "b")


def test_several_faults_can_meet() -> None:
    seen: list[Call] = []
    store = faulty(At("write", Pauses(seen.append)), At("write", LosesAnswer()))
    with pytest.raises(Unavailable):
        put(store, "a")
    assert [call.key for call in seen] == ["a"]
    assert names(store) == ["a"]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [("wirte", LosesAnswer()), ("read", LosesAnswer()), ("scan", Corrupts()), ("survey", Stale())],
)
def test_a_scene_that_could_never_happen_is_a_mistake(operation: str, fault: Fault) -> None:
    with pytest.raises(ValueError, match=operation):
        At(operation, fault)


@pytest.mark.parametrize("changes", [0, 65])
def test_a_listing_cannot_be_behind_by_what_is_not_remembered(changes: int) -> None:
    with pytest.raises(ValueError, match="behind"):
        Stale(changes)


def weather(seed: int, keys: list[str], *, threads: bool = False) -> set[tuple[str, int]]:
    """Which writes failed: the key and the how-manieth try."""
    store = Faulty(MemoryStore(), Storm(seed, 0.3, unavailable(), Truncates(1)))

    def work(mine: list[str]) -> None:
        for key in mine:
            for _ in range(5):
                try:
                    put(store, key)
                except Unavailable:
                    continue

    if threads:
        workers = [threading.Thread(target=work, args=(keys[n::4],)) for n in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
    else:
        work(keys)
    return {(call.key, call.nth_here) for call in store.calls if call.faults}


def test_a_storm_is_the_same_for_its_seed_whatever_threads_do() -> None:
    keys = [f"key-{number}" for number in range(40)]
    calm = weather(1, keys)
    assert calm == weather(1, list(reversed(keys))) == weather(1, keys, threads=True)
    assert calm != weather(2, keys)
    assert 0.2 < len(calm) / 200 < 0.4


def test_a_storm_chooses_what_means_something_to_the_call() -> None:
    store = Faulty(MemoryStore(), Storm(1, 1.0, Truncates(1)))
    put(store, "a")
    assert get(store, "a") == b"b"
    assert store.stat("a").size == 5


def test_every_fault_means_something_somewhere() -> None:
    assert all(APPLIES[kind] <= OPERATIONS for kind in APPLIES)
    assert set(APPLIES) == set(Fault.__args__)
