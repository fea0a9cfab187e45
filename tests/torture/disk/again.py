"""Plays one thing of this room again, and says how it ended; run as a script.

python -m tests.torture.disk.again case JSON
python -m tests.torture.disk.again cases JSON
python -m tests.torture.disk.again act NAME SEED
python -m tests.torture.disk.again race links|changing_files SEED SECONDS
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.torture.disk import races
from tests.torture.disk.acts import ACTS
from tests.torture.disk.cases import Below, Case, play
from tests.torture.disk.seam import under_the_seam
from tests.torture.effects.effects import NotHere

RACES = {"links": races.links, "changing_files": races.changing_files}


def main(words: list[str]) -> None:
    # Not removed when it fails: who plays it again wants to look.
    folder = Path(tempfile.mkdtemp(prefix="torture-disk-"))
    for line in _played(words, folder / "played"):
        print(line)  # noqa: T201 - a script
    shutil.rmtree(folder)


def _played(words: list[str], folder: Path) -> list[str]:
    match words:
        case ["case", text]:
            return _cases([msgspec.json.decode(text, type=Case)], folder, words)
        case ["cases", text]:
            return _cases(msgspec.json.decode(text, type=list[Case]), folder, words)
        case ["act", *names, seed]:
            return [_act(name, folder / name, int(seed)) for name in names]
        case ["race", name, seed, seconds]:
            return [str(RACES[name](folder, int(seed), float(seconds)))]
    raise SystemExit(__doc__)


def _cases(found: list[Case], folder: Path, words: list[str]) -> list[str]:
    if any(isinstance(case.trouble, Below) for case in found):
        os.rmdir(folder.parent)  # noqa: PTH106 - the process that goes on makes its own
        under_the_seam("tests.torture.disk.again", words)
        folder.parent.mkdir()
    return [msgspec.json.encode(play(case, folder)).decode() for case in found]


def _act(name: str, folder: Path, seed: int) -> str:
    try:
        return str(ACTS[name](folder, seed))
    except NotHere as error:
        return f"not here: {error}"


if __name__ == "__main__":
    main(sys.argv[1:])
