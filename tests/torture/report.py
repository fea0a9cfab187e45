"""What rooms have seen, as the tables of docs/torture.md.

    python -m tests.torture.report docs/torture.md every "... crashes.every GROUND" s3.json ...
    python -m tests.torture.report docs/torture.md fuzz "make fuzz KIND=..." state.json ...

put every kill, and what was made up, an hour for each kind, into the page; `make torture` writes
its own part.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.torture.session import Report

PARTS = {"torture": "the last long run", "every": "every kill", "fuzz": "made-up input"}
"""Of the page; each stands between two comments that name it."""


def written(page: Path, reports: Sequence[Report], command: str, part: str) -> None:
    """Put the tables in the place of those that this part of the page had."""
    begin, end = f"<!-- {PARTS[part]} -->", f"<!-- end of {PARTS[part]} -->"
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    told = tables(reports, command)
    page.write_text(f"{before}{begin}\n\n{told}\n{end}{after}", encoding="utf-8")


def tables(reports: Sequence[Report], command: str) -> str:
    """One table of what each room tried, how it ended and how often."""
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    lines = [
        f"`{command}` on {machine}:",
        "",
        "| room | minutes | what was tried | times | how it ended |",
        "| --- | ---: | --- | ---: | --- |",
    ]
    for report in reports:
        spent = f"{report.seconds / 60:.0f}"
        for tried, endings in _by_what_was_tried(report).items():
            times = sum(endings.values())
            cells = report.room, spent, tried, f"{times:,}", _told(endings)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
            spent = ""
    noted = [f"- {report.room}: {note}" for report in reports for note in report.notes]
    if noted:
        lines += ["", "Left out:", "", *noted]
    failed = [f"- {report.room}: {report.failure}" for report in reports if report.failure]
    lines += ["", "Failures:", "", *failed] if failed else ["", "Failures: none."]
    return "\n".join(lines) + "\n"


def _by_what_was_tried(report: Report) -> dict[str, dict[str, int]]:
    """Each with its endings, those that came often first."""
    found: dict[str, dict[str, int]] = {}
    for one in sorted(report.outcomes, key=lambda one: -one.times):
        found.setdefault(one.tried, {})[one.ended] = one.times
    return dict(sorted(found.items()))


def _told(endings: dict[str, int]) -> str:
    if len(endings) == 1:
        return next(iter(endings))
    return ", ".join(f"{words} ({times:,})" for words, times in endings.items())


def read(path: Path) -> Report:
    return msgspec.json.decode(path.read_bytes(), type=Report)


def main(page: str, part: str, command: str, *paths: str) -> None:
    written(Path(page), [read(Path(path)) for path in paths], command, part)


if __name__ == "__main__":
    main(*sys.argv[1:])
