"""One device of a history: its roots, its state, its clock, and the runs that it makes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.digests import unpack
from buckia.events import Event, Planned
from buckia.model import Agreed
from buckia.protocols import Storage
from buckia.provider import Context
from buckia.results import SyncResult
from buckia.state import sidecar
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.testing.faults import Faulty
from tests.histories.world import STATE, contents
from tests.torture.histories import provider
from tests.torture.histories.buckets import Bucket
from tests.torture.histories.clocks import at_work, now
from tests.torture.histories.scopes import SCOPES
from tests.torture.histories.weather import Weather
from tests.torture.histories.words import Setting, Sync

SECOND_ROOT = "second"


class Kept(NamedTuple):
    """A version in the trash, read without Buckia's help."""

    key: str
    data: bytes
    when: datetime


class Device:
    """`first` and `second` are its roots; the state lies in the first."""

    def __init__(self, folder: Path, number: int, setting: Setting, bucket: Bucket) -> None:
        self.number = number
        self.place = folder / f"device-{number}"
        self.first = self.place / "first"
        self.second = self.place / SECOND_ROOT
        self.ahead = 0
        self.limp = False
        """Killed, and not at work since: what it put aside has not come to its place yet."""
        self.last: datetime | None = None
        """When it last was at work, by its own clock."""
        self._lives = 0
        self._bucket = bucket
        self._second = setting.overlaid and number == setting.devices - 1
        self._name = f"history-{folder.name}-{number}"
        self._config = BucketConfig(
            provider="history",
            bucket_name=self._name,
            prefix=setting.prefix or None,
            retries=2,
            paths=self._paths(),
        )
        self._weather: list[Weather] = []
        self._read: dict[Path, Kept] = {}
        provider.openers[self._name] = self._open
        self.made_anew()

    def _paths(self) -> list[Any]:
        more = [{"path": SECOND_ROOT, "direction": "push"}] if self._second else []
        return [{"path": "first"}, *more]

    @property
    def state(self) -> Path:
        return self.place / STATE

    def roots(self) -> list[Path]:
        return [self.first, self.second] if self._second else [self.first]

    def made_anew(self) -> None:
        """A device that nobody has used yet."""
        shutil.rmtree(self.place, ignore_errors=True)
        for root in self.roots():
            root.mkdir(parents=True)
        self.limp = False
        self.last = None
        self._lives += 1
        self._named()

    def _named(self) -> None:
        # A name made by chance would make two plays of one history differ.
        self.state.mkdir(mode=0o700, exist_ok=True)
        (self.state / "device").write_text(f"device-{self.number}-{self._lives}\n")

    def suffer(self, what: str) -> None:
        """One of the disasters of `words.Disaster`."""
        pairs, aside = self.state / "pairs", self.place.with_name(f"backup-{self.number}")
        match what:
            case "replaced":
                self.made_anew()
            case "state lost":
                shutil.rmtree(self.state, ignore_errors=True)
                self.last = None
                self._lives += 1
                self._named()
            case "base lost":
                shutil.rmtree(pairs, ignore_errors=True)
                self.last = None
            case "base damaged":
                for path in pairs.glob("*/base.sqlite"):
                    content = path.read_bytes()
                    path.write_bytes(content[:50] + bytes(200) + content[250:])
            case "backup" if pairs.exists():
                shutil.rmtree(aside, ignore_errors=True)
                shutil.copytree(pairs, aside)
            case "base of old" if aside.exists():
                shutil.rmtree(pairs, ignore_errors=True)
                shutil.copytree(aside, pairs)
            case _:
                pass

    # What it holds, seen from outside.

    def view(self) -> dict[str, bytes]:
        """Keys with the bytes here; of two roots that have one, the first counts."""
        held: dict[str, bytes] = {}
        for root in reversed(self.roots()):
            held |= visible(root)
        return held

    def doubled(self) -> set[str]:
        """Keys that both roots have."""
        first, *others = (visible(root).keys() for root in self.roots())
        return {key for other in others for key in first & other}

    def uploaded_only(self) -> set[str]:
        return {key for root in self.roots()[1:] for key in visible(root)}

    def backed_up(self) -> set[str]:
        """What a root had that is only uploaded: where deletions do not travel it stays there."""
        here = self.view()
        return {row.key for row in self._rows() if row.origin == SECOND_ROOT} - here.keys()

    def rows(self) -> dict[str, Mapping[str, str]]:
        """The base as it stands in the state: keys and the digests that are known of them."""
        return {row.key: unpack(row.digests) for row in self._rows()}

    def _rows(self) -> Iterator[Agreed]:
        for path in self.state.glob("pairs/*/base.sqlite"):
            with Database.look(path) as database:
                for block in SqliteManifest(database).scan():
                    yield from block

    def trash(self) -> dict[Path, Kept]:
        """All versions that can be brought back."""
        for beside in (self.state / "trash").rglob("*" + sidecar.ENDING):
            path = beside.with_suffix("")
            if path not in self._read and path.is_file():
                told = sidecar.decode(beside.read_bytes())
                if told is not None:
                    self._read[path] = Kept(told.key, path.read_bytes(), told.when)
        self._read = {path: kept for path, kept in self._read.items() if path.exists()}
        return dict(self._read)

    def found(self, *, everything: bool) -> set[bytes]:
        """What a user finds here; with `everything` also what Buckia put aside for a moment."""
        if everything:
            return {path.read_bytes() for path in self.place.rglob("*") if path.is_file()}
        held = {data for root in self.roots() for data in visible(root).values()}
        return held | {kept.data for kept in self.trash().values()}

    def is_due(self, kept: Kept, days: int) -> bool:
        """Whether that is older than so many days, by the clock of now and of the last run."""
        if self.last is None:
            return False
        return kept.when <= min(now(self.ahead), self.last) - timedelta(days=days)

    def ran(self) -> None:
        moment = now(self.ahead)
        self.last = moment if self.last is None else max(moment, self.last)

    # What it does.

    @contextmanager
    def client(
        self, config: Mapping[str, Any], hear: Callable[[Event], None] = lambda _event: None
    ) -> Iterator[BuckiaClient]:
        with BuckiaClient(
            self._config.replace(**config),
            local_path=self.place,
            plugins=provider.plugins(),
            on_event=hear,
        ) as client:
            yield client

    def sync(self, step: Sync, weather: Weather) -> SyncResult:
        """One run in its weather, by the clock of this device."""

        def hear(event: Event) -> None:
            if isinstance(event, Planned):
                weather.planned()

        scope, rules = SCOPES[step.narrow], step.rules
        config = {**scope.config, "trash_days": step.trash_days, "max_delete": "100%"}
        self._weather.append(weather)
        try:
            with (
                at_work(self.ahead, threads=step.workers > 1),
                self.client(config, hear) as client,
            ):
                return client.sync(
                    direction=rules.direction,
                    delete_orphaned=rules.delete_orphaned,
                    conflict_resolution=rules.policy,
                    max_workers=step.workers,
                    force=step.force,
                    **scope.wishes,
                )
        finally:
            self._weather.pop()

    def _open(self, context: Context) -> Storage:
        store = self._bucket.open(context)
        return Faulty(store, self._weather[-1]) if self._weather else store


def visible(root: Path) -> dict[str, bytes]:
    """What a user sees in a root: nothing that begins like ours."""
    return {
        key: data
        for key, data in contents(root).items()
        if not any(part.startswith(".buckia-") for part in key.split("/"))
    }
