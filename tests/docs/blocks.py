"""The code blocks of a Markdown document.

Behind the language of a fence may stand `file=NAME` (the block is that file, to be written before
what follows is run) or `from=PATH` (the block stands like this in that file of the workspace). A
block that cannot be run says why in a comment above it: `<!-- not run: needs an account -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<words>.*)")
_NOT_RUN = re.compile(r"\s*<!-- not run: (?P<reason>\S.*?) -->\s*")


class Block(NamedTuple):
    line: int
    """Of the opening fence, counted from one."""
    language: str
    text: str
    file: str = ""
    source: str = ""
    not_run: str = ""


class Malformed(Exception):
    """A document that cannot be read as one."""


def blocks(document: str) -> Iterator[Block]:
    """All fenced blocks, in order."""
    lines = iter(enumerate(document.splitlines(), start=1))
    above = ""
    for number, line in lines:
        opening = _FENCE.fullmatch(line)
        if opening is None:
            above = line if line.strip() else above
            continue
        text = "".join(_inside(lines, opening["indent"], opening["fence"], number))
        yield _block(number, opening["words"].split(), text, above)
        above = ""


def _inside(lines: Iterator[tuple[int, str]], indent: str, fence: str, start: int) -> Iterator[str]:
    """The lines up to the fence that closes, which is at least as long as the one that opens."""
    for _, line in lines:
        bare = line.strip()
        if bare.startswith(fence) and not bare.strip(fence[0]):
            return
        yield line.removeprefix(indent) + "\n"
    raise Malformed(f"line {start}: the block has no end")


def _block(line: int, words: list[str], text: str, above: str) -> Block:
    if not words:
        raise Malformed(f"line {line}: the block has no language; `text` is one")
    named = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    if unknown := named.keys() - {"file", "from"} or {w for w in words[1:] if "=" not in w}:
        raise Malformed(f"line {line}: what is {', '.join(sorted(unknown))}?")
    excuse = _NOT_RUN.fullmatch(above)
    reason = excuse["reason"] if excuse else ""
    return Block(line, words[0], text, named.get("file", ""), named.get("from", ""), reason)
