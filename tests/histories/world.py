"""Folders on a real disk: a bucket that is a folder, devices that sync with it, what they hold."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.digests import unpack
from buckia.results import SyncResult
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.stores.local import clock
from tests.histories.oracle import File, Rules

STATE = ".buckia.state"
IDENTITY = ".buckia-bucket"
"""The name by which a folder that is a bucket is known again."""
SENTINEL = "keep.txt"
"""Held by all sides from the start and never edited: no side is ever empty, which would stop
every run before it began."""
OUTSIDE = "outside.txt"
BUCKET = "bucket"

Stamp = tuple[int, int, int, int]


class Kept(NamedTuple):
    """A version in the trash."""

    key: str
    data: bytes


@contextmanager
def disk_clock(*, coarse: bool) -> Iterator[None]:
    """A disk that stamps files in two seconds: what was just written proves nothing by its time."""
    before = clock.TICK
    clock.TICK = clock.UNKNOWN if coarse else before
    try:
        yield
    finally:
        clock.TICK = before


def files_below(folder: Path) -> list[Path]:
    """Every file, without the state of Buckia and the mark of a bucket at the top."""
    found = []
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name != STATE]
            names = [name for name in names if name != IDENTITY]  # noqa: PLW2901 - the rest of it
        found += [Path(place, name) for name in names]
    return found


def tree(folder: Path) -> dict[str, File]:
    """What lies in the folder, by key; a name that begins like ours is a left-over and shows."""
    return {
        path.relative_to(folder).as_posix(): File(path.read_bytes(), path.stat().st_mtime_ns)
        for path in files_below(folder)
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {key: file.data for key, file in tree(folder).items()}


def fingerprint(folder: Path) -> dict[str, Stamp]:
    """Every file and folder outside the state, with all that a write would change."""
    found: dict[str, Stamp] = {}
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name != STATE]
        for name in (*folders, *names, "."):
            path = Path(place, name)
            told = path.lstat()
            size = 0 if path.is_dir() else told.st_size
            found[str(path)] = (told.st_ino, size, told.st_mtime_ns, told.st_ctime_ns)
    return found


class Device:
    """A local folder, its state, and the bucket it is kept in step with."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.root = world.folder / name
        self._seen = world.seen
        self.config = BucketConfig(
            provider="local",
            bucket_name=BUCKET,
            prefix=world.prefix or None,
            options={"root": str(world.folder)},
            max_delete=1_000_000,
        )
        self.base: dict[str, bytes] = {}
        """What the oracle says that both sides agreed on."""
        self._read: dict[Path, Kept] = {}
        (self.root / STATE).mkdir(parents=True, mode=0o700)
        # A name made by chance would make two runs of one history differ.
        (self.root / STATE / "device").write_text(f"device-{name}\n")

    def sync(self, rules: Rules, *, dry_run: bool = False, workers: int = 4) -> SyncResult:
        with BuckiaClient(self.config, local_path=self.root) as client:
            return client.sync(
                dry_run=dry_run,
                direction=rules.direction,
                delete_orphaned=rules.delete_orphaned,
                conflict_resolution=rules.policy,
                max_workers=workers,
            )

    def status(self, rules: Rules) -> SyncResult:
        with BuckiaClient(self.config, local_path=self.root) as client:
            return client.status(
                direction=rules.direction,
                delete_orphaned=rules.delete_orphaned,
                conflict_resolution=rules.policy,
            )

    def rows(self) -> dict[str, str]:
        """The base as it stands in the state: key and SHA-256."""
        found: dict[str, str] = {}
        for path in (self.root / STATE).glob("pairs/*/base.sqlite"):
            with Database.look(path) as database:
                for block in SqliteManifest(database).scan():
                    found |= {row.key: unpack(row.digests)["sha256"] for row in block}
        return found

    def recorded(self) -> dict[str, bytes]:
        """The rows of the base with the bytes that they speak of."""
        return {key: self._seen[digest] for key, digest in self.rows().items()}

    def intents(self) -> list[str]:
        """Keys of intents that nothing has settled."""
        found: list[str] = []
        for path in (self.root / STATE).glob("pairs/*/base.sqlite"):
            with Database.look(path) as database:
                found += [intent.key for intent in SqliteManifest(database).intents()]
        return found

    def trash(self) -> dict[Path, Kept]:
        """All versions in the trash, read without Buckia's help."""
        for beside in (self.root / STATE / "trash").rglob("*.json"):
            path = beside.with_suffix("")
            if path not in self._read and path.exists():
                key = json.loads(beside.read_bytes())["key"]
                self._read[path] = Kept(key, path.read_bytes())
        return {path: kept for path, kept in self._read.items() if path.exists()}


class World:
    """One bucket and its devices, all with the sentinel and nothing else."""

    def __init__(self, folder: Path, *, devices: str = "A", prefix: str = "") -> None:
        self.folder = folder
        self.prefix = prefix
        self.bucket = folder / BUCKET / prefix
        self.seen: dict[str, bytes] = {}
        """Every version that somebody looked at, by its SHA-256."""
        self.devices = {name: Device(self, name) for name in devices}
        self.bucket.mkdir(parents=True)
        if prefix:
            (folder / BUCKET / OUTSIDE).write_bytes(b"not below the prefix")
        for place in self.places():
            (self.place(place) / SENTINEL).write_bytes(b"sentinel")

    def places(self) -> list[str]:
        return [*self.devices, BUCKET]

    def place(self, name: str) -> Path:
        """The folder whose files are the keys there."""
        return self.bucket if name == BUCKET else self.devices[name].root

    def look(self, place: str) -> dict[str, File]:
        """What is in a place; Buckia can agree on nothing that was not there before a sync."""
        found = tree(self.place(place))
        self.seen |= {sha256(file.data).hexdigest(): file.data for file in found.values()}
        return found

    def outside(self) -> dict[str, bytes]:
        """What lies in the bucket's folder and is none of the devices' business."""
        below = f"{self.prefix}" if self.prefix else None
        held = contents(self.folder / BUCKET)
        return {key: data for key, data in held.items() if below and not key.startswith(below)}


def digests(held: Mapping[str, bytes]) -> dict[str, str]:
    return {key: sha256(data).hexdigest() for key, data in held.items()}


def copy_name(key: str, mtime_ns: int) -> re.Pattern[str]:
    """The names that a conflict copy of this version may have: `NAME.conflict-TIME-DEVICE.EXT`.

    What follows the last dot need not be an extension: in a copy of a copy it is not.
    """
    folder, slash, name = key.rpartition("/")
    seconds, rest = divmod(mtime_ns // 1_000_000, 1000)
    mark = rf"\.conflict-{_utc(seconds)}{rest:03d}Z-[A-Za-z0-9-]+"
    stem, dot, extension = name.rpartition(".")
    ways = [(name, "")] + ([(stem, dot + extension)] if stem else [])
    names = (_shortened(begin) + mark + re.escape(end) for begin, end in ways)
    return re.compile(re.escape(folder + slash) + "(?:" + "|".join(names) + ")")


def _shortened(stem: str) -> str:
    """A stem too long for what comes behind it becomes as much of it as fits, and a hash."""
    if len(stem.encode()) <= 150:
        return re.escape(stem)
    return f"{re.escape(stem[:40])}.*~[0-9a-f]+"


def _utc(seconds: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%dT%H%M%S}"
