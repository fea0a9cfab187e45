"""The page's table says what was measured, and nothing that was not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.page import markdown, rows

ROOT = Path(__file__).parents[2]


def score(wall: float, cpu: float, peak: int = 50_000_000) -> Mapping[str, Any]:
    return {"wall": wall, "cpu": cpu, "peak": peak}


def job(letter: str, least: float | None = None, **scores: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"job": letter, "title": f"the job {letter}", "scores": scores, "least": least}


def test_each_job_is_a_row_and_each_contender_a_column() -> None:
    first = job("a", buckia=score(1.0, 2.0), fast=score(2.0, 1.0), slow=score(4.0, 4.0))
    second = job("b", least=0.75, buckia=score(1.5, 0.25, 1_000_000))
    assert [*rows([first, second])] == [
        ("job", "buckia", "fast", "slow", "wall", "CPU"),
        (
            "(a) the job a",
            "1.00 / 2.00 / 50",
            "2.00 / 1.00 / 50",
            "4.00 / 4.00 / 50",
            "0.50",
            "2.00",
        ),
        ("(b) the job b; at least 0.75", "1.50 / 0.25 / 1", "", "", "", ""),
    ]


def test_where_buckia_is_not_counted_nothing_is_compared() -> None:
    _, row = rows([job("a", fast=score(2.0, 1.0))])
    assert row == ("(a) the job a", "2.00 / 1.00 / 50", "", "")


def test_jobs_are_in_order_and_of_one_that_was_measured_twice_the_last_counts(
    tmp_path: Path,
) -> None:
    files = [tmp_path / name for name in ("old.json", "new.json")]
    for file, wall in zip(files, (1.0, 9.0), strict=True):
        jobs = [job(letter, buckia=score(wall, 1.0)) for letter in "ba"]
        file.write_text(json.dumps({"jobs": jobs}))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.page", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "| job | buckia | wall | CPU |",
        "| --- | ---: | ---: | ---: |",
        "| (a) the job a | 9.00 / 1.00 / 50 |  |  |",
        "| (b) the job b | 9.00 / 1.00 / 50 |  |  |",
    ]


def test_a_table_is_written_as_markdown_reads_it() -> None:
    found = [*markdown(iter([("job", "x"), ("a", "1")]))]
    assert found == ["| job | x |", "| --- | ---: |", "| a | 1 |"]
