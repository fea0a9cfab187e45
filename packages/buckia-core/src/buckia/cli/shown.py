"""Names from strangers as they are safe to look at: a key may hold anything."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_JOINERS = "\u200c\u200d"
"""Parts of ordinary words and pictures in several scripts; they hide and reverse nothing."""
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control characters, marks that reorder or hide text, half characters, line ends."""
_PLAIN = re.compile(r"[ -~]*")


def shown(name: str) -> str:
    """The name on one line, without anything that moves the cursor or reorders letters."""
    if _PLAIN.fullmatch(name):
        return name
    return "".join(_escaped(letter) if _harmful(letter) else letter for letter in name)


def shown_text(text: str) -> str:
    """A message in which names may stand; its own line ends stay."""
    return "\n".join(map(shown, text.split("\n")))


def width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def padded(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def columns(rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """The lines of a table, in which no name does harm."""
    texts = [[shown(text) for text in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    return [
        "  ".join(padded(text, wide) for text, wide in zip(row, widths, strict=True)).rstrip()
        for row in texts
    ]


def _harmful(letter: str) -> bool:
    return unicodedata.category(letter) in _HARMFUL and letter not in _JOINERS


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _columns(letter: str) -> int:
    if unicodedata.combining(letter) or letter in _JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
