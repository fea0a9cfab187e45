"""All rooms of the torture, two at a time, within a given time; run as a script.

    python -m tests.torture --hours 1 --page docs/torture.md

Ends with 1 where a room failed, and says how to play the failure again. What each room said stands
in the folder, beside its report.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import randrange

from tests.torture.report import read, tables, written
from tests.torture.session import Report

ROOT = Path(__file__).parents[2]
Lane = Mapping[str, float]
LANES: Sequence[Lane] = (
    {"crashes": 0.45, "wire": 0.3, "disk": 0.25},
    {"mutations": 0.35, "histories": 0.4, "fuzz": 0.25},
)
"""What runs one after the other on one core, each with its share of the time."""
GRACE = 900.0
"""Seconds that a room may need beyond its time, to end what it has begun."""


class Torture:
    """One run of all rooms."""

    def __init__(self, seconds: float, seed: int, folder: Path, modules: str) -> None:
        self._seconds, self._seed = seconds, seed
        self._folder = folder
        self._modules = modules
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, lanes: Sequence[Lane]) -> list[Report]:
        with ThreadPoolExecutor(len(lanes)) as pool:
            return [report for lane in pool.map(self._lane, lanes) for report in lane]

    def _lane(self, lane: Lane) -> list[Report]:
        """Time that a room does not need is for those that come after it."""
        end = time.monotonic() + self._seconds
        reports, shares = [], dict(lane)
        for room in lane:
            left = max(0.0, end - time.monotonic())
            mine = left * shares[room] / sum(shares.values())
            del shares[room]
            reports.append(self._room(room, mine))
        return reports

    def _room(self, room: str, seconds: float) -> Report:
        _say(f"{room}: {seconds / 60:.1f} minutes")
        told = self._folder / f"{room}.json"
        told.unlink(missing_ok=True)
        words = {"--seconds": f"{seconds:.0f}", "--seed": str(self._seed), "--report": str(told)}
        command = [sys.executable, "-m", f"{self._modules}.{room}"]
        with (self._folder / f"{room}.txt").open("w") as said:
            ended = _ended(
                [*command, *(word for pair in words.items() for word in pair)],
                said.fileno(),
                seconds + GRACE,
            )
        report = self._told(room, told, ended)
        _say(f"{room}: {'FAILED' if report.failure else 'all well'}, {report.seconds} s")
        return report

    def _told(self, room: str, path: Path, ended: str) -> Report:
        if path.exists():
            return read(path)
        failure = f"the room ended without a report ({ended}); see {self._folder / room}.txt"
        return Report(room=room, seed=self._seed, seconds=0, outcomes=(), failure=failure)


def _ended(command: Sequence[str], said: int, patience: float) -> str:
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdout=said, stderr=said, check=False, timeout=patience
        )
    except subprocess.TimeoutExpired:
        return "it went on long after its time"
    return f"exit code {done.returncode}"


def _say(text: str) -> None:
    """Line end and all in one write, because two lanes speak at once."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {text}\n")
    sys.stdout.flush()


def main(
    given: Sequence[str], lanes: Sequence[Lane] = LANES, modules: str = "tests.torture"
) -> int:
    words = argparse.ArgumentParser(prog="python -m tests.torture")
    words.add_argument("--hours", type=float, default=1.0)
    words.add_argument("--seed", type=int, default=0, help="0 means any, which is then told")
    words.add_argument("--folder", type=Path, default=ROOT / ".cache" / "torture")
    words.add_argument("--page", type=Path, help="the document that gets the tables")
    told = words.parse_args(given)
    seed = told.seed or randrange(1, 10**6)
    command = f"make torture HOURS={told.hours:g} SEED={seed}"
    _say(command)
    reports = Torture(told.hours * 3600, seed, told.folder, modules).run(lanes)
    print(tables(reports, command))  # noqa: T201 - a script
    if told.page:
        written(told.page, reports, command, "torture")
    return int(any(report.failure for report in reports))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
