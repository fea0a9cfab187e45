"""What a failure says to be played again, and nothing else; run as a script."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.torture.session import Failed
from tests.torture.wire.knock import SCHEMES, Knock, knock
from tests.torture.wire.place import Stand, stand
from tests.torture.wire.play import Cell, play
from tests.torture.wire.storm import storm


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.torture.wire.one")
    words.add_argument("--ground", required=True)
    words.add_argument("--fault")
    words.add_argument("--kind")
    words.add_argument("--door")
    words.add_argument("--scheme", choices=SCHEMES, default="http")
    words.add_argument("--storm", action="store_true")
    words.add_argument("--often", action="store_true")
    words.add_argument("--seed", type=int, default=1)
    told = words.parse_args()
    with tempfile.TemporaryDirectory() as folder, stand(Path(folder), told.ground) as here:
        try:
            print(_played(here, told))  # noqa: T201 - a script
        except Failed as error:
            print(error, file=sys.stderr)  # noqa: T201 - a script
            return 1
    return 0


def _played(here: Stand, told: argparse.Namespace) -> object:
    if told.storm:
        return storm(here, told.seed)
    if told.door:
        return knock(here, Knock(told.ground, told.door, told.scheme, told.often), told.seed)
    return play(here, Cell(told.ground, told.fault, told.kind, told.often), told.seed)


if __name__ == "__main__":
    sys.exit(main())
