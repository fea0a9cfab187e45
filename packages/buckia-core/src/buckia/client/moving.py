"""A user's folder from one bucket to another: copied, proven, switched, and only then deleted."""

from __future__ import annotations

import json

import msgspec

from buckia.client.people import insist_on_folders
from buckia.engine.mending import mend_by, sweep
from buckia.engine.mount import Mount
from buckia.engine.moved import moved, put_note
from buckia.engine.moving import Moving, Pass, is_empty, listed, named
from buckia.engine.pair import Pair, Settings, probe
from buckia.engine.publishing import publish
from buckia.engine.side import Side
from buckia.errors import ConfigError, Conflicts, Incomplete
from buckia.events import Noticed
from buckia.filters import Filters, RunFilter
from buckia.keys import MOVED_NOTE
from buckia.model import Direction, SideName
from buckia.results import FoundUser, Relocated
from buckia.scope import Place, Scope
from buckia.state.database import Database
from buckia.state.folder import PairId
from buckia.state.manifest import SqliteManifest

_PASSES = 5
"""Looks at a folder in which somebody always writes, before its devices are told to stop."""
_PHASE, _DELETING = "phase of the move", "deleting"
_MOST_NAMED = 100
_AGAIN = "run it again: it goes on where it was"


def where(name: str, pair: Pair) -> FoundUser:
    if pair.right.layers:
        return FoundUser(has_files=False)
    side = _side(SideName.LEFT, pair, name)
    note = moved(side, "")
    return FoundUser(not is_empty(side), note.to if note is not None else "")


def move(name: str, source: Pair, target: Pair, settings: Settings) -> Relocated:
    """Bring the folder from the one bucket to the other, or go on with that."""
    for pair in (source, target):
        insist_on_folders(pair)
    if source.name == target.name:
        raise _one_bucket(source, target)
    both = _both(name, source, target)
    with both.folder.lock(), Database.open(both.folder.base) as database:
        for notice in database.notices:
            both.tell(Noticed(message=notice))
        return _Move(both, SqliteManifest(database), settings, (source, target)).run(name)


class _Move:
    def __init__(
        self, both: Pair, manifest: SqliteManifest, settings: Settings, ends: tuple[Pair, Pair]
    ) -> None:
        self._both = both
        self._manifest = manifest
        self._moving = Moving(both, settings, manifest)
        self._source, self._target = ends
        self._copied = self._size = 0

    def run(self, name: str) -> Relocated:
        old = moved(self._both.left, "")
        if old is not None and old.to != self._target.name:
            raise ConfigError(
                f"the folder {name} was moved from {self._source.name} to {old.to}",
                hint=f"it can be moved from there: --from {old.to}",
            )
        for pair in (self._source, self._target):
            probe(pair)
        if self._manifest.count():
            # It was cut off, and what it had taken out of its place goes back first.
            mend_by(self._both, listed(self._both.left), listed(self._both.right))
        if old is None:
            self._switch(name)
        self._welcome()
        result = self._cleared()
        sweep(self._both)
        for pair in (self._target, self._source):
            for failure in publish(pair):
                pair.tell(Noticed(message=f"{failure.path}: {failure.message}"))
        return result

    def _switch(self, name: str) -> None:
        """Copy until both hold the same; then tell all devices that it lives elsewhere."""
        self._insist_on_order(name)
        if self._manifest.meta(_PHASE) is not None:
            # An older move of the same folder, which has come back since.
            self._moving.forget()
            self._manifest.set_meta(_PHASE, None)
        if is_empty(self._both.left) and not self._manifest.count():
            raise ConfigError(
                f"there is no folder {name} in {self._source.name}",
                hint="name the bucket that has it with --from",
            )
        if stranger := self._moving.stranger():
            raise Conflicts(
                f"{self._target.name} has files in that folder already, such as {stranger}",
                hint="nothing was switched or deleted; move or remove them first",
            )
        for _ in range(_PASSES):
            last = self._pass(follow=True)
            _insist_on_all(last, self._target.name)
            if not last.changed:
                break
        put_note(self._both.left, MOVED_NOTE, {"to": self._target.name})

    def _insist_on_order(self, name: str) -> None:
        """A move the other way that has not ended would be taken for this user's files."""
        back = self._source.state.pair(_journal(name, self._target, self._source))
        if not back.exists:
            return
        with Database.look(back.base) as database:
            if SqliteManifest(database).count():
                names = f"--from {self._target.name} --to {self._source.name}"
                raise ConfigError(
                    f"the folder {name} is still on its way back to {self._source.name}",
                    hint=f"let that end first: buckia users move ... {names}",
                )

    def _welcome(self) -> None:
        """Where the folder comes back to a bucket, nothing there may say that it is elsewhere."""
        told, note = moved(self._both.left, ""), moved(self._both.right, "")
        if note is None:
            return
        self._both.right.remove(note.entry, "")
        if told is None or told.data == note.data:
            # One bucket by two names: what would be deleted in the old one is all there is.
            raise _one_bucket(self._source, self._target)

    def _cleared(self) -> Relocated:
        """What came until the switch is copied too; then the old bucket gives up what was."""
        # Once something was deleted, what is missing in the old bucket means nothing any more.
        follow = self._manifest.meta(_PHASE) != _DELETING
        for _ in range(_PASSES):
            last = self._pass(follow=follow)
            if not last.changed:
                break
        self._manifest.set_meta(_PHASE, _DELETING)
        deleted = self._moving.clear()
        left, count = named(self._moving.left(), _MOST_NAMED)
        if not left:
            self._moving.forget()
        return Relocated(
            source=self._source.name,
            target=self._target.name,
            copied=self._copied,
            bytes=self._size,
            deleted=deleted,
            left=tuple(left),
            left_count=count,
        )

    def _pass(self, *, follow: bool) -> Pass:
        found = self._moving.copy(follow=follow)
        self._copied += found.copied
        self._size += found.size
        return found


