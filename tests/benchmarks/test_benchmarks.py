"""Each benchmark runs, and what holds on any machine holds in it; its times are no test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def table(*words: str) -> list[dict[str, float]]:
    """What it prints, by the names of the columns."""
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names, *rows = done.stdout.splitlines()
    columns = names.replace("per s", "rate").split()
    return [dict(zip(columns, map(float, row.split()), strict=True)) for row in rows]


@pytest.mark.slow
def test_a_long_listing_is_complete_and_takes_no_more_memory_than_a_short_one() -> None:
    short = table("benchmarks/large_listing.py", "4000")
    long = table("benchmarks/large_listing.py", "40000")
    assert [row["keys"] for row in (*short, *long)] == [4000, 4000, 40_000, 40_000]
    one, several = (after["MB"] - before["MB"] for before, after in zip(short, long, strict=True))
    assert one < 10
    # Of ranges that are read at once, some pages of each wait for their turn.
    assert several < 40


@pytest.mark.slow
def test_equal_trees_are_adopted_and_then_not_read() -> None:
    first, *later = table("benchmarks/equal_trees.py", "500")
    assert (first["adopted"], first["bytes"]) == (500, 0)
    for row in later:
        assert (row["unchanged"], row["bytes"], row["reads"]) == (500, 0, 0)
