"""One run for the sake of one setting: what is there before, what is given, what is seen after."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, NamedTuple

from buckia.client import BuckiaClient
from buckia.errors import BuckiaError
from buckia.plugins import PROVIDERS, Plugins
from buckia.results import SyncResult
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Pauses
from tests.cli.fakes import Ran, Shell
from tests.engine import provider
from tests.engine.bench import Bench

UNSET: Any = object()
"""Stands for a setting that is not given."""
BUILT_IN = ("local", "memory")


def points(group: str) -> Iterable[EntryPoint]:
    """The provider of the tests, the hooks beside it, and what comes with the core."""
    yield from provider.points(group)
    if group == PROVIDERS:
        for name in BUILT_IN:
            yield EntryPoint(name, f"buckia.stores.{name}.plugin", group)


class Scene(Bench):
    """A bench whose configuration is a file, which one setting more or less is written into."""

    def __init__(self, folder: Path, store: MemoryStore | None, waits: list[float]) -> None:
        super().__init__(folder, store)
        self.result: SyncResult | None = None
        self.error: BuckiaError | None = None
        self.ran: Ran | None = None
        self.noted: list[Any] = []
        """For whatever a test wants to remember."""
        self._waits = waits

    @property
    def waited(self) -> float:
        """Seconds that the run would have waited."""
        return sum(self._waits)

    @property
    def file(self) -> Path:
        return self.root / ".buckia.json"

    def write_file(self, **keys: Any) -> None:
        given = {"provider": "bench", "bucket_name": self.name, "retries": 1, **keys}
        self.file.write_text(json.dumps({"pair": given}))
        self.file.chmod(0o600)

    def run(self, **how: Any) -> None:
        """One sync by the file, as a program does it; remembers what came of it."""
        self._waits.clear()
        try:
            with self.by_file() as client:
                self.result = client.sync(**how)
        except BuckiaError as error:
            self.error = error

    def by_file(self) -> BuckiaClient:
        plugins = Plugins(entry_points=points)
        return BuckiaClient.from_file(self.file, "pair", plugins=plugins, on_event=self._hear)

    def type(self, *words: str, tty: bool = False, stdin: str = "") -> Ran:
        """One command line, in the folder of the file."""
        self._waits.clear()
        shell = Shell(self.root, real=True)
        shell.points = [*points(PROVIDERS), *points("buckia.hooks")]
        self.ran = shell(*words, tty=tty, stdin=stdin)
        return self.ran

    @property
    def kind(self) -> str:
        """What stopped the run, if anything did."""
        return "" if self.error is None else self.error.kind

    def meet(self) -> None:
        """Note how many uploads are under way at once, as soon as there are two."""
        lock, both, under_way = threading.Lock(), threading.Event(), [0]

        def enter(_call: object) -> None:
            with lock:
                under_way[0] += 1
                if under_way[0] > 1:
                    both.set()
            self.noted.append(both.wait(0.2))
            with lock:
                under_way[0] -= 1

        self.script(At("write_if", Pauses(enter), nth=range(1, 3)))


def nothing(_scene: Scene) -> None:
    pass


class Effect(NamedTuple):
    """Two runs that differ in one setting alone, and what is seen of it."""

    one: Any
    other: Any
    look: Callable[[Scene], Any]
    seen: tuple[Any, Any]
    """After the one run and after the other."""
    prepare: Callable[[Scene], None] = nothing
    given: Mapping[str, Any] = {}
    """What both runs are configured with besides."""
    store: Callable[[], MemoryStore] = MemoryStore
