"""`BuckiaClient`: one bucket and one folder, for programs; the command line uses nothing else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypedDict, TypeVar, Unpack

import msgspec

from buckia.client import bucket, deciding, doctor, refreshing, resetting, trashing, verifying
from buckia.client.cloning import Cloning
from buckia.client.opening import Ground, Opening, ground, open_bucket, open_state, pair_id
from buckia.client.telling import Progress, telling
from buckia.client.veil import veiled_check, veiled_result, veiled_tell, veiling
from buckia.closing import Closes
from buckia.config import BucketConfig, load
from buckia.config.quantities import duration, size
from buckia.engine.limits import Stop
from buckia.engine.pair import Pair, Settings
from buckia.engine.run import Answer, Callbacks, question, run
from buckia.errors import ConfigError, Interrupted
from buckia.events import Tell, silence
from buckia.filters import RunFilter
from buckia.merging import need_library
from buckia.model import BasicEntry, Policy
from buckia.plan.actions import Action
from buckia.plan.guards import Allowance
from buckia.plugins import Plugins
from buckia.protocols import Storage
from buckia.reconcile import Rules
from buckia.results import AppReset, Check, DemoUpdate, Question, Restored, SyncResult, Verified
from buckia.secrets import Secrets
from buckia.state.folder import StateFolder
from buckia.state.sidecar import Item

__all__ = ["Answer", "BuckiaClient", "Progress", "SyncResult"]

P = ParamSpec("P")
R = TypeVar("R")
LocalPath = str | os.PathLike[str]
_THREADS = 16
"""As many as make use of a line with large files; a service may advise more requests than that."""


class Wishes(TypedDict, total=False):
    """What one run may be asked for; what is left out is as configured."""

    direction: str | None
    delete_orphaned: bool | None
    conflict_resolution: str | None
    max_workers: int | None
    max_delete: int | str | None
    bandwidth: float | str | None
    max_transfer: int | str | None
    max_duration: float | str | None
    force: bool
    include: Iterable[str]
    exclude: Iterable[str]
    include_pattern: str | None
    exclude_pattern: str | None
    sync_paths: Iterable[str]
    progress_callback: Progress | None
    on_conflict: Answer | None


_CONFIGURED = (
    "direction",
    "delete_orphaned",
    "conflict_resolution",
    "max_workers",
    "max_delete",
    "bandwidth",
)


def veiled(
    method: Callable[Concatenate[BuckiaClient, P], R],
) -> Callable[Concatenate[BuckiaClient, P], R]:
    """Errors that the method raises hold no secret, whatever a store wrote into them."""

    @wraps(method)
    def called(self: BuckiaClient, /, *args: P.args, **named: P.kwargs) -> R:
        with veiling(self._secrets.redactor):
            return method(self, *args, **named)

    return called


class BuckiaClient(Closes):
    """Syncs one bucket. Closing it closes all connections; it is its own context manager.

    `local_path` is the folder that the configuration's paths are relative to; without it they are
    relative to the `.buckia` file, or for a program to the current folder. The state lies beside
    the file, or in the local folder where there is none. `on_event` hears the typed events of
    `buckia.events`, one at a time, from whatever thread they happen in.
    """

    def __init__(
        self,
        config: BucketConfig,
        *,
        local_path: LocalPath | None = None,
        plugins: Plugins | None = None,
        secrets: Secrets | None = None,
        on_event: Tell = silence,
    ) -> None:
        self.config = config
        self._local_path = local_path
        self._plugins = plugins or Plugins()
        self._secrets = secrets or Secrets(os.environ, scheme=self._plugins.secret)
        self._on_event = veiled_tell(on_event, self._secrets.redactor)
        self._stop = Stop()
        self._storage: Storage | None = None
        self._lock = threading.Lock()

    @classmethod
    def from_file(cls, path: LocalPath, bucket: str, **more: Any) -> Self:
        """The bucket of that name in a `.buckia` file; `more` is passed on to the client."""
        return cls(load(Path(path)).bucket(bucket), **more)

    @veiled
    def sync(
        self,
        local_path: LocalPath | None = None,
        *,
        dry_run: bool = False,
        **wishes: Unpack[Wishes],
    ) -> SyncResult:
        """Bring both sides in step; what stops the run raises, what fails for a key is listed.

        `sync_paths` are keys, a trailing slash meaning a folder; `include_pattern` and
        `exclude_pattern` are regular expressions searched in the whole key; `include` and
        `exclude` narrow this run by gitignore patterns. All others override the configuration.
        """
        place = self._ground(local_path, wishes)
        settings = self._settings(place.config, wishes, dry_run=dry_run)
        callbacks = self._callbacks(wishes)
        state = open_state(place, read_only=dry_run)
        if not dry_run:
            self._finish_reset(place, state, callbacks)
        with closing(self._opening(place, state)) as opening:
            pair = opening.pair(_filter(wishes), callbacks.tell)
            try:
                result = run(pair, _with_workers(settings, pair), callbacks)
                return veiled_result(result, self._secrets.redactor)
            finally:
                # A wish to stop is about the run under way, not about later ones.
                self._stop = Stop()

    def status(self, local_path: LocalPath | None = None, **wishes: Unpack[Wishes]) -> SyncResult:
        """What a sync would do; nothing is changed, not even the state."""
        return self.sync(local_path, dry_run=True, **wishes)

    def conflicts(self) -> tuple[Question, ...]:
        """Every key that both sides changed, as it is now, and how the settings resolve it."""
        return tuple(map(question, self._disputed()))

    @veiled
    def _disputed(self) -> Sequence[Action]:
        found: list[Action] = []
        place = self._ground(None, {})
        settings = self._settings(place.config, {}, dry_run=True)
        callbacks = Callbacks(
            tell=self._on_event,
            planned=lambda plan: found.extend(deciding.disputed(plan.actions)),
        )
        with closing(self._opening(place, open_state(place, read_only=True))) as opening:
            pair = opening.pair(RunFilter(), callbacks.tell)
            result = run(pair, _with_workers(settings, pair), callbacks)
        if result.interrupted:
            raise Interrupted("interrupted before all was compared", hint="run it again")
        return found

    def resolve(self, path: str, keep: str) -> SyncResult:
        """Decide one conflict: `keep` is "local", "remote" or "both"."""
        policy = deciding.policy(keep)
        action = deciding.chosen(self._disputed(), path, keep)
        with self._opened(read_only=True) as pair:
            deciding.insist_on_both_ways(pair.scope, self.config.direction, action, keep)
        return self.sync(sync_paths=[path], conflict_resolution=policy.value)

    def versions(self, path: str | None = None) -> Iterator[Item]:
        """What the trash holds, newest first: of one key, of a `folder/`, or all of it."""
        place = self._ground(None, {})
        folder = open_state(place, read_only=True).pair(pair_id(place))
        return trashing.versions(folder.trash, path)

    @veiled
    def restore(self, path: str, *, before: datetime | None = None) -> Restored:
        """Put a version from the trash back into the local folder.

        It is the last one that was replaced or deleted; with `before` the one current at that
        time. What stands in its place goes to the trash.
        """
        with self._opened() as pair:
            return trashing.restore(pair, path, before, trash_days=self.config.trash_days)

    @veiled
    def app_reset(self) -> AppReset:
        """Make the user's content that of the demo, here and in the bucket.

        All that gives way is in the trash. `result.began` is the moment to restore it from.
        """
        with self._cloning() as cloning:
            return resetting.reset(cloning)

    @veiled
    def app_update_demo(self) -> DemoUpdate:
        """Bring what the demo team changed into the user's content here, and nothing else."""
        with self._cloning() as cloning:
            resetting.resume(cloning)
            return refreshing.refresh(cloning)

    @contextmanager
    def _cloning(self) -> Iterator[Cloning]:
        place = self._ground(None, {})
        state = open_state(place, read_only=False)
        with self._cloned(place, state, self._callbacks({})) as cloning:
            yield cloning

    @contextmanager
    def _cloned(self, place: Ground, state: StateFolder, callbacks: Callbacks) -> Iterator[Cloning]:
        settings = self._settings(place.config, {}, dry_run=False)
        with closing(self._opening(place, state)) as opening:
            pair = opening.pair(RunFilter(), callbacks.tell)
            with pair.folder.lock():
                cloning = Cloning(place.config, pair, _with_workers(settings, pair), callbacks)
                with closing(cloning):
                    try:
                        yield cloning
                    finally:
                        self._stop = Stop()

    def _finish_reset(self, place: Ground, state: StateFolder, callbacks: Callbacks) -> None:
        """What a reset that was cut off left to do, before anything else."""
        if resetting.under_way(place.config, state.pair(pair_id(place))) is not None:
            with self._cloned(place, state, callbacks) as cloning:
                resetting.resume(cloning)

    @veiled
    def verify(self, *, fast: bool = False) -> Verified:
        """Compare the bytes of both sides; with `fast` only digests that need no reading."""
        with self._opened(read_only=True) as pair:
            return verifying.verify(
                pair, fast=fast, algorithm=self.config.checksum_algorithm, tell=self._on_event
            )

    def doctor(self) -> Iterator[Check]:
        """Try what a sync needs, one thing after the other."""
        for check in doctor.examine(self._ground(None, {}), self._plugins, self._bucket):
            yield veiled_check(check, self._secrets.redactor)

    @veiled
    def test_connection(self) -> None:
        """Ask the bucket for its first page; raises what stands in the way."""
        bucket.first_page(self._bucket(), self.config.prefix)

    def list_files(self, prefix: str = "") -> Iterator[BasicEntry]:
        """What the bucket holds, in key order."""
        with veiling(self._secrets.redactor):
            yield from bucket.entries(self._bucket(), self.config.prefix, prefix)

    @veiled
    def upload_file(self, local: LocalPath, key: str, *, force: bool = False) -> BasicEntry:
        """Write a file into the bucket and prove that it arrived; over nothing, unless forced."""
        with self._opened() as pair:
            return bucket.put(pair, Path(local), key, self._transfer(force=force))

    @veiled
    def download_file(self, key: str, local: LocalPath, *, force: bool = False) -> BasicEntry:
        """Read an object into a file, proven to be whole; over nothing, unless forced."""
        with self._opened(read_only=True) as pair:
            return bucket.get(pair, key, Path(local), self._transfer(force=force))

    @veiled
    def delete_file(self, key: str) -> Path | None:
        """Delete from the bucket, after a copy came into the trash; where that copy is."""
        with self._opened() as pair:
            return bucket.remove(pair, key, keep=self.config.trash_days > 0)

    @veiled
    def get_public_url(self, key: str, *, expires: timedelta | None = None) -> str:
        """An address to fetch the object from; with `expires` a signed one."""
        return bucket.url(self._bucket(), self.config.prefix, key, expires)

    def interrupt(self) -> None:
        """End the run under way as soon as it is safe, or the next one where none is.

        May be called from a signal handler.
        """
        self._stop.ask()

    def close(self) -> None:
        """Close all connections; may be repeated."""
        with self._lock:
            storage, self._storage = self._storage, None
        if storage is not None:
            storage.close()

    def _ground(self, local_path: LocalPath | None, wishes: Wishes) -> Ground:
        overriding: Any = {key: wishes.get(key) for key in _CONFIGURED}
        config = self.config.replace(**overriding)
        return ground(config, local_path if local_path is not None else self._local_path)

    def _settings(self, config: BucketConfig, wishes: Wishes, *, dry_run: bool) -> Settings:
        policy = config.conflict_resolution
        if policy is Policy.MERGE:
            need_library()
        transfer, time = wishes.get("max_transfer"), wishes.get("max_duration")
        return Settings(
            rules=Rules(
                direction=config.direction,
                delete_orphaned=config.delete_orphaned,
                policy=policy or Policy.LOCAL_WINS,
                explicit_policy=policy is not None,
            ),
            algorithm=config.checksum_algorithm,
            workers=config.max_workers or 0,
            allowance=Allowance(config.max_delete.count, config.max_delete.percent),
            row_rules=config.merge,
            trash_days=config.trash_days,
            dry_run=dry_run,
            force=wishes.get("force", False),
            max_transfer=None if transfer is None else _understood("max_transfer", size, transfer),
            max_duration=None if time is None else _understood("max_duration", duration, time),
        )

    def _callbacks(self, wishes: Wishes) -> Callbacks:
        return Callbacks(
            tell=telling(self._on_event, wishes.get("progress_callback")),
            answer=wishes.get("on_conflict"),
            before=self._plugins.before_sync,
            after=self._plugins.after_sync,
        )

    def _bucket(self, tag: str | None = None) -> Storage:
        with self._lock:
            if self._storage is None:
                place = self._ground(None, {})
                tag = tag or open_state(place, read_only=True).tag
                self._storage = open_bucket(place, self._plugins, self._secrets, tag=tag)
            return self._storage

    def _opening(self, place: Ground, state: StateFolder) -> Opening:
        return Opening(place, self._bucket(state.tag), state, self._stop)

    @contextmanager
    def _opened(self, *, read_only: bool = False) -> Iterator[Pair]:
        place = self._ground(None, {})
        with closing(self._opening(place, open_state(place, read_only=read_only))) as opening:
            yield opening.pair(RunFilter(), self._on_event)

    def _transfer(self, *, force: bool) -> bucket.Transfer:
        config = self.config
        return bucket.Transfer(
            force=force,
            keep=config.trash_days > 0,
            algorithm=config.checksum_algorithm,
            tell=self._on_event,
        )


def _filter(wishes: Wishes) -> RunFilter:
    return RunFilter(
        paths=tuple(wishes.get("sync_paths", ())),
        include=tuple(wishes.get("include", ())),
        exclude=tuple(wishes.get("exclude", ())),
        include_pattern=wishes.get("include_pattern"),
        exclude_pattern=wishes.get("exclude_pattern"),
    )


def _with_workers(settings: Settings, pair: Pair) -> Settings:
    """As many transfers at once as were asked for, or as the bucket finds useful."""
    given, advised = settings.workers, pair.right.traits("").concurrency
    threads = given or min(advised, _THREADS)
    return msgspec.structs.replace(settings, workers=threads, at_once=given or advised)


def _understood(name: str, read: Callable[[Any], Any], value: object) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None
