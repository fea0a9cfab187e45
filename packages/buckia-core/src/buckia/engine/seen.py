"""What a version that was seen is held against, and what an answer says of it."""

from __future__ import annotations

from collections.abc import Mapping

from buckia import digests
from buckia.errors import Corrupted, NotFound, Overtaken, StorageError, VersionMismatch
from buckia.model import BasicEntry
from buckia.protocols import ABSENT, Expected
from buckia.translating import Translates


def check_received(entry: BasicEntry, known: Mapping[str, str]) -> None:
    """Refuse what a store says it holds where it is not what it was sent."""
    if digests.agree(entry.digests, known) is False:
        raise Corrupted(f"the store holds other bytes than were sent as {entry.key}", key=entry.key)


def expected(entry: BasicEntry | None) -> Expected:
    return ABSENT if entry is None else entry.version


def gone(error: StorageError) -> bool:
    """Whether a failure means that somebody changed the key since it was seen."""
    return isinstance(error, VersionMismatch | NotFound)


def untouched(error: StorageError) -> bool:
    """Whether it also means that what was seen was not replaced or deleted by us."""
    return gone(error) and not isinstance(error, Overtaken)


class sent(Translates):  # noqa: N801 - used like a function
    """Behind a request that changes something: what was seen may have given way to ours, and ours
    to somebody else's. The refusal of a condition says no less, for somebody between may have sent
    our request twice.
    """

    __slots__ = ()

    def _meaning(self, error: BaseException) -> BaseException | None:
        if isinstance(error, NotFound | VersionMismatch) and error.key:
            return Overtaken(error.message, key=error.key, hint=error.hint)
        return None
