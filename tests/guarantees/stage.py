"""A local folder and a bucket in memory that fails as it is told, for one test."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from buckia.body import BytesBody
from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.digests import unpack
from buckia.events import Event, Planned
from buckia.protocols import Storage
from buckia.results import SyncResult
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Fault, Faulty, Script
from tests.guarantees import plugin

STATE = ".buckia.state"
CHANGES = frozenset(
    {"write", "write_if", "stage", "commit", "delete", "delete_if", "delete_many"}
    | {"copy", "copy_if", "move", "retire"}
)
"""Operations by which a bucket becomes another."""
SECOND = 1_000_000_000
OLD = 1_600_000_000 * SECOND
"""A time long ago, for files that were not touched today."""

_names = count(1)


class Kept(NamedTuple):
    key: str
    data: bytes
    path: Path


def writes(fault: Fault, key: str | None = None, nth: int | range | None = None) -> list[At]:
    """The fault in every way to store bytes under a key."""
    return [At(operation, fault, nth, key) for operation in ("write", "write_if", "stage")]


def reads(fault: Fault, key: str | None = None, nth: int | range | None = None) -> list[At]:
    return [At(operation, fault, nth, key) for operation in ("read", "read_range")]


def deletes(fault: Fault, key: str | None = None, nth: int | range | None = None) -> list[At]:
    operations = ("delete", "delete_if", "delete_many")
    return [At(operation, fault, nth, key) for operation in operations]


def files(folder: Path) -> dict[str, bytes]:
    """All files but those of the state, by key."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(below(folder))
        if path.is_file() and STATE not in path.relative_to(folder).parts
    }


def below(folder: Path) -> Iterator[Path]:
    """All that is below it, however deep; what the library has for it calls itself."""
    waiting = [folder] if folder.is_dir() else []
    while waiting:
        for entry in os.scandir(waiting.pop()):
            yield Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))


def put(path: Path, data: bytes | str, mtime_ns: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns, mtime_ns))


def rows(state: Path) -> dict[str, str]:
    """The base as it stands in the state: key and SHA-256."""
    found: dict[str, str] = {}
    for path in state.glob("pairs/*/base.sqlite"):
        with Database.look(path) as database:
            for block in SqliteManifest(database).scan():
                found |= {row.key: unpack(row.digests)["sha256"] for row in block}
    return found


def trash(state: Path) -> list[Kept]:
    """Every version in the trash, read without Buckia's help."""
    found = []
    for beside in sorted((state / "trash").rglob("*.json")):
        path = beside.with_suffix("")
        if path.exists():
            found.append(Kept(json.loads(beside.read_bytes())["key"], path.read_bytes(), path))
    return found


def digest(data: bytes | str) -> str:
    return sha256(data.encode() if isinstance(data, str) else data).hexdigest()


class Stage:
    """`here` is the folder, `there` the bucket; `between` runs once, when the plan is made."""

    def __init__(self, folder: Path, store: Storage | None = None, **config: Any) -> None:
        self.folder = folder
        self.root = folder / "here"
        self.root.mkdir(parents=True, exist_ok=True)
        self.store = Faulty(store or MemoryStore())
        self.name = f"stage-{next(_names)}"
        plugin.stores[self.name] = self.store
        given = {"retries": 2, **config}
        self.config = BucketConfig(provider="staged", bucket_name=self.name, **given)
        self.events: list[Event] = []
        self.between: Callable[[], object] = lambda: None

    @property
    def state(self) -> Path:
        return self.root / STATE

    def put_here(self, key: str, data: bytes | str, mtime_ns: int | None = None) -> None:
        put(self.root / key, data, mtime_ns)

    def put_there(self, key: str, data: bytes | str, mtime_ns: int | None = OLD) -> None:
        """As somebody else would: no fault touches it, and it is not in the journal."""
        written = data.encode() if isinstance(data, str) else data
        self.store.store.write(key, BytesBody(data=written, mtime_ns=mtime_ns))

    def drop_here(self, *keys: str) -> None:
        for key in keys:
            (self.root / key).unlink()

    def drop_there(self, *keys: str) -> None:
        for key in keys:
            self.store.store.delete(key)

    def here(self) -> dict[str, bytes]:
        return files(self.root)

    def there(self) -> dict[str, bytes]:
        store = self.store.store
        assert isinstance(store, MemoryStore)
        return store.contents()

    def rows(self) -> dict[str, str]:
        return rows(self.state)

    def trash(self) -> list[tuple[str, bytes]]:
        return [(kept.key, kept.data) for kept in trash(self.state)]

    def agreed(self, **texts: str) -> None:
        """Both sides and the base hold exactly these, `d__x` standing for `d/x`."""
        held = {key.replace("__", "/"): text.encode() for key, text in texts.items()}
        assert self.here() == held
        assert self.there() == held
        assert self.rows() == {key: digest(data) for key, data in held.items()}

    def script(self, *scenes: At | list[At]) -> None:
        """What goes wrong from now on; nothing when nothing is given. The journal begins anew."""
        flat = [one for scene in scenes for one in ([scene] if isinstance(scene, At) else scene)]
        self.store.plan = Script(*flat)
        self.store.calls.clear()
        self.store._counts.clear()

    def changes(self) -> list[str]:
        """The operations of the journal that change the bucket."""
        return [f"{call.operation} {call.key}" for call in self.store.calls if is_change(call)]

    @contextmanager
    def client(self, **config: Any) -> Iterator[BuckiaClient]:
        chosen = self.config.replace(**config) if config else self.config
        with BuckiaClient(
            chosen, local_path=self.root, plugins=plugin.plugins(), on_event=self._hear
        ) as client:
            yield client

    def sync(self, **how: Any) -> SyncResult:
        with self.client() as client:
            return client.sync(**how)

    def status(self, **how: Any) -> SyncResult:
        with self.client() as client:
            return client.status(**how)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Planned):
            between, self.between = self.between, lambda: None
            between()


def is_change(call: Any) -> bool:
    return call.operation in CHANGES


def actions(result: SyncResult) -> set[tuple[str, str]]:
    return {(step.action, step.path) for step in result.actions}


def texts(**given: str) -> Mapping[str, bytes]:
    return {key.replace("__", "/"): text.encode() for key, text in given.items()}
