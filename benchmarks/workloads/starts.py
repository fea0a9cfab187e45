"""What it takes to get going at all."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.attempts import Attempt, Entry, Job
from benchmarks.contenders.contender import Contender
from benchmarks.desk import Desk
from benchmarks.measured import Command


class Starts(Job):
    """Say which version it is, or how things are; beside it stands the least of any Python."""

    def __init__(self, letter: str, title: str) -> None:
        self.letter, self.title = letter, title

    def begin(self, desk: Desk) -> None:
        self._folder, disk = desk.folder(), desk.folder()
        (disk / "notes").mkdir()
        config = {"notes": {"provider": "local", "bucket_name": "notes", "root": str(disk)}}
        (self._folder / ".buckia.json").write_text(json.dumps(config))

    def entries(self, contenders: Sequence[Contender], /) -> Mapping[str, Entry]:
        ours = Path(sys.executable).with_name("buckia")
        asked = {f"buckia {word}": [ours, word] for word in ("--version", "--help", "status")}
        peers = {f"{one.name} (version)": one.version().words for one in contenders}
        least = {"python -c pass": [sys.executable, "-c", "pass"]}
        return {name: self._entry(words) for name, words in {**asked, **peers, **least}.items()}

    def _entry(self, words: Sequence[str | Path]) -> Entry:
        attempt = Attempt(Command(words, self._folder), lambda: None)
        return lambda: lambda: attempt
