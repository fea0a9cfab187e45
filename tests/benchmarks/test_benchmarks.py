"""Each benchmark runs, and what holds on any machine holds in it; its times are no test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def printed(*words: str) -> list[dict[str, str]]:
    """What it prints, by the names of the columns."""
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names, *rows = done.stdout.splitlines()
    columns = names.replace("per s", "rate").split()
    return [dict(zip(columns, row.split(), strict=True)) for row in rows]


def table(*words: str) -> list[dict[str, float]]:
    """The same of one that prints only numbers."""
    return [{name: float(word) for name, word in row.items()} for row in printed(*words)]


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


@pytest.mark.slow
def test_a_zone_of_folders_is_listed_and_synced_whole_whatever_its_shape() -> None:
    found = printed("benchmarks/bunny_scan.py", "30", "90", "--latency", "2")
    assert [(row["shape"], row["what"], row["files"]) for row in found] == [
        (shape, what, "90") for shape in ("wide", "nested", "deep") for what in ("listing", "sync")
    ]


@pytest.mark.slow
def test_of_two_devices_that_write_at_once_nothing_is_gone() -> None:
    edits, deletion, _ = printed("benchmarks/bunny_races.py", "2", "--latency", "2")
    for row in (edits, deletion):
        assert (row["times"], row["gone"]) == ("2", "0")
        assert row["found"] == row["overwritten"]


@pytest.mark.slow
def test_uploads_of_a_database_that_is_written_hold_the_first_of_its_commits() -> None:
    done = subprocess.run(
        [
            sys.executable,
            *["-m", "benchmarks.busy_writer", "--times", "4", "--size", "1", "--rounds", "1"],
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    # How long they take is no test, but none of them may fail.
    assert done.stdout.count("0 failed") == 2, done.stderr


@pytest.mark.slow
def test_of_a_database_that_changed_in_one_place_only_that_place_travels() -> None:
    found = printed("benchmarks/changed_database.py", "40")
    moved = {(row["change"], row["way"], row["travels"]): float(row["MiB"]) for row in found}
    assert len(moved) == 12
    for change in ("together", "added"):
        for way in ("up", "down"):
            assert moved[change, way, "changes"] < moved[change, way, "whole"] / 2
