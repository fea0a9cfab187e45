"""Hostile input, one kind after the other, and buckets that mean harm; run as a module.

    python -m tests.torture.fuzz --seconds 600 --seed 7
    python -m tests.torture.fuzz --kind state --seconds 60

An input that failed is kept below `.cache/fuzz/`, shrunk as far as it goes, and tried first from
then on.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence

from tests.torture.fuzz import playing
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.kinds import KINDS
from tests.torture.fuzz.measured import CASES, LONG, SHORT
from tests.torture.session import Failed, Session, main

ROUND = 20.0
"""Seconds that one kind has before it is the next one's turn."""
EXAMPLES = 2000
"""Inputs of one turn at the most."""
MALICE = "malice"
LONG_ENOUGH = 900.0
"""Seconds of a session in which there is time for hundreds of thousands of keys."""


def room(kinds: Sequence[str]) -> Callable[[Session], None]:
    """Plays these kinds in turn until the time is over, each at least once."""

    def play(session: Session) -> None:
        number, is_first = session.seed, True
        while is_first or not session.over():
            for name in kinds:
                if is_first or not session.over():
                    _turn(session, name, number)
            number, is_first = number + 1, False

    return play


def _turn(session: Session, name: str, number: int) -> None:
    if name == MALICE:
        _harm(session)
        return
    kind = KINDS[name]
    left = session.seconds - (time.monotonic() - session.begun)
    end = time.monotonic() + max(1.0, min(ROUND, left / len(KINDS)))
    try:
        playing.play(
            kind,
            session.folder,
            lambda outcome: session.saw(name, outcome),
            examples=EXAMPLES,
            number=number,
            over=lambda: time.monotonic() > end,
        )
    except Exception as error:
        raise _told(kind, number, error) from error


def _harm(session: Session) -> None:
    """Every malicious bucket, on the scale for which there is time."""
    has_time = session.seconds >= LONG_ENOUGH
    for case in CASES:
        if has_time or case.is_short:
            done = case.play(session.folder, LONG if has_time else SHORT)
            session.saw(f"malice: {case.name}", done)
        else:
            session.note(f"{case.name}: takes minutes, of which there are too few")


def _told(kind: Kind, number: int, error: Exception) -> Failed:
    """What failed, and how to see it again; Hypothesis notes the input beside the error."""
    input_ = "\n".join(getattr(error, "__notes__", ()))
    place = "".join(traceback.format_exception(error, limit=-4))
    again = f"python -m tests.torture.fuzz --kind '{kind.name}' --seed {number}"
    return Failed(f"{kind.name}: {error!r}\n{place}\n{input_}\nAgain: {again}")


def _chosen() -> list[str]:
    """The kinds that were asked for; all other words are those of any room."""
    words = argparse.ArgumentParser(add_help=False)
    words.add_argument("--kind", choices=[*KINDS, MALICE])
    told, others = words.parse_known_args()
    sys.argv[1:] = others
    return [told.kind] if told.kind else [MALICE, *KINDS]


if __name__ == "__main__":
    sys.exit(main("fuzz", room(_chosen())))
