"""The command line.

Nothing else of Buckia shows anything: the library tells events and results, and the modules here
draw them for a person or write them down as JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

_MANY = 50_000
"""Values made and not yet given up, after which somebody looks for cycles among them."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run `buckia` with these words, and leave with its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--version"]:
        # Asked by scripts and by people in a hurry, so it loads nothing at all.
        from buckia import __version__

        sys.stdout.write(f"buckia {__version__}\n")
        sys.exit(0)
    try:
        from buckia.cli.app import run
        from buckia.cli.terminal import system_terminal

        _look_for_cycles_seldom()
        sys.exit(run(words, system_terminal()))
    except KeyboardInterrupt:
        # Pressed before the command had begun.
        sys.exit(130)


def _look_for_cycles_seldom() -> None:
    """A run makes millions of values and hardly a cycle; looking for some costs a tenth of it."""
    import gc

    gc.freeze()
    gc.set_threshold(_MANY, 20, 50)
