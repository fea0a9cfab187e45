"""How it went, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.rounds import Score, Standing

_OURS = "buckia"
_HEAD = ("", "wall s", "CPU s", "MB", "wall ratio", "CPU ratio", "requests")


def lines(standing: Standing) -> Iterator[str]:
    """A table of one job; the ratios are to the best of the others."""
    yield f"({standing.letter}) {standing.title}"
    rows = [_HEAD, *(_row(score, standing.scores) for score in standing.scores)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *map(str.rjust, row[1:-1], widths[1:-1]), row[-1]]
        yield "  " + "  ".join(cells).rstrip()
    if standing.least is not None:
        yield f"  at so many requests at once it cannot be done in less than {standing.least:.2f} s"
    for name, why in standing.failures.items():
        yield f"  {name} is not counted: {why}"


def machine_readable(standing: Standing) -> dict[str, Any]:
    return {
        "job": standing.letter,
        "title": standing.title,
        "scores": {score.contender: score._asdict() for score in standing.scores},
        "least": standing.least,
        "failures": dict(standing.failures),
    }


def _row(score: Score, scores: Sequence[Score]) -> tuple[str, ...]:
    others = [one for one in scores if one.contender != _OURS]
    best = (min(one.wall for one in others), min(one.cpu for one in others)) if others else None
    return (
        score.contender,
        f"{score.wall:.2f}",
        f"{score.cpu:.2f}",
        f"{score.peak / 1e6:.0f}",
        f"{score.wall / best[0]:.2f}" if best else "",
        f"{score.cpu / best[1]:.2f}" if best else "",
        _told(score.requests),
    )


def _told(requests: Mapping[str, int] | None) -> str:
    if requests is None:
        return "?"
    return " ".join(f"{kind}:{count}" for kind, count in requests.items() if count) or "none"
