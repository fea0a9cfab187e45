"""What a run came to, in the words of the command line and of JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from buckia.errors import Conflicts, Incomplete
from buckia.model import BasicEntry, SideName, Skipped

LEFT_ALONE = "ask"
"""The resolution of a conflict that waits for a person."""


class Conflict(msgspec.Struct, frozen=True):
    path: str
    resolution: str
    kept: str | None = None
    """Where the version that gave way is: a key, or a file in the trash."""


class Failure(msgspec.Struct, frozen=True):
    path: str
    error: str
    message: str


class Step(msgspec.Struct, frozen=True):
    """One line of a plan."""

    path: str
    action: str
    reason: str


class SetAside(msgspec.Struct, frozen=True):
    """A change file that was refused."""

    path: str
    reason: str
    kept: Path
    """Where it is now."""


class Halted(msgspec.Struct, frozen=True):
    """Why change files wait that nobody has judged, or that could not be cleared away."""

    kind: str
    message: str
    hint: str


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the changes that others sent."""

    applied: tuple[str, ...] = ()
    """Keys of files whose rows were written in this run."""
    quarantined: tuple[SetAside, ...] = ()
    ignored: tuple[Skipped, ...] = ()
    """What lies in the folder and is no change file."""
    stopped: Halted | None = None

    def raise_for_unapplied(self) -> None:
        if self.stopped is not None:
            raise Incomplete(self.stopped.message, hint=self.stopped.hint)
        if self.quarantined:
            first = self.quarantined[0]
            raise Incomplete(
                f"{len(self.quarantined)} change files were refused;"
                f" the first is {first.path}: {first.reason}",
                hint=f"it is kept as {first.kept}",
            )


class SyncResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one bucket's run. Keys that failed are named, never hidden in a count."""

    name: str = ""
    dry_run: bool = False
    uploaded: int = 0
    downloaded: int = 0
    deleted_local: int = 0
    deleted_remote: int = 0
    unchanged: int = 0
    adopted: int = 0
    renamed: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    seconds: float = 0.0
    conflicts: tuple[Conflict, ...] = ()
    failed: tuple[Failure, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    actions: Sequence[Step] = ()
    excluded_secrets: int = 0
    """Files left out because their names are those of secrets (`.env*`, `*.pem`, ...)."""
    interrupted: bool = False
    inbound: Received | None = None
    """None where the run had nothing to do with changes of others."""

    @property
    def deleted(self) -> int:
        return self.deleted_local + self.deleted_remote

    @property
    def waiting(self) -> tuple[Conflict, ...]:
        """Conflicts that nobody has decided yet."""
        return tuple(one for one in self.conflicts if one.resolution == LEFT_ALONE)

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return 130
        if self.failed or self._has_unapplied:
            return Incomplete.exit_code
        return Conflicts.exit_code if self.waiting and not self.dry_run else 0

    @property
    def _has_unapplied(self) -> bool:
        """Whether changes of others were refused, or wait."""
        return self.inbound is not None and bool(self.inbound.quarantined or self.inbound.stopped)

    def raise_for_failures(self) -> None:
        """Raise `Incomplete` when keys failed or changes were not applied, `Conflicts` when some
        wait for a person.
        """
        if self.failed:
            first = self.failed[0]
            raise Incomplete(
                f"{len(self.failed)} keys failed; the first is {first.path}: {first.message}",
                hint="run again: what was done is recorded, only the rest is tried",
            )
        if self.inbound is not None:
            self.inbound.raise_for_unapplied()
        if self.waiting:
            raise Conflicts(
                f"{len(self.waiting)} conflicts wait for a decision;"
                f" the first is {self.waiting[0].path}",
                hint="see `buckia conflicts`, decide with `buckia resolve PATH --keep ...`",
            )


class Question(msgspec.Struct, frozen=True):
    """A conflict as it stands, before anybody decided it."""

    path: str
    reason: str
    left: BasicEntry | None
    right: BasicEntry | None
    resolution: str
    """How the settings resolve it; `ask` where a person must."""


class Restored(msgspec.Struct, frozen=True):
    """A version that came back from the trash."""

    path: str
    file: Path
    """Where it lies now."""
    replaced: datetime
    """When it had been replaced or deleted."""
    kept: Path | None
    """Where the version is that stood there until now."""


class Kept(msgspec.Struct, frozen=True):
    """A version that gave way, and where it is now."""

    path: str
    side: SideName
    """Where it was: here, or in the bucket as somebody else had written it."""
    file: Path


class AppReset(msgspec.Struct, frozen=True, kw_only=True):
    """The user's content became that of the demo."""

    name: str
    folder: str
    """What all keys begin with that it was about; empty where that is the whole bucket."""
    began: datetime
    """`buckia restore` brings back what was current then."""
    kept: tuple[Kept, ...]
    sent: SyncResult
    """How the bucket was made the same."""

    @property
    def exit_code(self) -> int:
        return self.sent.exit_code


class DemoUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What of the demo came into the user's content."""

    name: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    left_rows: tuple[str, ...] = ()
    """Rows that the demo no longer has, and that rows of the user's refer to."""
    cloned: tuple[str, ...] = ()
    """Keys of files that are the demo's now."""
    left_files: tuple[str, ...] = ()
    """Keys under which the user has files of their own."""
    kept: Path | None = None
    """Where the database is as it was; None where it did not change."""


class Difference(msgspec.Struct, frozen=True):
    """A key that is not the same on both sides, or could not be compared."""

    path: str
    reason: str


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison of both sides found."""

    name: str
    equal: int
    differing: tuple[Difference, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    bytes_read: int = 0
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        return 1 if self.differing else 0


class FoundUser(msgspec.Struct, frozen=True):
    """What a bucket knows of a user's folder."""

    has_files: bool
    moved_to: str = ""
    """The name of the bucket that has the folder now; empty where it was not moved."""


class Relocated(msgspec.Struct, frozen=True, kw_only=True):
    """What the move of a user's folder came to."""

    source: str
    target: str
    copied: int
    bytes: int
    deleted: int
    """Objects of the old folder, all of which are in the new one."""
    left: tuple[str, ...] = ()
    """The first files that are still in the old folder: changed late, or unlike in the new one."""
    left_count: int = 0


class Check(msgspec.Struct, frozen=True):
    """One line of `buckia doctor`."""

    name: str
    ok: bool | None
    """None where it could not be tried."""
    message: str
    hint: str = ""
