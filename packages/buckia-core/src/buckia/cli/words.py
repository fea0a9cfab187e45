"""The words of the command line before click sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

GREEDY = "--paths"
"""The option that takes every following word up to the next option, which click has not."""
COMMANDS = frozenset({"sync", "status"})
"""The commands that have it."""


def spread(words: Iterable[str]) -> list[str]:
    """`--paths a b` as `--paths=a --paths=b`, for the commands that know it."""
    given = list(words)
    if not given or given[0] not in COMMANDS:
        return given
    return list(_spread(given))


def _spread(given: list[str]) -> Iterator[str]:
    taking = empty = False
    for number, word in enumerate(given):
        if word.startswith("-") and word != "-":
            if empty:
                # Nothing followed; the empty word makes the option say so itself.
                yield f"{GREEDY}="
            taking = word == GREEDY or word.startswith(f"{GREEDY}=")
            empty = word == GREEDY
            if word == "--":
                yield from given[number:]
                return
            if not empty:
                yield word
        elif taking:
            empty = False
            yield f"{GREEDY}={word}"
        else:
            yield word
    if empty:
        yield f"{GREEDY}="
