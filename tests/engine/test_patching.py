"""Large objects that changed in part: only what differs comes, and the whole is proven."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buckia import pieces
from buckia.body import BytesBody
from buckia.engine.execute import desk, patching
from buckia.engine.execute.patching import PatchedBody
from buckia.errors import Corrupted
from buckia.events import BytesMoved
from buckia.model import BasicEntry
from buckia.pieces import Pieces, Span
from buckia.protocols import Reading
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Breaks, Corrupts, Fails, Pauses, Truncates, unavailable
from tests.engine.bench import OLD, SECOND, Bench, lacking, memory

PIECE = 1 << 10
SIZE = 100 * PIECE + 17
DATA = Random(1).randbytes(SIZE)


@pytest.fixture(autouse=True)
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SMALLEST", PIECE)
    monkeypatch.setattr(patching, "LEAST", 1)
    monkeypatch.setattr(patching, "GAP", 0)
    monkeypatch.setattr(desk, "QUICK", 0)


def edited(data: bytes, *places: int) -> bytes:
    changed = bytearray(data)
    for at in places:
        changed[at] ^= 1
    return bytes(changed)


def in_step(folder: Path, store: MemoryStore | None = None, data: bytes = DATA) -> Bench:
    """Both sides hold it, and a journal that is empty."""
    bench = Bench(folder, store)
    bench.put_there("a", data)
    bench.done()
    bench.script()
    bench.events.clear()
    return bench


def came(bench: Bench, data: bytes, **how: Any) -> int:
    """The bytes that travel until both sides hold this."""
    result = bench.sync(**how)
    assert not result.failed, result.failed
    bench.agreed({"a": data})
    return result.bytes_down


EDITS: dict[str, tuple[bytes, int]] = {
    "the first byte": (edited(DATA, 0), PIECE),
    "the last byte": (edited(DATA, SIZE - 1), 17),
    "the end of a piece": (edited(DATA, PIECE - 1), PIECE),
    "both sides of a border": (edited(DATA, PIECE - 1, PIECE), 2 * PIECE),
    "pieces apart": (edited(DATA, 0, 50 * PIECE, SIZE - 1), 2 * PIECE + 17),
    "a byte more": (DATA + b"!", 18),
    "a byte less": (DATA[:-1], 16),
    "a piece more": (DATA + bytes(PIECE), PIECE + 17),
    "cut within a piece": (DATA[: 40 * PIECE + 1], 1),
}


@pytest.mark.parametrize(("new", "travels"), EDITS.values(), ids=EDITS)
def test_only_the_pieces_that_differ_come(tmp_path: Path, new: bytes, travels: int) -> None:
    bench = in_step(tmp_path)
    bench.put_there("a", new)
    assert came(bench, new) == travels
    assert sum(one.count for one in bench.told(BytesMoved)) == travels
    assert "read" not in bench.asked()
    assert [one.data for one in bench.trash()] in ([], [DATA])


def test_what_is_cut_at_a_border_comes_whole_or_not_at_all(tmp_path: Path) -> None:
    """Nothing differs, so nothing would prove what was put together but a request for all."""
    bench = in_step(tmp_path)
    bench.put_there("a", DATA[: 40 * PIECE])
    assert came(bench, DATA[: 40 * PIECE]) == 40 * PIECE


def test_where_most_differs_one_request_brings_it_all(tmp_path: Path) -> None:
    bench = in_step(tmp_path)
    new = Random(2).randbytes(SIZE)
    bench.put_there("a", new)
    assert came(bench, new) == SIZE
    assert (bench.asked()["read"], bench.asked()["read_range"]) == (1, 0)


def test_small_changes_side_by_side_are_one_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patching, "GAP", 2 * PIECE)
    bench = in_step(tmp_path)
    new = edited(DATA, 0, 3 * PIECE, 7 * PIECE)
    bench.put_there("a", new)
    assert came(bench, new) == 5 * PIECE
    assert bench.asked()["read_range"] == 2


def test_what_is_new_here_comes_whole_and_without_a_question(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.put_there("a", DATA)
    assert came(bench, DATA) == SIZE
    assert bench.asked()["pieces"] == 0


def test_a_small_object_is_no_question_worth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patching, "LEAST", SIZE + 1)
    bench = in_step(tmp_path)
    bench.put_there("a", edited(DATA, 5))
    assert came(bench, edited(DATA, 5)) == SIZE
    assert bench.asked()["pieces"] == 0


@pytest.mark.parametrize("ability", ["TellsPieces", "ReadsRanges"])
def test_a_store_that_cannot_gives_it_whole(tmp_path: Path, ability: str) -> None:
    bench = in_step(tmp_path, lacking(ability))
    bench.put_there("a", edited(DATA, 5))
    assert came(bench, edited(DATA, 5)) == SIZE


class SaysAllIsEqual(MemoryStore):
    """Tells the sums of bytes that are long gone, but for one."""

    def pieces(self, key: str, *, version: str) -> Pieces | None:
        told = super().pieces(key, version=version)
        assert told is not None
        old = pieces.Sums(told.size)
        old.update(DATA)
        return Pieces(told.total, told.size, old.hexdigest()[:-4] + "AAAA")


@pytest.mark.parametrize("retries", [1, 3])
def test_sums_that_lie_cost_a_whole_download_and_nothing_else(tmp_path: Path, retries: int) -> None:
    bench = in_step(tmp_path, SaysAllIsEqual())
    new = edited(DATA, 5)
    bench.put_there("a", new)
    assert came(bench, new, retries=retries) == 17 + SIZE


class IgnoresRanges(MemoryStore):
    """Gives all of the object, whatever was asked for."""

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        return super().read(key, version=version)


def test_a_store_that_ignores_the_range_is_read_whole(tmp_path: Path) -> None:
    bench = in_step(tmp_path, IgnoresRanges())
    new = edited(DATA, 50 * PIECE)
    bench.put_there("a", new)
    came(bench, new)
    assert bench.asked()["read"] == 1


@pytest.mark.parametrize(
    "fault", [Corrupts(), Truncates(100), Breaks(100), unavailable()], ids=lambda one: str(one)[:8]
)
def test_a_range_that_suffers_is_made_good_by_all_of_it(
    tmp_path: Path, fault: Corrupts | Truncates | Breaks | Fails
) -> None:
    bench = in_step(tmp_path)
    new = edited(DATA, 0, 50 * PIECE)
    bench.put_there("a", new)
    bench.script(At("read_range", fault, nth=range(2, 9)))
    came(bench, new)
    assert bench.asked()["read"] == 1


def test_a_request_that_fails_once_is_made_again(tmp_path: Path) -> None:
    bench = in_step(tmp_path)
    new = edited(DATA, 0, 50 * PIECE)
    bench.put_there("a", new)
    bench.script(At("read_range", unavailable(), nth=2), At("pieces", unavailable(), nth=1))
    assert came(bench, new) == 2 * PIECE


def test_what_nothing_could_prove_is_not_put_together() -> None:
    """The sums are a guess, so it is the digest of the whole that has to fit."""
    silent = memory(lists=[])
    silent.write("a", BytesBody(data=DATA))
    put_together = PatchedBody(
        BasicEntry(key="a", size=SIZE, version="1"),
        (Span(0, PIECE),),
        near=lambda: silent.read("a"),
        far=lambda span: silent.read_range("a", span.start, span.end - span.start),
        moved=lambda _count: None,
    )
    with pytest.raises(Corrupted):
        put_together.open()


@pytest.mark.parametrize("operation", ["pieces", "read_range"])
def test_an_object_that_is_replaced_meanwhile_is_planned_again(
    tmp_path: Path, operation: str
) -> None:
    bench = in_step(tmp_path)
    bench.put_there("a", edited(DATA, 5))
    latest = edited(DATA, 6, 70 * PIECE)
    replace = Pauses(lambda _call: bench.put_there("a", latest))
    bench.script(At(operation, replace, nth=1))
    assert came(bench, latest) == 2 * PIECE


def test_a_file_that_is_edited_meanwhile_loses_nothing(tmp_path: Path) -> None:
    bench = in_step(tmp_path)
    theirs, ours = edited(DATA, 5), edited(DATA, 6)
    bench.put_there("a", theirs)
    edit = Pauses(lambda _call: bench.put_here("a", ours, OLD + SECOND))
    bench.script(At("read_range", edit, nth=1))
    bench.sync(conflict_resolution="remote_wins")
    held = {*bench.here().values(), *(one.data for one in bench.trash())}
    assert {theirs, ours} <= held


def test_a_database_that_an_app_has_open_is_patched_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    live = bench.root / "App.sqlite"
    with closing(sqlite3.connect(live)) as app:
        app.execute("PRAGMA journal_mode=WAL")
        app.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)")
        rows = [(Random(n).randbytes(300).hex(),) for n in range(1000)]
        app.executemany("INSERT INTO rows (text) VALUES (?)", rows)
        app.commit()
        bench.sync()
        there = bench.there()["App.sqlite"]
        with closing(sqlite3.connect(":memory:")) as other:
            other.deserialize(there)
            other.execute("UPDATE rows SET text = 'theirs' WHERE id = 500")
            other.commit()
            bench.put_there("App.sqlite", other.serialize())
        result = bench.sync()
        assert not result.failed
        assert 0 < result.bytes_down < len(there) // 10
        assert app.execute("SELECT text FROM rows WHERE id = 500").fetchone() == ("theirs",)
    assert not bench.status().actions


SLICES = st.tuples(st.integers(0, SIZE), st.binary(max_size=3 * PIECE))


def with_slices(data: bytes, slices: list[tuple[int, bytes]], size: int) -> bytes:
    changed = bytearray(data)
    for at, new in slices:
        changed[at : at + len(new)] = new
    return bytes(changed[:size])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(slices=st.lists(SLICES, max_size=4), size=st.integers(1, SIZE + PIECE))
def test_any_edit_arrives_and_no_more_travels_than_was_touched(
    tmp_path_factory: pytest.TempPathFactory, slices: list[tuple[int, bytes]], size: int
) -> None:
    new = with_slices(DATA, slices, size)
    bench = in_step(tmp_path_factory.mktemp("edit"))
    bench.put_there("a", new)
    moved = came(bench, new)
    touched = sum(
        len(new[at : at + PIECE])
        for at in range(0, len(new), PIECE)
        if new[at : at + PIECE] != DATA[at : at + PIECE]
    )
    assert moved <= touched or touched > 0.7 * len(new) or not touched
