"""Small bodies, which are in memory and counted as a whole, and bodies that are taken whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia import digests
from buckia.body import SmallBody, chunks, whole
from buckia.errors import Corrupted, Interrupted, Unavailable
from buckia.protocols import Body, Source
from buckia.testing.bodies import OddBody


def sha256(data: bytes) -> str:
    return digests.of(data, "sha256")


def all_of(body: Body) -> bytes:
    source = body.open()
    try:
        return b"".join(chunks(source))
    finally:
        source.close()


class Endless(OddBody):
    """Gives as much as is asked for, four bytes at a time at most; `given` counts it."""

    given = 0

    def open(self) -> Source:
        return self

    def read(self, size: int = -1, /) -> bytes:
        piece = b"x" * min(size, 4)
        self.given += len(piece)
        return piece

    def close(self) -> None:
        pass


# Small bodies.


def small(data: bytes, moved: list[int], **facts: Any) -> SmallBody:
    computed = {"sha256": sha256(data)}
    told = {"computed": computed, "digests": computed, "mtime_ns": 7, "content_type": "a/b"}
    return SmallBody(data, moved=moved.append, **{**told, **facts})


def test_a_small_body_can_be_read_as_often_as_one_likes() -> None:
    body = small(b"bytes", [])
    assert [all_of(body), body.taken(), all_of(body)] == [b"bytes"] * 3
    assert (body.size, body.mtime_ns, body.content_type) == (5, 7, "a/b")
    # Nobody is handed a file, who would get the bytes past the count.
    assert (body.path, body.metadata) == (None, {})


@given(st.binary(max_size=20), st.lists(st.booleans(), min_size=1, max_size=6))
def test_a_small_body_counts_as_a_whole_and_once_however_often_it_is_taken(
    data: bytes, ways: list[bool]
) -> None:
    moved: list[int] = []
    body = small(data, moved)
    assert moved == []
    for is_opened in ways:
        assert (all_of(body) if is_opened else body.taken()) == data
        assert sum(moved) == len(data)
    # What an earlier try moved is taken back before the next one counts.
    assert moved == [len(data), *[-len(data), len(data)] * (len(ways) - 1)]


def test_a_small_body_that_is_stopped_is_not_counted_twice_by_the_next_try() -> None:
    moved: list[int] = []

    def stopped(count: int) -> None:
        moved.append(count)
        if len(moved) == 1:
            raise Interrupted("stopped")

    body = SmallBody(
        b"bytes", computed={}, digests={}, mtime_ns=None, content_type=None, moved=stopped
    )
    with pytest.raises(Interrupted):
        body.open()
    assert all_of(body) == b"bytes"
    assert sum(moved) == 5


# Taken whole.


def test_what_was_computed_of_a_small_body_is_not_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    real = digests.of

    def of(pieces: Any, name: str) -> str:
        asked.append(name)
        return real(pieces, name)

    body, known = small(b"bytes", []), {"sha256": sha256(b"bytes")}
    monkeypatch.setattr(digests, "of", of)
    assert whole(body) == (b"bytes", known)
    assert asked == []
    _, computed = whole(body, "md5", "sha256")
    assert asked == ["md5"]
    assert computed == {**known, "md5": real(b"bytes", "md5")}


def test_taking_a_small_body_whole_leaves_what_it_knows_as_it_was() -> None:
    body = small(b"bytes", [])
    whole(body, "md5")
    assert dict(body.computed) == {"sha256": sha256(b"bytes")}


def test_a_small_body_taken_whole_is_counted_like_any_other() -> None:
    moved: list[int] = []
    whole(small(b"bytes", moved))
    assert moved == [5]


@given(st.binary(max_size=40), st.integers(1, 7), st.sets(st.sampled_from(digests.ALGORITHMS)))
def test_a_body_is_taken_whole_with_the_digests_that_are_wanted_and_those_it_came_with(
    data: bytes, step: int, wanted: set[str]
) -> None:
    body = OddBody(data, step=step, digests={"sha1": digests.of(data, "sha1")})
    found, computed = whole(body, *sorted(wanted))
    assert found == data
    assert computed == {name: digests.of(data, name) for name in {*wanted, "sha1"}}
    assert (body.opened, body.closed) == (1, 1)


@pytest.mark.parametrize("claimed", [0, 3, 5, 100])
def test_a_body_of_another_length_is_not_taken(claimed: int) -> None:
    body = OddBody(b"0123", size=claimed, step=3)
    with pytest.raises(Corrupted, match="announced"):
        whole(body)
    assert body.closed == 1


def test_of_a_body_that_does_not_end_no_more_is_read_than_shows_it() -> None:
    body = Endless(b"", size=10)
    with pytest.raises(Corrupted):
        whole(body)
    assert body.given == 11


@pytest.mark.parametrize("make", ["small", "other"])
@pytest.mark.parametrize("name", ["sha256", "md5", "md5/8388608"])
def test_bytes_that_are_not_those_that_were_announced_are_not_taken(make: str, name: str) -> None:
    announced = {name: digests.of(b"other", name)}
    body = small(b"bytes", [], digests=announced) if make == "small" else None
    with pytest.raises(Corrupted, match="digest"):
        whole(body or OddBody(b"bytes", digests=announced))


def test_a_digest_that_cannot_be_computed_here_proves_nothing() -> None:
    assert whole(OddBody(b"bytes", digests={"crc32c": "00"})) == (b"bytes", {})
    assert whole(small(b"bytes", [], digests={"crc32c": "00"}))[0] == b"bytes"


def test_what_breaks_off_is_not_taken_and_is_closed() -> None:
    body = OddBody(b"0123", size=9, error=Unavailable("lost"))
    with pytest.raises(Unavailable):
        whole(body)
    assert body.closed == 1


def test_nothing_is_taken_whole_too() -> None:
    assert whole(OddBody(b""), "sha256") == (b"", {"sha256": sha256(b"")})
    assert whole(small(b"", [])) == (b"", {"sha256": sha256(b"")})
