"""How large objects are cut: within what services allow, without a gap, whatever the size."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from buckia_s3.parts import (
    LARGEST_OBJECT,
    LARGEST_PART,
    MIB,
    MOST_PARTS,
    SMALLEST_PART,
    Part,
    Sizes,
    count,
    cut,
    part_size,
    smallest_part,
)

FIFTY_TB = 50 * 10**12
near_edges = st.builds(
    lambda parts, size, off: min(LARGEST_OBJECT, max(0, parts * size * MIB + off)),
    st.integers(1, MOST_PARTS),
    st.integers(1, 5120),
    st.integers(-1, 1),
)
any_size = st.integers(0, FIFTY_TB) | near_edges
least = st.sampled_from([SMALLEST_PART, 8 * MIB, Sizes().part, 64 * MIB, LARGEST_PART])


@settings(deadline=None, max_examples=60)
@given(any_size, least)
@example(0, SMALLEST_PART)
@example(FIFTY_TB, SMALLEST_PART)
@example(LARGEST_OBJECT, SMALLEST_PART)
@example(SMALLEST_PART * MOST_PARTS, SMALLEST_PART)
@example(SMALLEST_PART * MOST_PARTS + 1, SMALLEST_PART)
def test_every_size_is_cut_into_parts_that_services_take(size: int, smallest: int) -> None:
    parts = list(cut(size, part_size(size, smallest)))
    assert 1 <= len(parts) <= MOST_PARTS
    assert all(part.size >= SMALLEST_PART for part in parts[:-1])
    assert max(part.size for part in parts) <= LARGEST_PART
    assert parts[-1].size > 0 or size == 0


@settings(deadline=None)
@given(st.integers(0, 3000), st.integers(1, 50))
def test_the_parts_are_the_whole_in_order_without_a_gap(size: int, part: int) -> None:
    parts = list(cut(size, part))
    assert [one.number for one in parts] == list(range(1, len(parts) + 1))
    at = 0
    for one in parts:
        assert one.start == at
        at += one.size
    assert at == size
    assert all(one.size == part for one in parts[:-1])


@given(any_size, least)
def test_their_number_is_known_without_cutting(size: int, smallest: int) -> None:
    part = part_size(size, smallest)
    *_, last = cut(size, part)
    assert count(size, part) == last.number
    assert last.start + last.size == size


@given(any_size, st.integers(1, MOST_PARTS))
def test_the_smallest_part_is_as_small_as_whole_mebibytes_allow(size: int, most: int) -> None:
    found = smallest_part(size, most)
    assert found % MIB == 0
    assert count(size, found) <= most
    assert found == MIB or count(size, found - MIB) > most


@given(any_size, least)
def test_parts_grow_only_where_there_would_be_too_many(size: int, smallest: int) -> None:
    fits = count(size, smallest) <= MOST_PARTS
    assert (part_size(size, smallest) == smallest) is fits


def test_what_is_usual_is_within_what_services_take() -> None:
    assert SMALLEST_PART <= Sizes().part <= LARGEST_PART
    assert Sizes().single <= LARGEST_PART
    assert LARGEST_OBJECT >= FIFTY_TB


@pytest.mark.parametrize(
    ("size", "part", "expected"),
    [
        (0, 5, [(1, 0, 0)]),
        (1, 5, [(1, 0, 1)]),
        (5, 5, [(1, 0, 5)]),
        (6, 5, [(1, 0, 5), (2, 5, 1)]),
        (10, 5, [(1, 0, 5), (2, 5, 5)]),
        (11, 5, [(1, 0, 5), (2, 5, 5), (3, 10, 1)]),
    ],
)
def test_small_cuts_look_like_this(
    size: int, part: int, expected: list[tuple[int, int, int]]
) -> None:
    assert list(cut(size, part)) == [Part(*one) for one in expected]
