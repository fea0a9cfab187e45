"""Taking a file away from its place: deleting it, or retiring it to a slot."""

from __future__ import annotations

import errno
from pathlib import Path

from buckia.errors import NotFound
from buckia.stores.local.expected import Expectation, expectation, regular
from buckia.stores.local.faults import Barred, faults
from buckia.stores.local.ground import Ground, is_link
from buckia.stores.local.parking import (
    Kind,
    copy_dropped_on_failure,
    copy_to_slot,
    slot_place,
    swap_folder,
    swap_name,
)
from buckia.stores.local.renames import Place
from buckia.stores.local.swap import take_out


def delete(ground: Ground, key: str) -> None:
    """Remove the file of that key; a folder, or nothing, is no file and is left alone."""
    with faults(key):
        place = _find(ground, key)
        if place is None:
            return
        with place.folder as folder:
            try:
                with ground.alone_in(folder):
                    regular(key, place, follow=ground.follow)
                    folder.unlink(place.name)
            except (FileNotFoundError, NotFound):
                return
            folder.sync()
    ground.remove_emptied(ground.above(key))


def delete_if(ground: Ground, key: str, version: str) -> None:
    """Remove exactly that version; an absent file is fine."""
    with faults(key):
        place = _find(ground, key)
        if place is None:
            return
        with place.folder as folder:
            wanted = expectation(ground, key, version)
            with ground.alone_in(folder):
                try:
                    wanted.look(place, follow=ground.follow)
                except NotFound:
                    return
                wanted.insist()
                _remove(ground, place, wanted)
            folder.sync()
    ground.remove_emptied(ground.above(key))


def retire(ground: Ground, key: str, version: str, slot: Path) -> None:
    """Move exactly that version to the slot, on whatever file system that is."""
    with faults(key):
        place = ground.place(key)
        with place.folder as folder, slot_place(slot) as parking:
            wanted = expectation(ground, key, version)
            with ground.alone_in(folder):
                wanted.look(place, follow=ground.follow)
                if not _retire_by_rename(ground, place, parking, wanted):
                    _retire_by_copy(ground, place, parking, wanted)
            parking.folder.sync()
            folder.sync()
    ground.remove_emptied(ground.above(key))


def _find(ground: Ground, key: str) -> Place | None:
    """The place of a key, or None where its folder is not there either."""
    try:
        return ground.place(key)
    except (FileNotFoundError, Barred):
        return None


def _remove(ground: Ground, place: Place, wanted: Expectation, copy: Place | None = None) -> None:
    if is_link(place):
        # Only where links are followed. The link goes; what it leads to is not ours to remove.
        place.folder.unlink(place.name)
        return
    with swap_folder(place.folder, swap_name(ground.tag, Kind.REMOVE, wanted)) as parked:
        parking = Place(parked, place.name)
        with copy_dropped_on_failure(copy, parking):
            take_out(place, parking, wanted, ground.tag)
        parked.unlink(place.name)


def _retire_by_rename(ground: Ground, place: Place, parking: Place, wanted: Expectation) -> bool:
    """False where the slot is on another file system, or the file behind a link."""
    if is_link(place) or parking.folder.itself().st_dev != place.folder.itself().st_dev:
        return False
    try:
        take_out(place, parking, wanted, ground.tag)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _retire_by_copy(ground: Ground, place: Place, parking: Place, wanted: Expectation) -> None:
    real = ground.behind_link(Place(place.folder.twin(), place.name))
    with real.folder:
        copied = copy_to_slot(real, parking, wanted)
    _remove(ground, place, copied, copy=parking)
