"""The demo's content: a copy of it in the state, and how the user's folder gets it from there.

Both are syncs as any other: from the bucket into the state, and from the state into the folder. So
all that holds for a sync holds for them, and after a kill they go on where they ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import msgspec

from buckia.client.opening import file_of
from buckia.closing import Closes
from buckia.compare import Located
from buckia.config import BucketConfig
from buckia.config.demo import Demo, demo_folder, user_folder
from buckia.databases import checks
from buckia.databases.faults import sqlite_faults
from buckia.diff import plain
from buckia.engine.mount import Mount
from buckia.engine.pair import Pair, Settings
from buckia.engine.run import Callbacks, run
from buckia.engine.scan import Seen, left_blocks, right_blocks
from buckia.engine.side import Side
from buckia.errors import ConfigError, Incomplete, Interrupted, Unsound
from buckia.events import silence
from buckia.filters import Filters, RunFilter
from buckia.model import Agreed, BasicEntry, Direction, Gap, Policy, SideName, Skipped
from buckia.plan.guards import Allowance
from buckia.reconcile import Rules
from buckia.results import SyncResult
from buckia.scope import Judgement, Place, Scope
from buckia.state.database import Database
from buckia.state.folder import PairId
from buckia.state.manifest import SqliteManifest
from buckia.stores.local import LocalStore

_AGAIN = "run it again: it goes on where it ended"


class Found(msgspec.Struct, frozen=True):
    """A file of the user's, and the root that it lies in."""

    entry: BasicEntry
    origin: str


