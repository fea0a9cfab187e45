"""Objects in pieces: their sums, how these are written down, and what two versions share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia import digests, pieces
from buckia.pieces import MOST, SMALLEST, Pieces, Span, differing, fit_size, joined, unpacked


def of(data: bytes, size: int = 4) -> Pieces:
    return Pieces(len(data), size, digests.of(data, pieces.algorithm(size)))


@given(data=st.binary(max_size=40), size=st.integers(1, 9), step=st.integers(1, 12))
def test_the_sums_are_the_same_in_whatever_steps_the_bytes_come(
    data: bytes, size: int, step: int
) -> None:
    steps = [data[at : at + step] for at in range(0, len(data), step)]
    assert digests.of_chunks(steps, pieces.algorithm(size)) == of(data, size).sums


@given(data=st.binary(max_size=40), size=st.integers(1, 9))
def test_each_piece_has_the_sum_that_it_has_alone(data: bytes, size: int) -> None:
    alone = [of(data[at : at + size], size).sums for at in range(0, len(data), size)]
    assert of(data, size).sums == "".join(alone)


@given(data=st.binary(max_size=40), size=st.integers(1, 9))
def test_what_is_written_down_is_read_again(data: bytes, size: int) -> None:
    told = of(data, size)
    assert unpacked(told.packed(), len(data)) == told


@pytest.mark.parametrize(
    "text",
    [
        *("", "4", "4:", ":AAAA", "0:AAAA", "-4:AAAA", "4:AAA", "4:AAAAAAAA", "4:AAA!", "x:AAAA"),
        *("4:AAAA\n", " 4:AAAA", "4:AAAA:AAAA", f"{10**15}:AAAA", "4:ÄÖÜß"),
    ],
)
def test_what_a_stranger_wrote_there_is_nothing(text: str) -> None:
    assert unpacked(text, 3) is None


def test_more_sums_than_we_write_are_nothing() -> None:
    assert unpacked("1:" + "AAAA" * MOST, MOST) is not None
    assert unpacked("1:" + "AAAA" * (MOST + 1), MOST + 1) is None


@pytest.mark.parametrize(
    ("total", "earlier", "size"),
    [
        (1, None, SMALLEST),
        (SMALLEST * MOST, None, SMALLEST),
        (SMALLEST * MOST + 1, None, 2 * SMALLEST),
        (SMALLEST * MOST * 8, None, 8 * SMALLEST),
        # An object that grows or shrinks a little keeps its pieces.
        (SMALLEST * MOST, 2 * SMALLEST, 2 * SMALLEST),
        (SMALLEST * MOST, 4 * SMALLEST, 4 * SMALLEST),
        (SMALLEST * MOST, 8 * SMALLEST, SMALLEST),
        (SMALLEST * MOST + 1, SMALLEST, 2 * SMALLEST),
        (SMALLEST * MOST, 1, SMALLEST),
    ],
)
def test_pieces_are_as_small_as_their_number_allows(
    total: int, earlier: int | None, size: int
) -> None:
    assert fit_size(total, earlier) == size


@pytest.mark.parametrize(
    ("new", "old", "spans"),
    [
        (b"aaaabbbb", b"aaaabbbb", []),
        (b"aaaabbbb", b"aaaacbbb", [(4, 8)]),
        (b"aaaabbbb", b"baaaacbb", [(0, 8)]),
        (b"aaaabbbbcc", b"aaaabbbb", [(8, 10)]),
        (b"aaaabbbb", b"aaaabbbbcc", []),
        (b"aaaabb", b"aaaabbbb", [(4, 6)]),
        (b"aaaabbbb", b"aaaabb", [(4, 8)]),
        (b"xaaabbbbxccc", b"aaaabbbbcccc", [(0, 4), (8, 12)]),
        (b"aaaa", b"", [(0, 4)]),
        (b"", b"aaaa", []),
    ],
)
def test_what_differs_is_told_piece_by_piece(
    new: bytes, old: bytes, spans: list[tuple[int, int]]
) -> None:
    assert list(differing(of(new), of(old))) == spans


@given(new=st.binary(max_size=60), old=st.binary(max_size=60))
def test_what_does_not_differ_can_be_taken_from_the_old_one(new: bytes, old: bytes) -> None:
    made = bytearray(old[: len(new)].ljust(len(new), b"?"))
    for start, end in differing(of(new), of(old)):
        made[start:end] = new[start:end]
    assert bytes(made) == new


def test_changes_with_little_between_them_are_one() -> None:
    spans = [Span(0, 4), Span(8, 12), Span(17, 20)]
    assert list(joined(iter(spans), 0)) == spans
    assert list(joined(iter(spans), 4)) == [(0, 12), (17, 20)]
    assert list(joined(iter(spans), 5)) == [(0, 20)]
    assert list(joined(iter([]), 5)) == []
