"""Applying change files to the app's database: in order, each exactly once."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import msgspec

from buckia.inbound import document, folder, ledger, quarantine, rows
from buckia.inbound.changes import DEFAULT_LIMITS, ChangeFile, Limits
from buckia.inbound.folder import Gone, Ignored
from buckia.inbound.live import connected, judging, transaction
from buckia.inbound.permission import Permission
from buckia.inbound.quarantine import Quarantined
from buckia.inbound.seam import Step, unseen
from buckia.inbound.trouble import InboundError, Refused, shown


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the files of one folder. Nothing in it was removed."""

    applied: tuple[str, ...]
    """Names of files whose rows were written in this call."""
    done: Mapping[str, str]
    """All files whose rows are in the database for good, with the SHA-256 of their bytes: these
    bytes can be deleted.
    """
    quarantined: tuple[Quarantined, ...]
    """Their bytes are in the quarantine, and can be deleted from the folder."""
    ignored: tuple[Ignored, ...]
    stopped: InboundError | None
    """Why files are left that nobody has judged; the next call begins with them."""


class _Settings(msgspec.Struct, frozen=True):
    database: str
    permission: Permission
    quarantine: Path
    limits: Limits
    step: Step


def apply_all(
    database: Path,
    inbound: Path,
    *,
    permission: Permission,
    quarantine: Path,
    limits: Limits = DEFAULT_LIMITS,
    step: Step = unseen,
) -> Applied:
    """Apply each file of the folder that has not been applied, in the order of their IDs.

    A file that is no good is copied to the quarantine, and those behind it are applied all the
    same. Where applying has to wait, it stops, and nothing behind is looked at. No other process
    may put files into the folder meanwhile; to the database anybody may write.
    """
    run = _Run(_Settings(database.name, permission, quarantine, limits, step))
    try:
        with folder.disk_errors(inbound):
            found = folder.listing(inbound)
        run.ignored.extend(found.ignored)
        if found.names:
            with connected(database, limits.wait) as connection:
                for name in found.names:
                    run.settle(connection, inbound / name)
    except InboundError as error:
        run.stopped = error
    return run.result()


def lasting(database: Path, done: Mapping[str, str], *, wait: float) -> Mapping[str, str]:
    """Those of the files whose rows are in the database that is there now."""
    with connected(database, wait) as connection:
        return {
            name: digest
            for name, digest in done.items()
            if ledger.digest_of(connection, folder.id_of(name)) == digest
        }


class _Run:
    def __init__(self, settings: _Settings) -> None:
        self._settings = settings
        self._applied: list[str] = []
        self._done: dict[str, str] = {}
        self._quarantined: list[Quarantined] = []
        self.ignored: list[Ignored] = []
        self.stopped: InboundError | None = None

    def result(self) -> Applied:
        return Applied(
            applied=tuple(self._applied),
            done=self._done,
            quarantined=tuple(self._quarantined),
            ignored=tuple(self.ignored),
            stopped=self.stopped,
        )

    def settle(self, connection: sqlite3.Connection, path: Path) -> None:
        """Apply the file, or find out that it was or never will be."""
        with folder.disk_errors(path):
            try:
                try:
                    self._apply(connection, path)
                except Refused as error:
                    self._set_aside(path, error)
                except InboundError as error:
                    raise InboundError(f"{path.name}: {error.message}", hint=error.hint) from error
            except Gone:
                self.ignored.append(Ignored(path.name, "it went away meanwhile"))

    def _apply(self, connection: sqlite3.Connection, path: Path) -> None:
        change_id = folder.id_of(path.name)
        content = folder.read(path, self._settings.limits.file)
        digest = hashlib.sha256(content).hexdigest()
        if not _is_known(connection, change_id, digest):
            file = document.decode(content, self._settings.limits)
            self._check(file, change_id)
            if self._write(connection, file, digest):
                self._applied.append(path.name)
        self._done[path.name] = digest

    def _check(self, file: ChangeFile, change_id: str) -> None:
        if file.id != change_id:
            raise Refused(f"its `id` is {shown(file.id)}, and its name says another one")
        if file.database != self._settings.database:
            raise Refused(f"it is for a database {shown(file.database)}, and there is none")
        for number, change in enumerate(file.changes, 1):
            try:
                self._settings.permission.check(change)
            except Refused as error:
                raise Refused(f"change {number}: {error.message}") from error

    def _write(self, connection: sqlite3.Connection, file: ChangeFile, digest: str) -> bool:
        """Whether it was this call that wrote the rows."""
        step = self._settings.step
        step("begin")
        with transaction(connection):
            # Somebody else may have been faster while we waited for the transaction.
            known = _is_known(connection, file.id, digest)
            if not known:
                rows.write(connection, file, self._settings.permission, step)
                step("record")
                ledger.add(connection, file.id, digest)
            step("commit")
            with judging("the database refuses all of it together"):
                connection.execute("COMMIT")
        step("committed")
        return not known

    def _set_aside(self, path: Path, error: Refused) -> None:
        to, step = self._settings.quarantine, self._settings.step
        with folder.disk_errors(to):
            self._quarantined.append(quarantine.keep(path, to, error, step))
        step("set aside")


def _is_known(connection: sqlite3.Connection, change_id: str, digest: str) -> bool:
    known = ledger.digest_of(connection, change_id)
    if known not in {None, digest}:
        raise Refused(
            "a file of this ID was applied before, and it had other bytes",
            hint="give each file an ID of its own",
        )
    return known is not None