def _insist_on_all(last: Pass, target: str) -> None:
    """Nothing is switched before everything is there."""
    if last.unlike:
        raise Conflicts(
            f"{target} has other files in that folder: {len(last.unlike)} differ, such as"
            f" {last.unlike[0]}",
            hint=f"nothing was switched or deleted; decide which are right, then {_AGAIN}",
        )
    if last.failed:
        first = last.failed[0]
        raise Incomplete(
            f"{len(last.failed)} files could not be copied, such as {first.path}: {first.message}",
            hint=f"nothing was switched or deleted; when that is mended, {_AGAIN}",
        )


def _one_bucket(source: Pair, target: Pair) -> ConfigError:
    names = f"{source.name} and {target.name} are one bucket"
    return ConfigError(names, hint="there is nothing to move, and nothing was")


def _both(name: str, source: Pair, target: Pair) -> Pair:
    """The old folder and the new one as the two sides of a pair."""
    folder = source.state.pair(_journal(name, source, target))
    nothing = Filters(ignore_texts=lambda _folder: ())
    scope = Scope(
        roots=(Place("", Direction.PUSH),),
        mapped={},
        hidden=set(),
        folders=(),
        filters=nothing,
        run=RunFilter(),
    )
    return msgspec.structs.replace(
        target,
        id=folder.pair,
        left=_side(SideName.LEFT, source, name),
        right=_side(SideName.RIGHT, target, name),
        scope=scope,
        folder=folder,
        missing=(),
    )


def _side(which: SideName, pair: Pair, name: str) -> Side:
    mount = pair.right.mount("")
    return Side(which, {"": Mount(mount.storage, "", mount.inside(f"{name}/"))}, pair.right.limits)


def _journal(name: str, source: Pair, target: Pair) -> PairId:
    """Where it is written down what of the folder came from one bucket to the other."""
    return PairId(
        provider=source.id.provider,
        endpoint=source.id.endpoint,
        bucket_name=source.id.bucket_name,
        prefix=f"{source.id.prefix}{name}/",
        root=json.dumps([source.name, target.name, *msgspec.structs.astuple(target.id)[:4]]),
    )
