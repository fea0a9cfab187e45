"""Asking tests about a copy of the packages, and what their answers mean."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tests.torture.mutations.witness import REPORT, Ending
from tests.torture.mutations.workshop import ROOT, Workshop

LONGEST = 120.0
"""Seconds for the tests about one mutation; all of them together for the whole copy may take twenty
times as long.
"""
_BROKEN = frozenset(
    {"ImportError", "SyntaxError", "NameError", "AttributeError", "TypeError"}
    | {"TimeoutExpired", "Warning", "INTERNALERROR"}
)
"""By which code fails that is not less safe but wrong, or that never ends."""


class Hung(Exception):
    """The tests did not end."""


def ask(
    workshop: Workshop, tests: Iterable[str], folder: Path, *, first_only: bool
) -> Sequence[Ending]:
    """How these tests end on the copy as it is; with `first_only` up to the first that fails."""
    report = folder / "endings.jsonl"
    report.unlink(missing_ok=True)
    words = ["-q", "-p", "tests.torture.mutations.witness", "-p", "no:cacheprovider"]
    words += ["-x"] if first_only else []
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words, *tests],
            cwd=ROOT,
            env={**workshop.environment, REPORT: str(report)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LONGEST * (1 if first_only else 20),
        )
    except subprocess.TimeoutExpired as error:
        raise Hung(f"the tests did not end within {error.timeout:.0f} seconds") from error
    if not report.exists():
        said = "\n".join(done.stdout.splitlines()[-5:])
        return [Ending("", "failed", ("INTERNALERROR",), said)]
    return [msgspec.json.decode(line, type=Ending) for line in report.read_bytes().splitlines()]


def belongs(ending: Ending, test: str) -> bool:
    """Whether it is of that test, or of one of that file."""
    return ending.test == test or ending.test.startswith((f"{test}[", f"{test}::"))


def failures(endings: Iterable[Ending]) -> list[Ending]:
    return [one for one in endings if one.outcome == "failed"]


def is_finding(ending: Ending) -> bool:
    """Whether a test has found something out, and not merely stumbled over broken code."""
    return ending.outcome == "failed" and not _BROKEN.intersection(ending.kinds)
