"""What all rooms have seen, as the tables of docs/torture.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.torture.session import Report

BEGIN, END = "<!-- what the last long run saw -->", "<!-- until here -->"


def written(page: Path, reports: Sequence[Report], command: str) -> None:
    """Put the tables in the place of those that the page had."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    told = tables(reports, command)
    page.write_text(f"{before}{BEGIN}\n\n{told}\n{END}{after}", encoding="utf-8")


def tables(reports: Sequence[Report], command: str) -> str:
    """One table of what each room tried, how it ended and how often."""
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    lines = [
        f"`{command}` on {machine}:",
        "",
        "| room | minutes | what was tried | how it ended | times |",
        "| --- | ---: | --- | --- | ---: |",
    ]
    for report in reports:
        spent = f"{report.seconds / 60:.0f}"
        for outcome in report.outcomes:
            cells = report.room, spent, outcome.tried, outcome.ended, f"{outcome.times:,}"
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
            spent = ""
    noted = [f"- {report.room}: {note}" for report in reports for note in report.notes]
    if noted:
        lines += ["", "Left out:", "", *noted]
    failed = [f"- {report.room}: {report.failure}" for report in reports if report.failure]
    lines += ["", "Failures:", "", *failed] if failed else ["", "Failures: none."]
    return "\n".join(lines) + "\n"


def read(path: Path) -> Report:
    return msgspec.json.decode(path.read_bytes(), type=Report)
