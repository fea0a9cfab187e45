"""Plays the mutations whose names hold these words, and says which test noticed each; a script.

python -m tests.torture.mutations.one never flushed
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.torture.mutations.catalogue import MUTATIONS
from tests.torture.mutations.playing import Player


def main(words: list[str]) -> int:
    wanted = [one for one in MUTATIONS if " ".join(words) in one.name]
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        player = Player(Path(folder))
        left_out = player.prove(wanted)
        for mutation in wanted:
            began = time.monotonic()
            caught = player.play(mutation, left_out) or f"SURVIVED: {player.survivors[-1]}"
            print(f"{time.monotonic() - began:5.1f}  {mutation.name}\n       {caught}", flush=True)  # noqa: T201 - a script
    return int(bool(player.survivors))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
