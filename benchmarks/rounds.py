"""All contenders at one job, in turns: whatever disturbs the machine disturbs them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.attempts import Attempts, Job, Wrong
from benchmarks.contenders.contender import Contender
from benchmarks.desk import Desk
from benchmarks.measured import Failed, Figures, run


class Score(NamedTuple):
    """The middle of what one contender needed for one job."""

    contender: str
    wall: float
    cpu: float
    peak: int
    requests: Mapping[str, int] | None
    """Of its last round, by kind; None where the server does not count."""
    walls: Sequence[float]
    """Of all rounds."""


class Standing(NamedTuple):
    """How one job went."""

    letter: str
    title: str
    scores: Sequence[Score]
    failures: Mapping[str, str]
    """What kept others from being counted."""
    least: float | None = None
    """Seconds below which nobody can get; None where nothing but the machine is a limit."""


def play(job: Job, contenders: Sequence[Contender], desk: Desk, rounds: int) -> Standing:
    """Set all up, and let them go one after the other, as many times as there are rounds."""
    try:
        job.begin(desk)
        return _played(job, contenders, desk, rounds)
    finally:
        job.end()


def _played(job: Job, contenders: Sequence[Contender], desk: Desk, rounds: int) -> Standing:
    failures: dict[str, str] = {}
    entered: dict[str, Attempts] = {}
    for name, enter in job.entries(contenders).items():
        try:
            if (attempts := enter()) is not None:
                entered[name] = attempts
        except Failed as error:
            failures[name] = str(error)
    seen: dict[str, list[tuple[Figures, Mapping[str, int] | None]]] = {}
    for _ in range(rounds):
        for name, attempt in entered.items():
            if name in failures:
                continue
            try:
                seen.setdefault(name, []).append(_tried(attempt, desk))
            except (Failed, Wrong) as error:
                failures[name] = str(error)
    scores = [_score(name, runs) for name, runs in seen.items() if name not in failures]
    return Standing(job.letter, job.title, scores, failures, job.least())


def _tried(attempt: Attempts, desk: Desk) -> tuple[Figures, Mapping[str, int] | None]:
    ready = attempt()
    count = desk.ground.counts
    before = count() if count else {}
    figures = run(ready.command)
    requests = {kind: n - before[kind] for kind, n in count().items()} if count else None
    ready.check()
    return figures, requests


def _score(name: str, runs: Sequence[tuple[Figures, Mapping[str, int] | None]]) -> Score:
    walls = [figures.wall for figures, _ in runs]
    return Score(
        name,
        median(walls),
        median(figures.cpu for figures, _ in runs),
        max(figures.peak for figures, _ in runs),
        runs[-1][1],
        walls,
    )
