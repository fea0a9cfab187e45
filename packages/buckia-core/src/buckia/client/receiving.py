"""Changes that others sent: applied after a sync, sent on, and cleared away on both sides."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from buckia import keys
from buckia.client.opening import Ground, Opening
from buckia.config.inbound import Inbound
from buckia.engine.clearing import Cleared, Served, clear
from buckia.engine.pair import Pair, Settings
from buckia.engine.run import Callbacks, run
from buckia.errors import BuckiaError, ConfigError, Incomplete, Interrupted
from buckia.filters import RunFilter
from buckia.inbound.apply import Applied, apply_all, lasting
from buckia.inbound.folder import is_name
from buckia.inbound.trouble import InboundError
from buckia.model import Direction, Skipped
from buckia.results import Halted, Received, SetAside, SyncResult
from buckia.scope import Judgement, Place
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest

_SAMPLE = "00000000-0000-7000-8000-000000000000.json"
"""The name of a change file that nobody will ever send."""
_ADDED = (
    *("uploaded", "downloaded", "deleted_local", "deleted_remote", "adopted", "renamed"),
    *("bytes_up", "bytes_down", "seconds", "conflicts", "failed", "actions"),
)
"""What of two runs makes up that of both."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything lies that `inbound` names."""

    inbound: Inbound
    database: Path
    key: str | None
    """That of the database; None where it is not synced."""
    folder: Path
    origin: str
    """The root in which the folder lies."""
    quarantine: Path


def sync(
    place: Ground, opening: Opening, pair: Pair, settings: Settings, callbacks: Callbacks
) -> SyncResult:
    """One run; where others may send changes, with all that follows from what they sent."""
    inbound = place.config.inbound
    if inbound is None:
        return run(pair, settings, callbacks)
    layout = _layout(inbound, place, opening, pair)
    if settings.dry_run:
        return run(pair, settings, callbacks)
    return _Receiving(layout, opening, pair, settings, callbacks).sync()


def _layout(inbound: Inbound, place: Ground, opening: Opening, pair: Pair) -> Layout:
    """`ConfigError` where changes could not come in, or what they did could not go out."""
    home = _home(inbound, pair)
    database = place.base / inbound.database
    found = opening.key_of(database, pair.scope)
    if found is not None and found[1].direction is Direction.PULL:
        raise ConfigError(
            f"inbound.database: {inbound.database} lies in a root of direction pull,"
            " so that all changes would be undone",
            hint="let it lie in a root of direction both or push",
        )
    folder = opening.folder(home, inbound.folder)
    lies_at = (Path(os.path.normpath(database)), database.resolve())
    if any(one.is_relative_to(os.path.normpath(folder)) for one in lies_at):
        raise ConfigError(
            f"inbound.folder: {inbound.folder} holds the database, and what lies there is taken"
            " for change files",
            hint="give the change files a folder of their own",
        )
    quarantine = place.state / "quarantine"
    if inbound.quarantine is not None:
        quarantine = place.base / inbound.quarantine
        if opening.key_of(quarantine / _SAMPLE, pair.scope) is not None:
            raise ConfigError(
                f"inbound.quarantine: {inbound.quarantine} is synced, and what was refused would"
                " go out to others",
                hint="name a folder that takes no part in the sync, or leave the key out",
            )
    return Layout(
        inbound=inbound,
        database=database,
        key=found[0] if found is not None else None,
        folder=folder,
        origin=home.origin,
        quarantine=quarantine,
    )


def _home(inbound: Inbound, pair: Pair) -> Place:
    sample = inbound.folder + _SAMPLE
    home = pair.scope.home(sample)
    if home is None or pair.scope.standing(sample) is not Judgement.TAKE:
        raise ConfigError(
            f"inbound.folder: {inbound.folder} is not synced, so no change could come in",
            hint="see `folders`, `paths`, `include`, `exclude` and the .buckiaignore files",
        )
    if home.direction is not Direction.BOTH:
        raise ConfigError(
            f"inbound.folder: {inbound.folder} lies in the root {home.origin}, whose direction is"
            f" {home.direction}",
            hint="let it lie in a root of direction both",
        )
    return home


