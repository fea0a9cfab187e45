"""Replacing and removing a file without ever losing what is really there.

The file that has the name is first moved to a parking place and only then compared with what was
expected, for what is compared while it still has its name may be another file a moment later.
If it is not the one, it goes back. Where somebody has taken the name by then, it is kept beside
it as a conflict copy.
"""

from __future__ import annotations

from buckia import keys
from buckia.errors import VersionMismatch
from buckia.stores.local.drafts import Draft
from buckia.stores.local.expected import Expectation
from buckia.stores.local.renames import Place, exchange, move_away, rename_ours
from buckia.stores.local.system import Unsupported
from buckia.stores.local.versions import mark

_CALENDAR_NS = 253_402_300_799 * 1_000_000_000
"""The last moment of the year 9999."""


def put_new(draft: Draft, key: str, target: Place) -> None:
    """Give the draft a name that nobody has."""
    try:
        rename_ours(draft.place, target)
    except FileExistsError as error:
        raise VersionMismatch(f"{key} has come into being meanwhile", key=key) from error


class Swap:
    """One replacement: the draft takes the target's place, the old file the parking place.

    `parking` is a free name where nobody but us writes, on the same file system.
    """

    def __init__(self, draft: Draft, target: Place, parking: Place, wanted: Expectation) -> None:
        self._draft = draft
        self._target = target
        self._parking = parking
        self._wanted = wanted

    def run(self, device: str) -> None:
        """Do it, or leave everything as it was and raise `VersionMismatch`.

        `device` names the maker in the name of a conflict copy.
        """
        rename_ours(self._draft.place, self._parking)
        try:
            exchange(self._parking, self._target)
        except BaseException as error:  # an interrupt may come just before it or just after
            if not self._parking_holds_draft():
                self._change_back(device)
                raise
            rename_ours(self._parking, self._draft.place)
            if isinstance(error, FileNotFoundError):
                raise self._wanted.mismatch("is gone") from error
            if not isinstance(error, Unsupported):
                raise
            self._by_renames(device)
            return
        try:
            met = self._wanted.is_met_by(self._parking)
        except BaseException:  # unjudged, so it was not the one: also after an interrupt
            self._change_back(device)
            raise
        if not met:
            raise _mismatch(self._wanted, self._change_back(device))

    def _change_back(self, device: str) -> str:
        """Undo the exchange; the name of a conflict copy where that cannot be done simply."""
        try:
            exchange(self._parking, self._target)
        except FileNotFoundError:
            # Our file was taken away meanwhile, so the name is free for the old one.
            return put_back(self._parking, self._target, device)
        if self._parking_holds_draft():
            rename_ours(self._parking, self._draft.place)
            return ""
        # What came back is not what we put there: somebody saved over it in that moment. Theirs
        # is the latest and keeps the name; the one before it is kept beside it.
        try:
            exchange(self._parking, self._target)
        except FileNotFoundError:
            return put_back(self._parking, self._target, device)
        return keep_copy(self._parking, self._target, device)

    def _parking_holds_draft(self) -> bool:
        return mark(self._parking.stat()) == self._draft.mark

    def _by_renames(self, device: str) -> None:
        """The same without an exchange: for a moment the name is free."""
        take_out(self._target, self._parking, self._wanted, device)
        try:
            put_new(self._draft, self._wanted.key, self._target)
        except VersionMismatch as error:
            raise _mismatch(self._wanted, keep_copy(self._parking, self._target, device)) from error
        except BaseException:  # the name must not stay free, not even after an interrupt
            put_back(self._parking, self._target, device)
            raise


def take_out(target: Place, parking: Place, wanted: Expectation, device: str) -> None:
    """Move the expected file to the parking place; `VersionMismatch` if it is another."""
    try:
        move_away(target, parking)
    except FileNotFoundError as error:
        raise wanted.mismatch("is gone") from error
    try:
        met = wanted.is_met_by(parking)
    except BaseException:  # unjudged, so it was not the one: also after an interrupt
        put_back(parking, target, device)
        raise
    if not met:
        raise _mismatch(wanted, put_back(parking, target, device))


def put_back(parking: Place, target: Place, device: str) -> str:
    """Give a parked file its name again; a conflict copy's name if that is taken, else nothing."""
    try:
        rename_ours(parking, target)
    except FileExistsError:
        return keep_copy(parking, target, device)
    return ""


def keep_copy(parking: Place, target: Place, device: str) -> str:
    """Give a parked file a free name beside the target, and return it."""
    when = max(0, min(_CALENDAR_NS, parking.stat().st_mtime_ns))
    while True:
        name = keys.conflict_copy(target.name, when, device)
        try:
            rename_ours(parking, Place(target.folder, name))
        except FileExistsError:
            # An earlier copy is never overwritten: the next millisecond names another.
            when += 1_000_000 if when < _CALENDAR_NS else -_CALENDAR_NS
        else:
            return name


def _mismatch(wanted: Expectation, copy: str) -> VersionMismatch:
    if not copy:
        return wanted.mismatch()
    folder, slash, _ = wanted.key.rpartition("/")
    where = folder + slash + copy
    return wanted.mismatch(f"was changed at that very moment; what was found is kept as {where}")
