"""A local folder and a bucket in memory, of any kind and with any faults, for one test."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from buckia.body import BytesBody
from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.digests import unpack
from buckia.events import Event, Planned
from buckia.model import Intent
from buckia.protocols import Storage
from buckia.results import SyncResult
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia.testing.faults import At, Fault, Faulty, Script
from tests.engine import provider

STATE = ".buckia.state"
SECOND = 1_000_000_000
OLD = 1_600_000_000 * SECOND
"""A time long ago, for files that were not touched today."""
ASKED_ONCE = frozenset({"scan", "identity", "sweep"})
"""What a run may ask of a bucket however many objects there are."""
_CHANGES = frozenset(
    {"write", "write_if", "stage", "commit", "delete", "delete_if", "delete_many"}
    | {"copy", "copy_if", "move", "retire"}
)
_names = count(1)


class Kept(NamedTuple):
    """A version in the trash."""

    key: str
    data: bytes
    side: str


def memory(**facts: Any) -> MemoryStore:
    """A store of these traits; what is no trait is an argument of `MemoryStore`."""
    traits = {name: facts.pop(name) for name in tuple(facts) if hasattr(ROOMY, name)}
    return MemoryStore(traits=msgspec.structs.replace(ROOMY, **traits), **facts)


def lacking(*abilities: str, **facts: Any) -> MemoryStore:
    return memory(lacks=frozenset(abilities), **facts)


def whenever(
    operations: str, fault: Fault, key: str | None = None, nth: int | range | None = None
) -> list[At]:
    """The fault at each of these operations, which are words in one text."""
    return [At(operation, fault, nth, key) for operation in operations.split()]


WRITES = "write write_if"
COPIES = "copy copy_if"
READS = "read read_range"
DELETES = "delete delete_if delete_many"


def bytes_of(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


def put(path: Path, data: bytes | str, mtime_ns: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes_of(data))
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns, mtime_ns))


def files(folder: Path) -> dict[str, bytes]:
    """All files but those of the state, by key."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and STATE not in path.relative_to(folder).parts
    }


def stamps(folder: Path) -> dict[str, tuple[int, ...]]:
    """All that a write outside the state would change, the root's own times apart."""
    found: dict[str, tuple[int, ...]] = {}
    for path in folder.rglob("*"):
        if STATE not in path.relative_to(folder).parts:
            told = path.lstat()
            found[str(path)] = (told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)
    return found


def actions(result: SyncResult) -> set[tuple[str, str]]:
    return {(step.action, step.path) for step in result.actions}


def skipped(result: SyncResult) -> set[str]:
    return {one.path for one in result.skipped}


