"""A storage zone of many folders, each of which has to be asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.attempts import Attempt, Attempts, Entry, Job
from benchmarks.bunny_scan import AT_ONCE, folders, served, tree
from benchmarks.contenders.contender import Contender
from benchmarks.desk import Desk
from benchmarks.measured import Command, run
from benchmarks.trees import Tree

_FILES_IN_A_FOLDER = 10


class Zone(Job):
    """Nothing to do. No peer speaks the language of its service, so the limit stands beside."""

    def __init__(self, letter: str, title: str, count: int, *, latency: float) -> None:
        self.letter, self.title = letter, title
        self._files = Tree(count, 1)
        # That of a fake of its own, and not of the server that others share.
        self._latency = latency
        self._stack = ExitStack()

    def begin(self, desk: Desk) -> None:
        files = desk.scaled(self._files).files
        self._folders = max(1, files // _FILES_IN_A_FOLDER)
        self._tree, self._home = desk.folder(), desk.folder()
        for path, content in tree(files, folders(self._folders, "wide")):
            place = self._tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        words = (str(self._folders), str(files), f"--latency={self._latency}", "--shape=wide")
        self._endpoint = self._stack.enter_context(served(*words))
        desk.rest()

    def end(self) -> None:
        self._stack.close()

    def least(self) -> float:
        return (self._folders + 1) * self._latency / 1000 / AT_ONCE

    def entries(self, _contenders: Sequence[Contender], /) -> Mapping[str, Entry]:
        return {"buckia": self._enter}

    def _enter(self) -> Attempts:
        config = {
            "provider": "bunny",
            "bucket_name": "zone",
            "endpoint_url": self._endpoint,
            "credentials": {"storage_api_key": "secret"},
            "paths": [str(self._tree)],
        }
        told = self._home / ".buckia.json"
        told.touch(mode=0o600)
        told.write_text(json.dumps({"bench": config}))
        command = Command([Path(sys.executable).with_name("buckia"), "sync"], self._home)
        run(command)
        return lambda: Attempt(command, lambda: None)