class Cloning(Closes):
    """Of one pair, whose lock is held."""

    def __init__(
        self, config: BucketConfig, pair: Pair, settings: Settings, callbacks: Callbacks
    ) -> None:
        if config.demo is None:
            raise ConfigError(
                f"{config.name} has no demo", hint="Say in `demo` where its content lies."
            )
        self.config = config
        self.demo: Demo = config.demo
        self.pair = pair
        self.settings = settings
        self.callbacks = callbacks
        self.user = user_folder(config.folders)
        self.key = self.user + self.demo.database
        """Of the user's database."""
        self.source = demo_folder(self.demo, config.folders, config.prefix)
        self._filters = Filters(include=(), exclude=(), ignore_texts=lambda _folder: ())
        self._fetching = self._id(self.source, "demo")
        self.copy = pair.state.path / "demo" / self._fetching.slug
        self._store = LocalStore(self.copy, tag=pair.state.tag, probe=pair.state.path)
        clone = self._id(self.source, "clone")
        self._folder = pair.state.pair(clone)
        # What gives way to the demo is the user's, and is found where all of that is.
        self._folder.trash = pair.folder.trash
        self._clone = clone

    def _id(self, prefix: str, what: str) -> PairId:
        own = self.pair.id
        return msgspec.structs.replace(own, prefix=prefix, root=f"{what} for {own.slug}")

    @property
    def database(self) -> Path:
        """The copy of the demo's database."""
        return self.copy / self.demo.database

    @property
    def live(self) -> Path:
        """The user's database, which an app may have open."""
        return file_of(self.pair, self.key, self.origin)

    @property
    def origin(self) -> str:
        """The root that the user's database lives in."""
        home = self.pair.scope.home(self.key)
        if home is None:
            raise ConfigError(
                f"no synced folder holds {self.key}", hint="see `paths`, and `demo.database`"
            )
        return home.origin

    def fetch(self) -> None:
        """Make the copy of the demo what the bucket has; the bucket is only read."""
        pair, state = self.pair, self.pair.state
        right = Side(
            SideName.RIGHT, {"": Mount(pair.right.mount("").storage, "", self.source)}, pair.limits
        )
        if right.stat(self.demo.database, "") is None:
            raise ConfigError(
                f"the demo has no database: there is no {self.source}{self.demo.database}",
                hint="look at `demo`, and at what the demo team has published",
            )
        state.make(self.copy)
        place = Place(".", Direction.BOTH)
        fetching = msgspec.structs.replace(
            pair,
            name=f"{pair.name} (demo)",
            id=self._fetching,
            left=Side(SideName.LEFT, {place.origin: Mount(self._store)}, pair.left.limits),
            right=right,
            scope=Scope(
                roots=[place],
                mapped={},
                hidden=set(),
                folders=(),
                filters=self._filters,
                run=RunFilter(),
            ),
            folder=state.pair(self._fetching),
            missing=(),
        )
        settings = self._settings(delete=True, trash_days=0)
        insist(run(fetching, settings, Callbacks(tell=self.callbacks.tell)))
        self._insist_sound()

    def _insist_sound(self) -> None:
        key = self.source + self.demo.database
        with sqlite_faults(key):
            wrong = checks.damage(self.database, thorough=True)
        if wrong:
            raise Unsound(
                f"{key}: the demo's database is damaged: {wrong}",
                key=key,
                hint="the demo team publishes a sound one; nothing was changed",
            )

    def _settings(self, *, delete: bool, trash_days: int) -> Settings:
        rules = Rules(
            direction=Direction.PULL,
            delete_orphaned=delete,
            policy=Policy.REMOTE_WINS,
            explicit_policy=True,
        )
        return msgspec.structs.replace(
            self.settings,
            rules=rules,
            allowance=Allowance(),
            trash_days=trash_days,
            force=True,
            max_transfer=None,
            max_duration=None,
        )

    def clone(self, keys: Collection[str], *, delete: bool = False) -> SyncResult:
        """Make these keys of the user's folder what they are in the demo; the old ones are kept.

        With `delete` those that the demo does not have go.
        """
        if not keys:
            return SyncResult(name=self.pair.name)
        settings = self._settings(delete=delete, trash_days=self.settings.trash_days)
        pair = msgspec.structs.replace(
            self.narrowed(keys),
            name=f"{self.pair.name} (clone)",
            id=self._clone,
            right=self._right(),
            folder=self._folder,
        )
        return insist(run(pair, settings, Callbacks(tell=silence)))

    def narrowed(self, keys: Collection[str]) -> Pair:
        """The pair for a run that looks at these keys only."""
        scope = copy(self.pair.scope)
        scope.run = RunFilter(paths=sorted(keys))
        return msgspec.structs.replace(self.pair, scope=scope)

    def _right(self) -> Side:
        return Side(SideName.RIGHT, {"": Mount(self._store, self.user, "")}, self.pair.left.limits)

    def here(self) -> Mapping[str, Found]:
        """The user's files; what cannot be seen stops everything."""
        found: dict[str, Found] = {}
        scope = self.pair.scope
        only = scope.roots[0].origin
        for block in left_blocks(self.pair.left, scope, Seen(), self.pair.missing):
            for key, item in zip(block.keys, block.items, strict=True):
                if isinstance(item, Gap):
                    raise Incomplete(f"{key} cannot be seen: {item.reason}", hint=_AGAIN)
                if isinstance(item, Skipped) or not self._takes(key):
                    continue
                origin, entry = item.found[0] if isinstance(item, Located) else (only, item)
                found[key] = Found(plain(entry, key), origin)
        return found

    def there(self) -> Mapping[str, BasicEntry]:
        """The demo's files, under the keys that they have in the user's folder."""
        return {
            key: plain(entry, key)
            for block in right_blocks(self._right(), self.pair.scope, Seen())
            for key, entry in zip(block.keys, block.items, strict=True)
            if self._takes(key)
        }

    def _takes(self, key: str) -> bool:
        return key.startswith(self.user) and self.pair.scope.judge(key) is Judgement.TAKE

    def known(self, keys: Collection[str]) -> Mapping[str, Agreed]:
        """What was cloned last, as it was then, of these keys."""
        with self._base() as manifest:
            rows = {key: manifest.get(key) for key in keys}
        return {key: row for key, row in rows.items() if row is not None}

    @contextmanager
    def _base(self) -> Iterator[SqliteManifest]:
        with Database.open(self._folder.base) as database:
            yield SqliteManifest(database)

    def digest(self, side: SideName, entry: BasicEntry, origin: str) -> Mapping[str, str]:
        """Of the bytes of one file, here or in the copy of the demo."""
        of = self.pair.left if side is SideName.LEFT else self._right()
        return of.digests(entry, origin, (self.settings.algorithm,))[1]

    def close(self) -> None:
        self._store.close()


def insist(result: SyncResult) -> SyncResult:
    """Go on only where all of it was done."""
    if result.interrupted:
        raise Interrupted("interrupted; what was done is recorded", hint=_AGAIN)
    if result.failed:
        first = result.failed[0]
        raise Incomplete(
            f"{len(result.failed)} files failed; the first is {first.path}: {first.message}",
            hint=_AGAIN,
        )
    return result
