"""One room of the torture at work: how long it may go on, and what it has seen.

A room is a module that is run as `python -m tests.torture.ROOM` and ends with

    if __name__ == "__main__":
        sys.exit(main("crashes", play))

where `play(session)` goes on until `session.over()`. What it saw is told as numbers, each under
what was tried and how it ended; a failure stops the room, and says how to play it again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random, randrange

import msgspec


class Outcome(msgspec.Struct, frozen=True):
    """How often something that was tried ended in a certain way."""

    tried: str
    """Such as "kills before a system call"."""
    ended: str
    """Such as "completed by the next run"."""
    times: int


class Report(msgspec.Struct, frozen=True):
    """All that a room has to tell."""

    room: str
    seed: int
    seconds: int
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    """What was left out, and why."""
    failure: str = ""
    """What went wrong, and the command that plays it again; empty where nothing did."""


class Failed(Exception):
    """What must hold does not; the text says what, and how to see it again."""


class Session:
    """The time, the chance and the folder of one room, and its tally."""

    def __init__(self, seconds: float, seed: int, folder: Path) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.folder = folder
        self.begun = time.monotonic()
        self.seconds = seconds
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._notes: list[str] = []

    def over(self) -> bool:
        return time.monotonic() - self.begun >= self.seconds

    def saw(self, tried: str, ended: str, times: int = 1) -> None:
        self._outcomes[tried, ended] += times

    def note(self, text: str) -> None:
        """Say once what was left out."""
        if text not in self._notes:
            self._notes.append(text)

    def report(self, room: str, failure: str = "") -> Report:
        return Report(
            room=room,
            seed=self.seed,
            seconds=round(time.monotonic() - self.begun),
            outcomes=tuple(Outcome(*what, times) for what, times in self._outcomes.items()),
            notes=tuple(self._notes),
            failure=failure,
        )


def main(room: str, play: Callable[[Session], None], *, seconds: float = 60.0) -> int:
    """Read the words of the command line, play, and write the report; 1 where something failed."""
    words = argparse.ArgumentParser(prog=f"python -m tests.torture.{room}")
    words.add_argument("--seconds", type=float, default=seconds, help="how long to go on")
    words.add_argument("--seed", type=int, default=1, help="0 means any, which is then told")
    words.add_argument("--folder", type=Path, help="where to work; a temporary folder if not given")
    words.add_argument("--report", type=Path, help="a file for the report, as JSON")
    told = words.parse_args()
    with tempfile.TemporaryDirectory(prefix=f"torture-{room}-") as temporary:
        folder = told.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        seed = told.seed or randrange(1, 10**6)
        report = _played(Session(told.seconds, seed, folder), room, play)
    if told.report:
        told.report.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    print(f"seed {report.seed}")  # noqa: T201 - a script
    for outcome in report.outcomes:
        print(f"{outcome.times:9,}  {outcome.tried}: {outcome.ended}")  # noqa: T201 - a script
    for note in report.notes:
        print(f"    left out: {note}")  # noqa: T201 - a script
    if report.failure:
        print(report.failure, file=sys.stderr)  # noqa: T201 - a script
    return 1 if report.failure else 0


def _played(session: Session, room: str, play: Callable[[Session], None]) -> Report:
    try:
        play(session)
    except Exception as error:  # noqa: BLE001 - whatever it is, what was seen before it counts too
        where = "" if isinstance(error, Failed) else traceback.format_exc()
        return session.report(room, f"{type(error).__name__}: {error}\n{where}".strip())
    return session.report(room)
