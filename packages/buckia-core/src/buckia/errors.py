"""What can go wrong, as classes: the class says what the caller should do.

BuckiaError
|-- ConfigError             the configuration or the command line is wrong
|-- PluginError             a provider is missing, broken or of another age
|-- StorageError            one request to one store failed
|   |-- NotFound            there is no object of that key
|   |-- VersionMismatch     there is, but it is not the version that was expected
|   |   `-- Overtaken       ours may have been stored, and was replaced at once
|   |-- AccessDenied        the credentials do not allow it
|   |-- InvalidKey          the store cannot hold such a key
|   |-- Corrupted           what came is not what was promised
|   |-- Unsound             a database that is damaged, or that does not fit where it is to go
|   `-- Unavailable         the store did not answer as it should; trying again may help
`-- SyncError               a whole run
    |-- Conflicts           keys wait for a person
    |-- GuardStopped        the plan looked like a disaster, so nothing was done
    |-- AlreadyRunning      another process syncs the same pair
    |-- Interrupted         somebody asked to stop; what was done is recorded
    `-- Incomplete          some keys failed, all others were done

What fails for one key is kept as a value (an outcome); what fails for a run is raised.
"""

from __future__ import annotations


class BuckiaError(Exception):
    """Every error of ours. `message` says what happened, `hint` what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def kind(self) -> str:
        """The name that JSON output and tests use."""
        return type(self).__name__


class ConfigError(BuckiaError):
    exit_code = 2


class PluginError(BuckiaError):
    exit_code = 2


class StorageError(BuckiaError):
    """A request failed; `key` is the object it was about, or empty for the whole store."""

    def __init__(self, message: str, *, key: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.key = key


class NotFound(StorageError):
    """There is no such object; without a key, there is no such store."""

    def __init__(self, message: str, *, key: str = "", hint: str = "") -> None:
        super().__init__(message, key=key, hint=hint)
        self.exit_code = Unavailable.exit_code if not key else StorageError.exit_code


class VersionMismatch(StorageError):
    pass


class Overtaken(VersionMismatch):
    """What we wrote or deleted may have taken effect, and somebody else came right behind.

    To everybody it is the same as `VersionMismatch`, but for who keeps what was there before.
    """

    @property
    def kind(self) -> str:
        return VersionMismatch.__name__


class AccessDenied(StorageError):
    exit_code = 3


class InvalidKey(StorageError):
    pass


class Corrupted(StorageError):
    exit_code = 4


class Unsound(StorageError):
    pass


class Unmergeable(StorageError):
    """Nothing was done to either database."""


class Unavailable(StorageError):
    """Tried again, as `Corrupted` is; `wait` is the store's own wish in seconds."""

    exit_code = 4

    def __init__(
        self, message: str, *, key: str = "", hint: str = "", wait: float | None = None
    ) -> None:
        super().__init__(message, key=key, hint=hint)
        self.wait = wait


class SyncError(BuckiaError):
    pass


class Conflicts(SyncError):
    exit_code = 5


class GuardStopped(SyncError):
    """`moved_to` is the bucket that a user's folder was moved to, where that is the reason."""

    exit_code = 6

    def __init__(self, message: str, *, hint: str = "", moved_to: str = "") -> None:
        super().__init__(message, hint=hint)
        self.moved_to = moved_to


class AlreadyRunning(SyncError):
    exit_code = 7


class Interrupted(SyncError):
    exit_code = 130


class Incomplete(SyncError):
    exit_code = 1
