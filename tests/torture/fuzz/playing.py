"""Kinds of hostile input, played by Hypothesis: it makes them, shrinks a failure, and keeps it."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.watching import as_deep_as_need_be

IN_MEMORY = Path("/dev/shm")
"""Where there is such a disk, flushing costs nothing, and many more inputs are tried."""
CORPUS = Path(".cache/fuzz")
"""Inputs that failed are kept here, and tried first the next time."""

Saw = Callable[[str], None]


def play(
    kind: Kind,
    place: Path,
    saw: Saw,
    *,
    examples: int,
    number: int | None = None,
    over: Callable[[], bool] = lambda: False,
) -> None:
    """Try so many inputs, the same for the same number; without one, the same each time.

    Once it is `over`, the rest of them are not tried. A failure leaves as it was raised.
    """
    home = IN_MEMORY if IN_MEMORY.is_dir() else place
    database: ExampleDatabase | None = None
    if number is not None:
        database = DirectoryBasedExampleDatabase(CORPUS / kind.name)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=number is None,
        database=database,
        # Where an input came from does not matter, and explaining it takes hundreds more.
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(kind.inputs)
    def each(one: object) -> None:
        if over():
            return
        folder = tempfile.mkdtemp(prefix=f"{kind.name}-", dir=home)
        try:
            saw(kind.play(Path(folder), one))
        finally:
            with as_deep_as_need_be():
                shutil.rmtree(folder)

    (seed(number)(each) if number is not None else each)()


def counted(kind: Kind, place: Path, *, examples: int) -> Counter[str]:
    """A short session: how often its inputs ended how."""
    outcomes: Counter[str] = Counter()

    def saw(outcome: str) -> None:
        outcomes[outcome] += 1

    play(kind, place, saw, examples=examples)
    return outcomes
