"""What `python -m benchmarks --json FILE` has found, as a table for a page.

    python -m benchmarks.page FILE ...

Of a job that is in several files the last one counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_OURS = "buckia"
Found = Mapping[str, Any]
"""One job, as it is written for programs."""


def rows(jobs: Sequence[Found]) -> Iterator[Sequence[str]]:
    """The head, and then one row for each job."""
    names = list(dict.fromkeys(name for job in jobs for name in job["scores"]))
    yield ("job", *names, "wall", "CPU")
    for job in jobs:
        scores = job["scores"]
        told = [_cell(scores[name]) if name in scores else "" for name in names]
        yield (_title(job), *told, *_ratios(scores))


def _title(job: Found) -> str:
    title = f"({job['job']}) {job['title']}"
    return title if job["least"] is None else f"{title}; at least {job['least']:.2f}"


def _cell(score: Found) -> str:
    return f"{score['wall']:.2f} / {score['cpu']:.2f} / {score['peak'] / 1e6:.0f}"


def _ratios(scores: Mapping[str, Found]) -> tuple[str, str]:
    """To the best of the others, who need not be the same for both."""
    ours = scores.get(_OURS)
    others = [score for name, score in scores.items() if name != _OURS]
    if ours is None or not others:
        return "", ""
    wall, cpu = (ours[one] / min(score[one] for score in others) for one in ("wall", "cpu"))
    return f"{wall:.2f}", f"{cpu:.2f}"


def markdown(table: Iterator[Sequence[str]]) -> Iterator[str]:
    head, *rest = table
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    for row in rest:
        yield f"| {' | '.join(row)} |"


def main() -> None:
    found = {
        job["job"]: job
        for name in sys.argv[1:]
        for job in json.loads(Path(name).read_text(encoding="utf-8"))["jobs"]
    }
    jobs = [found[letter] for letter in sorted(found)]
    print(*markdown(rows(jobs)), sep="\n")


if __name__ == "__main__":
    main()
