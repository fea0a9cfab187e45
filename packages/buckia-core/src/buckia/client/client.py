"""`BuckiaClient`: one bucket and one folder, for programs; the command line uses nothing else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from buckia.client import (
    bucket,
    deciding,
    doctor,
    moving,
    people,
    receiving,
    refreshing,
    resetting,
    trashing,
    verifying,
)
from buckia.client.asked import (
    CONFIGURED,
    Progress,
    Wishes,
    run_filter,
    settings,
    telling,
    with_workers,
)
from buckia.client.cloning import Cloning
from buckia.client.opening import (
    Ground,
    Opening,
    ground,
    listable,
    open_bucket,
    open_state,
    pair_id,
)
from buckia.client.veil import veiled_check, veiled_result, veiled_tell, veiling
from buckia.closing import Closes
from buckia.config import BucketConfig, load
from buckia.engine.limits import Stop
from buckia.engine.pair import Pair
from buckia.engine.run import Answer, Callbacks, question, run
from buckia.errors import Interrupted
from buckia.events import Tell, silence
from buckia.filters import RunFilter
from buckia.model import BasicEntry
from buckia.plan.actions import Action
from buckia.plugins import Plugins
from buckia.protocols import Storage
from buckia.results import (
    AppReset,
    Check,
    DemoUpdate,
    FoundUser,
    Question,
    Relocated,
    Restored,
    SyncResult,
    Verified,
)
from buckia.secrets import Secrets
from buckia.state.folder import StateFolder
from buckia.state.sidecar import Item

__all__ = ["Answer", "BuckiaClient", "Progress", "SyncResult"]

P = ParamSpec("P")
R = TypeVar("R")
LocalPath = str | os.PathLike[str]


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
        how = settings(place.config, wishes, dry_run=dry_run)
        callbacks = self._callbacks(wishes)
        state = open_state(place, read_only=dry_run)
        if not dry_run:
            self._finish_reset(place, state, callbacks)
        with closing(self._opening(place, state)) as opening:
            pair = opening.pair(run_filter(wishes), callbacks.tell)
            try:
                how = with_workers(how, pair)
                result = receiving.sync(place, opening, pair, how, callbacks)
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
        how = settings(place.config, {}, dry_run=True)
        callbacks = Callbacks(
            tell=self._on_event,
            planned=lambda plan: found.extend(deciding.disputed(plan.actions)),
        )
        with closing(self._opening(place, open_state(place, read_only=True))) as opening:
            pair = opening.pair(RunFilter(), callbacks.tell)
            result = run(pair, with_workers(how, pair), callbacks)
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
        how = settings(place.config, {}, dry_run=False)
        with closing(self._opening(place, state)) as opening:
            pair = opening.pair(RunFilter(), callbacks.tell)
            with pair.folder.lock():
                cloning = Cloning(place.config, pair, with_workers(how, pair), callbacks)
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
        """Ask the bucket for its first page; raises what stands in the way.

        With `folders` it is the first page of each of them.
        """
        for begin in listable(self.config):
            bucket.first_page(self._bucket(), begin)

    def list_files(self, prefix: str = "") -> Iterator[BasicEntry]:
        """What the bucket holds, in key order; with `folders` only what lies in these."""
        with veiling(self._secrets.redactor):
            begin = bucket.beginnings(self.config, prefix)
            yield from bucket.entries(self._bucket(), self.config.prefix, begin)

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
    def new_user(self) -> str:
        """Make an ID that nobody can guess, and the folder of that name in the bucket."""
        with self._opened() as pair:
            return people.new_user(pair)

    @veiled
    def find_user(self, name: str) -> FoundUser:
        """Whether that user's folder has files here, and to which bucket it went, if it did."""
        with self._opened(read_only=True) as pair:
            return moving.where(name, pair)

    @veiled
    def move_user(self, name: str, target: BuckiaClient) -> Relocated:
        """Bring a user's folder to another bucket, or go on with that; nothing is lost meanwhile.

        The devices that sync it here are stopped by a note, and told where it went.
        """
        with self._opened() as source, target._opened() as there:
            how = settings(self.config, {}, dry_run=False)
            return moving.move(name, source, there, with_workers(how, there))

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
        overriding: Any = {key: wishes.get(key) for key in CONFIGURED}
        config = self.config.replace(**overriding)
        return ground(config, local_path if local_path is not None else self._local_path)

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