class _Receiving:
    """One sync, with nobody else at this pair from its beginning to its end."""

    def __init__(
        self, layout: Layout, opening: Opening, pair: Pair, settings: Settings, callbacks: Callbacks
    ) -> None:
        self._layout = layout
        self._opening = opening
        self._pair = pair
        self._settings = settings
        self._callbacks = callbacks
        self._silent = msgspec.structs.replace(callbacks, after=lambda _result: None)

    def sync(self) -> SyncResult:
        with self._pair.folder.lock():
            result = run(self._pair, self._settings, self._silent)
            if not result.interrupted and self._sees_all():
                try:
                    result = self._received(result)
                except Interrupted:
                    result = msgspec.structs.replace(result, interrupted=True)
        self._callbacks.after(result)
        return result

    def _sees_all(self) -> bool:
        """Whether this run looks at all change files, and may take them away on both sides."""
        both = self._settings.rules.direction is Direction.BOTH
        return both and self._pair.scope.run.takes_all(self._layout.inbound.folder)

    def _received(self, result: SyncResult) -> SyncResult:
        """Apply to what is in step now; a file goes once the database with its rows is, too.

        So no change is ever only in a version of the database that may still lose against another.
        """
        layout = self._layout
        if reason := _unready(result, layout):
            return msgspec.structs.replace(result, inbound=Received(stopped=_halted(reason)))
        applied = apply_all(
            layout.database,
            layout.folder,
            permission=layout.inbound.permission,
            quarantine=layout.quarantine,
            limits=layout.inbound.limits,
            step=self._may_stop,
        )
        done, stopped = applied.done, applied.stopped
        if done and layout.key is not None:
            sent = run(self._narrowed(layout.key), self._rest(result), self._silent)
            result = _sum(result, sent)
            if sent.failed or sent.waiting or sent.interrupted:
                done = {}
        if done:
            try:
                done = self._lasting(done)
            except InboundError as error:
                done, stopped = {}, stopped or error
        cleared = self._clear(applied, done)
        return msgspec.structs.replace(
            result,
            deleted_local=result.deleted_local + cleared.left,
            deleted_remote=result.deleted_remote + cleared.right,
            failed=(*result.failed, *cleared.failed),
            interrupted=result.interrupted or cleared.interrupted,
            inbound=_told(applied, layout, stopped),
        )

    def _may_stop(self, step: str) -> None:
        if step == "begin":
            self._pair.limits.stop.check()

    def _rest(self, result: SyncResult) -> Settings:
        """The settings of a run that goes on behind this one, with what is left of its limits."""
        settings = self._settings
        transfer, duration = settings.max_transfer, settings.max_duration
        if transfer is not None:
            transfer = max(0, transfer - result.bytes_up - result.bytes_down)
        if duration is not None:
            duration = max(0.0, duration - result.seconds)
        return msgspec.structs.replace(
            settings, max_transfer=transfer, max_duration=duration, tidies=False
        )

    def _narrowed(self, key: str) -> Pair:
        return self._opening.again(self._pair, RunFilter(paths=(key,)))

    def _lasting(self, done: Mapping[str, str]) -> Mapping[str, str]:
        layout = self._layout
        found = lasting(layout.database, done, wait=layout.inbound.limits.wait)
        if len(found) < len(done):
            raise InboundError(
                f"{layout.database} was replaced while changes were applied to it",
                hint="run it again: the changes are still there, and are applied anew",
            )
        return found

    def _clear(self, applied: Applied, done: Mapping[str, str]) -> Cleared:
        layout = self._layout
        refused = {one.name: one.digest for one in applied.quarantined}
        reasons = dict.fromkeys(done, f"applied to {layout.database.name}")
        served = [
            Served(
                key=layout.inbound.folder + name,
                origin=layout.origin,
                digest=digest,
                reason=reasons.get(name, ""),
            )
            for name, digest in {**done, **refused}.items()
        ]
        if not served:
            return Cleared(left=0, right=0, failed=())
        with Database.open(self._pair.folder.base) as database:
            manifest = SqliteManifest(database)
            return clear(self._pair, manifest, served, trash_days=self._settings.trash_days)


def _unready(result: SyncResult, layout: Layout) -> BuckiaError | None:
    """Why there may be change files that are not here, or a newer database; None where all is."""
    folder = layout.inbound.folder
    unsettled = [(one.path, one.message) for one in result.failed]
    unsettled += [(one.path, "the conflict waits for a decision") for one in result.waiting]
    for path, reason in unsettled:
        if _concerns(path, folder) or _concerns(path, layout.key or folder):
            return _waiting(f"{path}: {reason}")
    for one in result.skipped:
        above = folder.startswith(one.path.rstrip("/") + "/")
        if above or (one.path.startswith(folder) and is_name(one.path.removeprefix(folder))):
            return _waiting(f"{one.path} was skipped: {one.reason}")
    return None


def _concerns(path: str, key: str) -> bool:
    """Whether something is about a key, about what is below it, or about a folder around it."""
    return keys.below(path, key) or keys.below(key, path) or path == key.rstrip("/")


def _waiting(because: str) -> BuckiaError:
    return Incomplete(
        f"no change was applied, because not all is in step: {because}",
        hint="run it again when the cause is gone: changes are applied in their order",
    )


def _sum(first: SyncResult, second: SyncResult) -> SyncResult:
    added = {name: getattr(first, name) + getattr(second, name) for name in _ADDED}
    return msgspec.structs.replace(first, interrupted=second.interrupted, **added)


def _told(applied: Applied, layout: Layout, stopped: BuckiaError | None) -> Received:
    folder = layout.inbound.folder
    return Received(
        applied=tuple(folder + name for name in applied.applied),
        quarantined=tuple(
            SetAside(folder + one.name, one.reason, one.path) for one in applied.quarantined
        ),
        ignored=tuple(Skipped(folder + one.name, one.reason) for one in applied.ignored),
        stopped=_halted(stopped) if stopped is not None else None,
    )


def _halted(error: BuckiaError) -> Halted:
    return Halted(error.kind, error.message, error.hint)