class Bench:
    """`here` is the folder, `there` the bucket; `between` runs when the plan is made."""

    def __init__(self, folder: Path, store: Storage | None = None, **config: Any) -> None:
        self.folder = folder
        self.root = folder / "here"
        self.root.mkdir(parents=True, exist_ok=True)
        self.name = f"bench-{next(_names)}"
        self.store: Faulty
        self.use(store or MemoryStore())
        given = {"retries": 2, **config}
        self.config = BucketConfig(provider="bench", bucket_name=self.name, **given)
        self.events: list[Event] = []
        self.between: Callable[[], object] = lambda: None
        self.plugins = provider.plugins()

    def use(self, store: Storage) -> None:
        """Let this be the bucket from now on."""
        self.store = Faulty(store)
        provider.stores[self.name] = self.store

    @property
    def state(self) -> Path:
        return self.root / STATE

    @property
    def bucket(self) -> MemoryStore:
        assert isinstance(self.store.store, MemoryStore)
        return self.store.store

    def put_here(self, key: str, data: bytes | str, mtime_ns: int | None = None) -> None:
        put(self.root / key, data, mtime_ns)

    def put_there(self, key: str, data: bytes | str, mtime_ns: int | None = OLD) -> None:
        """As somebody else would: no fault touches it, and it is not in the journal."""
        self.store.store.write(key, BytesBody(data=bytes_of(data), mtime_ns=mtime_ns))

    def drop_here(self, *keys: str) -> None:
        for key in keys:
            (self.root / key).unlink()

    def drop_there(self, *keys: str) -> None:
        for key in keys:
            self.store.store.delete(key)

    def rename_here(self, old: str, new: str) -> None:
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).rename(self.root / new)

    def here(self) -> dict[str, bytes]:
        return files(self.root)

    def there(self) -> dict[str, bytes]:
        return self.bucket.contents()

    def rows(self) -> dict[str, str]:
        """The base as it stands in the state: key and one digest of its bytes."""
        found: dict[str, str] = {}
        for manifest in self._manifests():
            for block in manifest.scan():
                found |= {row.key: max(unpack(row.digests).items())[1] for row in block}
        return found

    def origins(self) -> dict[str, str]:
        """The root or mapping that each key of the base came through."""
        return {
            row.key: row.origin
            for manifest in self._manifests()
            for block in manifest.scan()
            for row in block
        }

    def intents(self) -> list[Intent]:
        return [intent for manifest in self._manifests() for intent in manifest.intents()]

    def _manifests(self) -> Iterator[SqliteManifest]:
        for path in self.state.glob("pairs/*/base.sqlite"):
            with Database.look(path) as database:
                yield SqliteManifest(database)

    def trash(self) -> list[Kept]:
        """Every version in the trash, read without Buckia's help."""
        found = []
        for beside in sorted((self.state / "trash").rglob("*.json")):
            path, told = beside.with_suffix(""), json.loads(beside.read_bytes())
            if path.exists():
                found.append(Kept(told["key"], path.read_bytes(), told["side"]))
        return found

    def agreed(self, held: Mapping[str, bytes | str], *, rows: bool = True) -> None:
        """Both sides and the base hold exactly these, and no intent is left open."""
        wanted = {key: bytes_of(data) for key, data in held.items()}
        assert self.here() == wanted
        assert self.there() == wanted
        if rows:
            assert self.rows() == {key: sha256(data).hexdigest() for key, data in wanted.items()}
        assert self.intents() == []

    def script(self, *scenes: At | Iterable[At]) -> None:
        """What goes wrong from now on; nothing when nothing is given. Forgets the journal."""
        flat = [one for scene in scenes for one in ([scene] if isinstance(scene, At) else scene)]
        self.store.plan = Script(*flat)
        self.store.calls.clear()
        self.store._counts.clear()

    def asked(self) -> Counter[str]:
        """How often each operation was asked of the bucket."""
        return Counter(call.operation for call in self.store.calls)

    def asked_about(self) -> set[str]:
        """Objects of which something was asked by name."""
        return {
            key
            for call in self.store.calls
            if call.operation not in ASKED_ONCE
            for key in call.keys
        }

    def changes(self) -> list[str]:
        """The operations of the journal that change the bucket."""
        return [f"{c.operation} {c.key}" for c in self.store.calls if c.operation in _CHANGES]

    @contextmanager
    def client(self, **config: Any) -> Iterator[BuckiaClient]:
        chosen = self.config.replace(**config) if config else self.config
        with BuckiaClient(
            chosen, local_path=self.root, plugins=self.plugins, on_event=self._hear
        ) as client:
            yield client

    def sync(self, **how: Any) -> SyncResult:
        with self.client() as client:
            return client.sync(**how)

    def status(self, **how: Any) -> SyncResult:
        with self.client() as client:
            return client.status(**how)

    def done(self, **how: Any) -> SyncResult:
        """A sync after which nothing is left to do."""
        result = self.sync(**how)
        assert result.exit_code == 0, (result.failed, result.conflicts)
        left = self.status(**how)
        assert not left.actions, left.actions
        return result

    def told(self, *kinds: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Planned):
            self.between()


def untouched(bench: Bench, before: Collection[object]) -> None:
    """Neither side nor the base is another than in `before`, which is `picture` of then."""
    assert tuple(before) == picture(bench)


def picture(bench: Bench) -> tuple[object, ...]:
    return stamps(bench.root), bench.there(), bench.rows()
