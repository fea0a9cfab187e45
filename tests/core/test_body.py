"""Bodies to write and readings of what was written: no byte passes unseen, none is missing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia import digests
from buckia.body import (
    BytesBody,
    ChunkReading,
    FileBody,
    KnownBody,
    StoredBody,
    WatchedBody,
    chunks,
    digest_of,
    digests_of,
)
from buckia.errors import Corrupted, Unavailable, VersionMismatch
from buckia.model import BasicEntry
from buckia.passing import unsent
from buckia.protocols import Body
from buckia.stores.memory import MemoryStore
from buckia.testing.bodies import OddBody

pieces = st.lists(st.binary(max_size=6), max_size=5)
sizes = st.lists(st.integers(1, 7), min_size=1, max_size=12)


def sha256(data: bytes) -> str:
    return digests.of(data, "sha256")


def entry(size: int) -> BasicEntry:
    return BasicEntry(key="k", size=size, version="v")


def reading(parts: list[bytes], size: int | None = None) -> ChunkReading:
    whole = sum(map(len, parts)) if size is None else size
    return ChunkReading(entry(whole), parts)


def all_of(body: Body) -> bytes:
    source = body.open()
    try:
        return b"".join(chunks(source))
    finally:
        source.close()


# Bodies.


def test_bytes_can_be_read_as_often_as_one_likes() -> None:
    body = BytesBody(data=b"bytes", mtime_ns=7, digests={"md5": "1"}, content_type="a/b")
    assert [all_of(body), all_of(body)] == [b"bytes", b"bytes"]
    assert (body.size, body.mtime_ns, body.path) == (5, 7, None)


def test_a_file_is_a_body_that_names_its_path(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old version")
    body = FileBody(path=path, size=11)
    assert [all_of(body), all_of(body)] == [b"old version", b"old version"]
    assert body.path == path


def test_an_object_of_a_store_is_a_body_of_one_version_only() -> None:
    store = MemoryStore()
    seen = store.write("k", BytesBody(data=b"seen", mtime_ns=9))
    body = StoredBody(storage=store, key="k", entry=seen, digests=seen.digests)
    assert (body.size, body.mtime_ns, body.path) == (4, 9, None)
    assert [all_of(body), all_of(body)] == [b"seen", b"seen"]
    store.write("k", BytesBody(data=b"else"))
    with pytest.raises(VersionMismatch):
        body.open()


def test_the_time_that_a_listing_was_silent_about_comes_with_the_bytes() -> None:
    store = MemoryStore(lists_mtime=False)
    store.write("k", BytesBody(data=b"seen", mtime_ns=9))
    [[listed]] = store.scan()
    body = StoredBody(storage=store, key="k", entry=listed)
    times = [body.mtime_ns]
    body.open()
    assert [*times, body.mtime_ns] == [None, 9]
    assert body.entry.version == listed.version


# Bodies that are watched.


@given(st.binary(max_size=40), sizes)
def test_the_bytes_that_pass_are_hashed_and_counted(data: bytes, steps: list[int]) -> None:
    moved: list[int] = []
    body = WatchedBody(BytesBody(data=data), algorithms=["sha256"], moved=moved.append)
    source = body.open()
    found = b""
    for step in steps:
        found += source.read(step)
        assert sum(moved) == len(found)
        assert bool(body.computed) is (len(found) == len(data))
    found += b"".join(chunks(source))
    assert found == data
    assert body.computed == {"sha256": sha256(data)}
    assert sum(moved) == len(data)
    assert 0 not in moved


def test_a_second_pass_takes_back_what_the_first_one_moved() -> None:
    moved: list[int] = []
    body = WatchedBody(BytesBody(data=b"0123456789"), algorithms=["md5"], moved=moved.append)
    body.open().read(4)
    assert not body.computed
    assert all_of(body) == b"0123456789"
    assert moved[:2] == [4, -4]
    assert sum(moved) == 10
    assert body.computed == {"md5": digests.of(b"0123456789", "md5")}


def test_several_digests_are_computed_in_one_pass() -> None:
    inside = OddBody(b"0123", step=3)
    body = WatchedBody(inside, algorithms=["md5", "sha256"])
    all_of(body)
    assert inside.opened == 1
    assert body.computed == {"md5": digests.of(b"0123", "md5"), "sha256": sha256(b"0123")}


def test_around_a_watched_body_nothing_is_hashed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"sha256": sha256(b"0123"), "crc": "1"}
    inside = WatchedBody(BytesBody(data=b"0123", digests=known), algorithms=["sha1"])
    body = WatchedBody(WatchedBody(inside), algorithms=["sha256", "md5"])
    real, made = digests.new, list[str]()

    def new(name: str) -> digests.Hash:
        made.append(name)
        return real(name)

    monkeypatch.setattr(digests, "new", new)
    assert all_of(body) == b"0123"
    assert sorted(made) == ["md5", "sha1", "sha256"]
    assert body.computed == {name: digests.of(b"0123", name) for name in ("md5", "sha1", "sha256")}


def test_and_all_of_it_is_held_against_what_was_promised() -> None:
    other = BytesBody(data=b"0123", digests={"sha256": sha256(b"other")})
    with pytest.raises(Corrupted):
        all_of(WatchedBody(WatchedBody(other), algorithms=["sha256"]))


def test_a_body_proves_what_it_computes_unless_it_only_counts() -> None:
    known = BytesBody(data=b"0123", digests={"sha256": sha256(b"0123"), "crc": "1"})
    body = WatchedBody(known, algorithms=["sha1"])
    assert [body.proves(names) for names in ((), ("sha256", "sha1"), ("md5",))] == [
        True,
        True,
        False,
    ]
    assert not WatchedBody(known, algorithms=["sha1"], is_proven=True).proves(())


def test_an_empty_body_has_digests_too() -> None:
    body = WatchedBody(BytesBody(data=b""), algorithms=["sha256"])
    assert all_of(body) == b""
    assert body.computed == {"sha256": sha256(b"")}


def test_without_an_algorithm_nothing_is_computed() -> None:
    body = WatchedBody(BytesBody(data=b"x"))
    assert all_of(body) == b"x"
    assert body.computed == {}


def test_a_watched_body_says_what_the_body_inside_says_but_hands_out_no_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    inside = FileBody(
        path=path,
        size=3,
        mtime_ns=5,
        digests={"md5": "1"},
        content_type="text/plain",
        metadata={"by": "us"},
    )
    body = WatchedBody(inside)
    assert (body.size, body.mtime_ns, body.content_type) == (3, 5, "text/plain")
    assert (body.digests, body.metadata) == ({"md5": "1"}, {"by": "us"})
    # Whoever was given the file would read it without being seen.
    assert body.path is None


@pytest.mark.parametrize(("claimed", "words"), [(0, "more"), (3, "more"), (5, "short")])
def test_a_body_that_is_not_as_long_as_it_says_is_corrupted(claimed: int, words: str) -> None:
    body = WatchedBody(OddBody(b"0123", size=claimed, step=2), algorithms=["sha256"])
    with pytest.raises(Corrupted, match=words):
        all_of(body)


def test_a_body_that_ends_early_has_no_digest() -> None:
    body = WatchedBody(OddBody(b"0123", size=5), algorithms=["sha256"])
    with pytest.raises(Corrupted, match="1 short"):
        all_of(body)
    assert not body.computed


def test_reading_nothing_is_no_end() -> None:
    source = WatchedBody(BytesBody(data=b"0123")).open()
    assert source.read(0) == b""
    assert source.read(-1) == b"0123"
    assert source.read(5) == b""


def test_a_watched_source_closes_the_source_inside() -> None:
    inside = OddBody(b"0123")
    body = WatchedBody(inside)
    source = body.open()
    source.close()
    source.close()
    assert (inside.opened, inside.closed) == (1, 1)


def test_what_breaks_off_inside_breaks_off_outside() -> None:
    body = WatchedBody(OddBody(b"0123", size=9, error=Unavailable("lost")), algorithms=["sha256"])
    with pytest.raises(Unavailable):
        all_of(body)
    assert not body.computed


# Readings.


@given(pieces, sizes)
def test_a_reading_gives_all_its_bytes_in_portions_of_any_size(
    parts: list[bytes], steps: list[int]
) -> None:
    whole, found, source = b"".join(parts), b"", reading(parts)
    for step in steps:
        portion = source.read(step)
        assert len(portion) <= step
        assert portion or found == whole
        found += portion
    assert found + source.read() == whole
    assert source.read() == source.read(1) == b""


@given(pieces, st.integers(1, 7))
def test_a_reading_may_be_gone_through_after_a_part_was_read(parts: list[bytes], step: int) -> None:
    source = reading(parts)
    assert source.read(step) + b"".join(source) == b"".join(parts)


def test_a_reading_closes_what_it_came_from() -> None:
    closed: list[bool] = []
    with ChunkReading(entry(1), [b"x"], lambda: closed.append(True)) as source:
        assert source.entry.size == 1
        assert not closed
    assert closed == [True]


def test_a_reading_is_closed_when_something_fails() -> None:
    closed: list[bool] = []
    with (
        pytest.raises(ZeroDivisionError),
        ChunkReading(entry(1), [b"x"], lambda: closed.append(True)),
    ):
        raise ZeroDivisionError
    assert closed == [True]


def test_a_reading_takes_no_chunk_before_it_is_asked_to() -> None:
    taken: list[int] = []

    def coming() -> Iterator[bytes]:
        for number in range(3):
            taken.append(number)
            yield b"ab"

    source = ChunkReading(entry(6), coming())
    assert taken == []
    assert source.read(0) == b""
    assert source.read(1) == b"a"
    assert taken == [0]


@given(st.binary(max_size=30), st.integers(1, 9))
def test_chunks_are_the_rest_of_a_source_piece_by_piece(data: bytes, size: int) -> None:
    found = list(chunks(io.BytesIO(data), size))
    assert b"".join(found) == data
    assert all(0 < len(piece) <= size for piece in found)


# Digests of readings.


@given(pieces)
def test_a_reading_is_digested_in_one_pass(parts: list[bytes]) -> None:
    moved: list[int] = []
    whole = b"".join(parts)
    found = digests_of(reading(parts), ["sha256", "md5"], moved=moved.append)
    assert found == {"sha256": sha256(whole), "md5": digests.of(whole, "md5")}
    assert sum(moved) == len(whole)
    assert digest_of(reading(parts), "sha256") == sha256(whole)


@pytest.mark.parametrize("size", [0, 3, 5])
def test_a_reading_of_another_length_has_no_digest(size: int) -> None:
    with pytest.raises(Corrupted) as error:
        digest_of(reading([b"01", b"23"], size), "sha256")
    assert error.value.key == "k"


# Bodies that somebody else proves.


def test_a_proven_body_is_counted_and_not_hashed() -> None:
    moved: list[int] = []
    wrong = OddBody(b"0123456789", digests={"sha256": "0" * 64}, step=4)
    watched = WatchedBody(wrong, is_proven=True, moved=moved.append)
    assert watched.hashed() == set()
    for _ in range(2):
        with closing(watched.open()) as source:
            assert b"".join(chunks(source)) == b"0123456789"
    assert sum(moved) == 10
    assert watched.computed == {}
    assert watched.digests == wrong.digests


@pytest.mark.parametrize("size", [9, 11])
def test_a_proven_body_still_has_as_many_bytes_as_it_says(size: int) -> None:
    watched = WatchedBody(OddBody(b"0123456789", size=size), is_proven=True)
    with closing(watched.open()) as source, pytest.raises(Corrupted):
        list(chunks(source))


def test_around_a_proven_body_one_hashes_as_around_any_other() -> None:
    """Whoever is the one that proves it."""
    proven = WatchedBody(OddBody(b"x", digests={"sha256": "0" * 64}), is_proven=True)
    with closing(WatchedBody(proven).open()) as source, pytest.raises(Corrupted):
        list(chunks(source))


def test_what_is_known_of_a_body_besides_comes_before_what_it_says() -> None:
    inner = BytesBody(data=b"x", mtime_ns=7, digests={"md5": "1", "sha1": "2"})
    known = KnownBody(inner, {"md5": "3"})
    assert known.digests == {"md5": "3", "sha1": "2"}
    assert (known.size, known.mtime_ns, known.open().read()) == (1, 7, b"x")


def test_what_is_read_unsent_is_hashed_and_counted_by_nobody() -> None:
    moved: list[int] = []
    inner = WatchedBody(BytesBody(data=b"0123456789"), algorithms=("sha256",), moved=moved.append)
    outer = WatchedBody(inner, algorithms=("md5",), moved=moved.append)
    with closing(outer.open()) as source:
        assert unsent(source, 4) == b"0123"
        assert sum(moved) == 0
        assert source.read(3) == b"456"
        assert sum(moved) == 6
        assert unsent(source, 3) == b"789"
    assert sum(moved) == 6
    assert outer.computed["sha256"] == sha256(b"0123456789")


def test_a_source_that_counts_nothing_is_just_read() -> None:
    assert unsent(BytesBody(data=b"0123").open(), 3) == b"012"
