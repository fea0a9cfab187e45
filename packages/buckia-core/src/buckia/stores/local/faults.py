"""From the system's errors to ours: one table, and the one place that applies it."""

from __future__ import annotations

import errno
from typing import NamedTuple

from buckia.errors import AccessDenied, InvalidKey, NotFound, StorageError, Unavailable
from buckia.translating import Translates


class Barred(Exception):
    """The way to a key does not lead through folders; `reason` says what stands in it."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Meaning(NamedTuple):
    kind: type[StorageError]
    says: str
    hint: str = ""


_REFUSED = Meaning(AccessDenied, "the system refuses it", "check who owns it and its permissions")
_SICK = Meaning(
    Unavailable,
    "the disk or the network drive does not answer as it should",
    "check the disk and its connection, and run it again",
)
_HANDLES = Meaning(Unavailable, "too many files are open", "raise the limit (ulimit -n)")

_OTHER = Meaning(StorageError, "", "look at the disk and the permissions, and run it again")

_BY_NAME: dict[str, Meaning] = {
    "ENOENT": Meaning(NotFound, "there is no such file"),
    "EACCES": _REFUSED,
    "EPERM": _REFUSED,
    "EROFS": Meaning(
        AccessDenied,
        "the file system is mounted read-only",
        "mount it for writing and run it again",
    ),
    "ENOSPC": Meaning(StorageError, "the disk is full", "make room and run it again"),
    "EDQUOT": Meaning(StorageError, "the disk quota is used up", "make room and run it again"),
    "EFBIG": Meaning(StorageError, "the file is too large for this file system"),
    "ENAMETOOLONG": Meaning(InvalidKey, "the name is too long for this file system"),
    "EILSEQ": Meaning(InvalidKey, "this file system cannot hold such a name"),
    "EISDIR": Meaning(InvalidKey, "a folder of that name is in the way"),
    "ENOTDIR": Meaning(InvalidKey, "a file stands where a folder would have to be"),
    "ELOOP": Meaning(InvalidKey, "a symbolic link is in the way"),
    "EIO": _SICK,
    "ESTALE": _SICK,
    "ETIMEDOUT": _SICK,
    "ENOTCONN": _SICK,
    "EBUSY": Meaning(Unavailable, "it is in use"),
    "ETXTBSY": Meaning(Unavailable, "it is in use"),
    "EMFILE": _HANDLES,
    "ENFILE": _HANDLES,
}
_MEANINGS = {
    # Not every system knows every name.
    number: meaning
    for name, meaning in _BY_NAME.items()
    if (number := getattr(errno, name, None)) is not None
}


def reason(error: OSError) -> str:
    """What happened, in a few words."""
    meaning = _MEANINGS.get(error.errno or 0)
    return meaning.says if meaning else str(error.strerror or error)


def fault(error: OSError, key: str, *, called: str = "") -> StorageError:
    """What a system error means to whoever asked for `key`; for no key `called` says where."""
    meaning = _MEANINGS.get(error.errno or 0, _OTHER)
    message = f"{key or called or 'the folder'}: {reason(error)}"
    return meaning.kind(message, key=key, hint=meaning.hint)


class faults(Translates):  # noqa: N801 - used like a function
    """Turns what the system raises into our errors; none of them crosses a Protocol as it is.

    What cannot be reached through folders does not exist for a reader (`NotFound`), and is a
    name that cannot be held for a writer (`InvalidKey`).
    """

    __slots__ = ("_barred", "_called", "_key")

    def __init__(
        self, key: str, *, barred: type[StorageError] = NotFound, called: str = ""
    ) -> None:
        self._key = key
        self._barred = barred
        self._called = called

    def _meaning(self, error: BaseException) -> BaseException | None:
        if isinstance(error, Barred):
            said = f"{self._key}: {error.reason}"
            return self._barred(said, key=self._key, hint=error.hint)
        if isinstance(error, OSError):
            return fault(error, self._key, called=self._called)
        return None
