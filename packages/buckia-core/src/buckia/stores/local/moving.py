"""Giving a file a new name, and giving its bytes a second one."""

from __future__ import annotations

import errno
import os

from buckia.errors import InvalidKey, Unavailable, VersionMismatch
from buckia.protocols import ABSENT
from buckia.stores.local.drafts import Draft, digest_of_place, new_draft
from buckia.stores.local.expected import Expectation, expectation, replaceable
from buckia.stores.local.faults import faults
from buckia.stores.local.ground import Ground, is_link, turns
from buckia.stores.local.parking import Kind, swap_folder, swap_name
from buckia.stores.local.reading import FileReading, open_reading
from buckia.stores.local.removing import delete_if
from buckia.stores.local.renames import Place, rename_exclusive, rename_ours, rename_over
from buckia.stores.local.staging import StagedFile
from buckia.stores.local.swap import put_back, take_out
from buckia.stores.local.system import Unsupported
from buckia.stores.local.versions import LocalEntry


def move(ground: Ground, source: str, target: str, version: str) -> LocalEntry:
    """Give exactly that version of `source` a name that nobody has."""
    try:
        entry = _move_by_rename(ground, source, target, version)
    except Unsupported:
        return _move_by_copy(ground, source, target, version)
    finally:
        ground.remove_unused(target)
    ground.remove_emptied(ground.above(source))
    return entry


def _move_by_rename(ground: Ground, source: str, target: str, version: str) -> LocalEntry:
    wanted = expectation(ground, source, version)
    for _ in turns():
        with faults(source):
            origin = ground.place(source)
        with origin.folder, faults(target, barred=InvalidKey):
            try:
                goal = ground.place_made(target)
                with goal.folder, ground.alone_in(origin.folder, goal.folder):
                    return _rename(ground, target, origin, goal, wanted)
            except FileNotFoundError:
                # The target's folder was just emptied by somebody else, and so removed.
                continue
    raise Unavailable(f"{target}: its folder keeps disappearing", key=target)


def _rename(
    ground: Ground, target: str, origin: Place, goal: Place, wanted: Expectation
) -> LocalEntry:
    seen = wanted.look(origin, follow=ground.follow)
    if is_link(origin):
        raise Unsupported
    other = replaceable(target, goal)
    # Where case does not count, `a` finds the file that is to be called `A`.
    same = other is not None and os.path.samestat(seen, other) and seen.st_nlink == 1
    if other is not None and not same:
        raise _taken(target)
    if same:
        rename_over(origin, goal)
    else:
        _rename_to_free_name(ground, target, origin, goal, wanted)
    ground.sync(goal.folder)
    origin.folder.sync()
    ground.made.used(ground.above(target))
    # Without proof of the bytes the entry must not look as if there were one.
    entry = ground.placed(target, goal.stat(), sure=wanted.is_provable)
    ground.witness.saw(entry.version, wanted.digests)
    return entry


def _rename_to_free_name(
    ground: Ground, target: str, origin: Place, goal: Place, wanted: Expectation
) -> None:
    try:
        rename_exclusive(origin, goal)
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise Unsupported from error
        raise
    except Unsupported:
        _rename_through_parking(ground, target, origin, goal, wanted)
        return
    if not wanted.is_met_by(goal):
        put_back(goal, origin, ground.tag)
        raise wanted.mismatch()


def _rename_through_parking(
    ground: Ground, target: str, origin: Place, goal: Place, wanted: Expectation
) -> None:
    """Where no rename spares the name's holder: out of its place, compared, and into the new."""
    with swap_folder(origin.folder, swap_name(ground.tag, Kind.MOVE, wanted)) as folder:
        parking = Place(folder, origin.name)
        take_out(origin, parking, wanted, ground.tag)
        try:
            rename_ours(parking, goal)
        except BaseException as error:  # an interrupt, too, must not leave it parked
            if not folder.is_free(parking.name):
                put_back(parking, origin, ground.tag)
            if isinstance(error, FileExistsError):
                raise _taken(target) from error
            raise


def _taken(target: str) -> VersionMismatch:
    return VersionMismatch(f"{target} exists already", key=target)


def _move_by_copy(ground: Ground, source: str, target: str, version: str) -> LocalEntry:
    """Across file systems below one root, and for links that are followed."""
    entry = stage_copy(ground, source, target, version).commit(expect=ABSENT)
    try:
        delete_if(ground, source, version)
    except VersionMismatch:
        # The source is there, in another version. After any other error it may be gone, and the
        # copy all that is left of it.
        delete_if(ground, target, entry.version)
        raise
    return entry


def stage_copy(ground: Ground, source: str, target: str, version: str) -> StagedFile:
    """A second file with the bytes and the time of exactly that version, beside its place.

    What only some may read here, no others may read in the copy.
    """
    wanted = expectation(ground, source, version)
    with open_reading(ground, source, version) as reading, faults(target, barred=InvalidKey):
        staged = StagedFile(ground, target, new_draft(ground, target))
        try:
            staged.mode_if_new = reading.mode
            _fill(staged.draft, target, reading, wanted)
        except BaseException:  # nothing may stay behind, not even after an interrupt
            staged.discard()
            raise
    return staged


def _fill(draft: Draft, target: str, reading: FileReading, wanted: Expectation) -> None:
    replaceable(target, draft.target)
    reading.pour(draft.handle)
    draft.settle(reading.entry.mtime_ns)
    draft.flush()
    draft.digests = digest_of_place(draft.place, wanted.digests)
    if draft.digests != wanted.digests:
        raise wanted.mismatch()
