"""Rows of the base as columns are as good as a list of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.columns import Columns
from buckia.model import Agreed

ROWS = [Agreed(f"k{n}", f"L{n}", f"R{n}", n, f"sha256:{n:02}", f"root{n % 2}") for n in range(7)]
PLACES = st.none() | st.integers(-9, 9)


@given(PLACES, PLACES)
def test_a_part_of_columns_is_that_part_of_the_rows(start: int | None, end: int | None) -> None:
    part = Columns.of(ROWS)[start:end]
    wanted = ROWS[start:end]
    assert list(part) == wanted
    assert len(part) == len(wanted)
    assert [part[at] for at in range(len(wanted))] == wanted
    assert list(part.keys) == [row.key for row in wanted]
    assert list(part.lefts) == [row.left for row in wanted]
    assert list(part.rights) == [row.right for row in wanted]
    assert list(part.origins) == [row.origin for row in wanted]


def test_columns_of_columns_are_these() -> None:
    columns = Columns.of(ROWS)
    assert Columns.of(columns) is columns


def test_behind_the_last_row_there_is_none() -> None:
    with pytest.raises(IndexError):
        Columns.of(ROWS)[len(ROWS)]


def test_digests_are_only_put_into_words_for_rows_that_are_looked_at() -> None:
    asked: list[str] = []

    def unpacked(stored: str) -> str:
        asked.append(stored)
        return stored.upper()

    none: Sequence[str] = ["", "", ""]
    columns = Columns(["a", "b", "c"], (none, none), [1, 2, 3], (["x", "y", "z"], unpacked), none)
    assert columns[1:][0].digests == "Y"
    assert columns.keys == ["a", "b", "c"]
    assert len(columns) == 3
    assert asked == ["y"]
