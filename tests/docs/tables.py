"""The tables of a Markdown document."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[ |:-]+")
_CODE = re.compile(r"`([^`]+)`")


def tables(text: str) -> Iterator[list[list[str]]]:
    """Each table as rows of cells, the head first."""
    found: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            if not _RULE.fullmatch(line):
                cells = _CELL.split(line.strip()[1:-1])
                found.append([cell.strip().replace("\\|", "|") for cell in cells])
        elif found:
            yield found
            found = []


def codes(cell: str) -> list[str]:
    """What stands in a cell, or any other text, as code."""
    return _CODE.findall(cell)


def sections(text: str, level: int = 2) -> dict[str, str]:
    """What stands below each heading of a level, up to the next of that level or above."""
    pattern = rf"^{'#' * level} (.+)$"
    parts = re.split(pattern, text, flags=re.MULTILINE)
    above = rf"^#{{1,{level}}} "
    return {
        title: re.split(above, body, maxsplit=1, flags=re.MULTILINE)[0]
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }
