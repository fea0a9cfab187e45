"""Plays the story of the app: `python -m photo_app`, or `python -m photo_app FOLDER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from photo_app.story import NotAsTold, Story


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m photo_app", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="play here, and leave all to look at")
    folder: Path | None = parser.parse_args().folder
    if folder is not None:
        return play(folder.resolve())
    with TemporaryDirectory(prefix="photo-app-") as temporary:
        return play(Path(temporary))


def play(folder: Path) -> int:
    try:
        Story(folder).play()
    except NotAsTold as error:
        print(f"\nNot as told: {error}")
        return 1
    print("\nAll went as told.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
